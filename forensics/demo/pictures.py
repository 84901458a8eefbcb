"""The dozen: what each file is, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import skimage
from PIL import ExifTags, Image, ImageDraw, ImageFilter

from forensics.demo.coding import (
    camera_jpeg,
    declared_webp,
    encoded,
    generator_png,
    heic,
    recompressed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SOFTWARE = int(ExifTags.Base.Software)
BEFORE_IT_WAS_TAKEN = "2026:03:01 10:00:00"


class Truth(StrEnum):
    """What a picture is, whatever the analysis says."""

    REAL = "real"
    # Content was added, removed or moved.
    FORGED = "forged"
    # A real picture in a file that says, untruly, that it was generated.
    MADE_UP = "made-up"


@dataclass(frozen=True, slots=True)
class DemoPicture:
    """A file and the truth about it.

    Attributes
    ----------
    truth : Truth
        Of the content or, where that is real, of what the file claims.
    done : str
        What was done to it, for people.
    """

    name: str
    data: bytes = field(repr=False)
    truth: Truth
    done: str


def make_pictures() -> Iterator[DemoPicture]:
    """Make them one by one; the same bytes each time."""
    yield from _untouched()
    yield from _harmless()
    yield from _forged()


def _untouched() -> Iterator[DemoPicture]:
    yield DemoPicture(
        "coffee.jpg",
        camera_jpeg(_photograph("coffee.png")),
        truth=Truth.REAL,
        done="nothing: coded as by a camera, with its data and thumbnail",
    )
    yield DemoPicture(
        "cat.heic",
        heic(_photograph("chelsea.png")),
        truth=Truth.REAL,
        done="nothing: coded as by a telephone (HEIC)",
    )


def _harmless() -> Iterator[DemoPicture]:
    rocket, cat = _photograph("rocket.jpg"), _photograph("chelsea.png")
    yield DemoPicture(
        "rocket-developed.jpg",
        camera_jpeg(rocket, tags={SOFTWARE: "Adobe Photoshop Lightroom Classic 13.2"}),
        truth=Truth.REAL,
        done="developed in a photographer's program, content untouched",
    )
    small = cat.resize((cat.width * 7 // 10, cat.height * 7 // 10))
    yield DemoPicture(
        "cat-messenger.jpg",
        encoded(small, "JPEG", quality=75),
        truth=Truth.REAL,
        done="sent through a messenger: smaller, metadata stripped",
    )
    yield DemoPicture(
        "motorcycle.avif",
        encoded(_photograph("motorcycle_left.png"), "AVIF", quality=80),
        truth=Truth.REAL,
        done="saved as AVIF for a web page, metadata stripped",
    )


def _forged() -> Iterator[DemoPicture]:
    rocket, garage = _photograph("rocket.jpg"), _photograph("motorcycle_left.png")
    yield DemoPicture(
        "two-rockets.jpg",
        camera_jpeg(_two_rockets(rocket), tags={SOFTWARE: "Adobe Photoshop 25.0"}),
        truth=Truth.FORGED,
        done="copy-move: the rocket cloned; saved by an image editor",
    )
    yield DemoPicture(
        "cat-in-garage.jpg",
        camera_jpeg(_cat_in(recompressed(garage, 75)), tags={SOFTWARE: "GIMP 2.10.36"}),
        truth=Truth.FORGED,
        done="splice: a cat pasted in; saved by an image editor",
    )
    cropped = garage.crop((260, 120, 700, 413))
    yield DemoPicture(
        "cropped.jpg",
        camera_jpeg(cropped, thumbnail_of=garage),
        truth=Truth.FORGED,
        done="most of the scene cut off; the thumbnail still shows all of it",
    )
    yield DemoPicture(
        "backdated.jpg",
        camera_jpeg(_without_spoon(), changed=BEFORE_IT_WAS_TAKEN),
        truth=Truth.FORGED,
        done="spoon removed, and the clock set back to before it was taken",
    )
    astronaut = _photograph("astronaut.png")
    yield DemoPicture(
        "portrait.png",
        generator_png(astronaut),
        truth=Truth.MADE_UP,
        done="an untouched photograph; the generator's recipe in its file is made up",
    )
    yield DemoPicture(
        "declared.webp",
        declared_webp(astronaut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
        truth=Truth.MADE_UP,
        done="a photograph, mirrored; its statement that a model made it is made up",
    )
    yield DemoPicture(
        "quiet-splice.jpg",
        _quietly(_cat_in(garage)),
        truth=Truth.FORGED,
        done="the same splice, made smaller, compressed twice and stripped: today's "
        "signals are expected to miss it",
    )


def _photograph(name: str) -> Image.Image:
    # Opened by path: skimage.data would look for a missing one on the network.
    with Image.open(Path(skimage.__file__).parent / "data" / name) as opened:
        picture = opened.convert("RGB")
    picture.info = {}  # the packaged files carry their photographers' own metadata
    return picture


def _two_rockets(picture: Image.Image) -> Image.Image:
    forged = picture.copy()
    box = (262, 100, 382, 427)
    rocket = picture.crop(box)
    mask = Image.new("L", rocket.size, 0)
    ImageDraw.Draw(mask).rectangle((8, 8, 108, 327), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(4))
    forged.paste(rocket, (box[0] + 190, box[1]), mask)
    return forged


def _cat_in(picture: Image.Image) -> Image.Image:
    forged = picture.copy()
    cat = _photograph("chelsea.png").crop((30, 0, 390, 300)).resize((216, 180))
    forged.paste(cat, (20, 300), _round_mask(cat.size, 8))
    return forged


def _without_spoon() -> Image.Image:
    forged = _photograph("coffee.png")
    wood = forged.crop((440, 300, 530, 400))
    forged.paste(wood, (318, 230), _round_mask(wood.size, 10))
    return forged


def _quietly(forged: Image.Image) -> bytes:
    small = forged.resize((forged.width * 6 // 10, forged.height * 6 // 10))
    return encoded(recompressed(small, 85), "JPEG", quality=78)


def _round_mask(size: tuple[int, int], softness: int) -> Image.Image:
    mask = Image.new("L", size, 0)
    inside = (softness, softness, size[0] - softness, size[1] - softness)
    ImageDraw.Draw(mask).ellipse(inside, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(softness / 2))
