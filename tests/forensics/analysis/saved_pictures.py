"""Pictures saved as JPEG and pasted together on known grids, and their known places."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.types import Finding

BOX = (168, 112, 328, 272)


def noisy(seed: int, size: tuple[int, int] = (520, 392)) -> Image.Image:
    """A picture with detail in every block, away from black and white."""
    rng = np.random.default_rng(seed)
    levels = np.asarray(photo_like(seed, size), dtype=np.float32)
    texture = rng.normal(0.0, 9.0, levels.shape).astype(np.float32)
    calm = 128.0 + 0.6 * (levels - 128.0) + texture
    return Image.fromarray(calm.clip(8, 247).astype(np.uint8))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    return Image.open(BytesIO(jpeg(picture, quality=quality))).convert("RGB")


def pasted(
    base: Image.Image, donor: Image.Image, *, shift: tuple[int, int] = (3, 5)
) -> Image.Image:
    """Paste with the donor's grid shifted right and down of the base's."""
    joined = base.copy()
    left, top, right, bottom = BOX
    across, down = shift[0] + 8, shift[1] + 8
    source = (left - across, top - down, right - across, bottom - down)
    joined.paste(donor.crop(source), BOX)
    return joined


def marked_and_true(
    finding: Finding, size: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return where the localization is over .5, and the pasted box."""
    assert finding.localization is not None
    cell = finding.localization.cell
    shown = np.kron(finding.localization.values, np.ones((cell, cell))) > 0.5
    shown = shown[: size[1], : size[0]]
    mask = np.zeros_like(shown)
    mask[BOX[1] : BOX[3], BOX[0] : BOX[2]] = True
    return shown, mask
