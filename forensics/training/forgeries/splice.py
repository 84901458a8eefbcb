"""Splices: an object of another photograph, with its own past, set into this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from forensics.training.forgeries.blending import MARGIN, draw_blend, paste
from forensics.training.forgeries.geometry import (
    Patch,
    Pose,
    bounds,
    cut,
    draw_pose,
    posed,
)
from forensics.training.forgeries.history import (
    decode,
    draw_coding,
    encode_jpeg,
    sharpened,
)
from forensics.training.forgeries.kinds import Edit
from forensics.training.forgeries.shapes import draw_area, draw_region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.training.forgeries.kinds import Picture


def splice(
    rng: np.random.Generator,
    canvas: Picture,
    donor: Picture,
    *,
    developed: float = 0.0,
) -> Edit:
    """Paste a region of ``donor`` into ``canvas``.

    Parameters
    ----------
    rng : numpy.random.Generator
        Consumed.
    canvas, donor : ndarray of uint8, shape (H, W, 3)
        RGB, of two photographs; the donor's size is its own.
    developed : float
        Share of donors, 0..1, that another camera or editor has sharpened, denoised or
        left grainy: without them a pasted part is nearly always the softer one.

    Returns
    -------
    Edit
        Its mask is empty where the patch fell outside the picture.
    """
    pose = draw_pose(rng, still=0.4, tilted=0.2)
    patch, words = _donated(rng, canvas, donor, pose, developed)
    patch = posed(rng, patch, pose)
    words = (*words, f"spliced, {pose}")
    pixels = canvas.copy()
    top, left = _place(rng, patch, canvas)
    if rng.random() < 0.5:
        patch = _harmonized(rng, patch, canvas, top=top, left=left)
        words = (*words, "colors matched")
    blend = draw_blend(rng)
    mask = paste(pixels, patch, top=top, left=left, blend=blend)
    return Edit(pixels=pixels, mask=mask, words=(*words, str(blend)))


def _donated(
    rng: np.random.Generator,
    canvas: Picture,
    donor: Picture,
    pose: Pose,
    developed: float,
) -> tuple[Patch, tuple[str, ...]]:
    """Cut an object out of a random part of the donor, of a share of the canvas."""
    part = _part(rng, donor, shape=canvas.shape)
    words: tuple[str, ...] = ()
    if developed and rng.random() < developed:
        part, words = _developed(rng, part)
    if rng.random() < 0.6:
        coding = draw_coding(rng, int(rng.integers(50, 99)))
        part, _ = decode(encode_jpeg(part, coding))
        words = (*words, f"donor {coding}")
        top, left = (int(shift) for shift in rng.integers(0, 8, 2))
        part = np.ascontiguousarray(part[top:, left:])
    pixels = canvas.shape[0] * canvas.shape[1]
    wanted = draw_area(rng) * pixels / pose.scale**2
    share = min(wanted / (part.shape[0] * part.shape[1]), 0.6)
    region = draw_region(rng, part, area=share)
    patch, _, _ = cut(part, region, margin=MARGIN)
    return patch, words


def _developed(
    rng: np.random.Generator, part: Picture
) -> tuple[Picture, tuple[str, ...]]:
    """Treat the whole donor as cameras do: sharpen, leave grain, or take it out."""
    way = rng.random()
    if way < 0.4:
        amount, sigma = float(rng.uniform(0.3, 1.5)), float(rng.uniform(0.6, 1.6))
        return sharpened(part, amount=amount, sigma=sigma), ("donor sharpened",)
    if way < 0.75:
        return _grained(rng, part), ("donor grainy",)
    strength = float(rng.uniform(10, 45))
    calm = cv2.bilateralFilter(part, 5, strength, 3)
    return np.asarray(calm, np.uint8), ("donor denoised",)


def _grained(rng: np.random.Generator, part: Picture) -> Picture:
    """Add a sensor's grain: more in the light, less alike between the channels."""
    level = float(np.exp(rng.uniform(np.log(1.5), np.log(9.0))))
    shape = part.shape[:2]
    common = rng.standard_normal((*shape, 1), dtype=np.float32)
    own = rng.standard_normal((*shape, 3), dtype=np.float32)
    share = float(rng.uniform(0.3, 1.0))
    grain = np.sqrt(share) * common + np.sqrt(1 - share) * own
    if rng.random() < 0.5:
        grain = cv2.GaussianBlur(grain, (0, 0), float(rng.uniform(0.4, 0.8))) * 1.6
    light = part.mean(axis=2, keepdims=True, dtype=np.float32) / 255.0
    noisy = part + level * np.sqrt(0.25 + light) * grain
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def _part(
    rng: np.random.Generator, donor: Picture, *, shape: tuple[int, ...]
) -> Picture:
    height, width = (min(a, b) for a, b in zip(donor.shape[:2], shape, strict=False))
    top = int(rng.integers(donor.shape[0] - height + 1))
    left = int(rng.integers(donor.shape[1] - width + 1))
    part = donor[top : top + height, left : left + width]
    return part[:, ::-1].copy() if rng.random() < 0.5 else part.copy()


def _place(rng: np.random.Generator, patch: Patch, canvas: Picture) -> tuple[int, int]:
    """Draw where the patch's upper left goes; a third of objects may be cut off."""
    if not patch.mask.any():
        return 0, 0
    reach = 0.33 if rng.random() < 0.33 else 0.0
    top, bottom, left, right = bounds(patch.mask)
    row = _along(rng, bottom - top, canvas.shape[0], reach) - top
    column = _along(rng, right - left, canvas.shape[1], reach) - left
    return row, column


def _along(rng: np.random.Generator, length: int, room: int, reach: float) -> int:
    over = round(reach * length)
    least, most = -over, room - length + over
    return int(rng.integers(min(least, most), max(least, most) + 1))


def _harmonized(
    rng: np.random.Generator, patch: Patch, canvas: Picture, *, top: int, left: int
) -> Patch:
    """Move the region's colors towards those around its new place.

    Mean and deviation are matched in L*a*b* (Reinhard et al., Color transfer between
    images, 2001), partly.
    """
    height, width = patch.mask.shape
    rows = slice(max(top, 0), max(top + height, 1))
    columns = slice(max(left, 0), max(left + width, 1))
    around = canvas[rows, columns]
    if not around.size or not patch.mask.any():
        return patch
    target = _lab(around).reshape(-1, 3)
    lab = _lab(patch.pixels)
    own = lab[patch.mask]
    strength = float(rng.uniform(0.3, 1.0))
    gain = (target.std(0) + 2.0) / (own.std(0) + 2.0)
    gain = np.clip(gain, 0.6, 1.6) ** strength
    shift = strength * (target.mean(0) - own.mean(0))
    matched = (lab - own.mean(0)) * gain + own.mean(0) + shift
    clipped = np.asarray(np.clip(np.rint(matched), 0, 255), np.uint8)
    return Patch(np.asarray(cv2.cvtColor(clipped, cv2.COLOR_LAB2RGB)), patch.mask)


def _lab(picture: Picture) -> NDArray[np.float32]:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
