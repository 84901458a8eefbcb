"""Pictures inside the file, to be shown beside it: few, small, decoded with care."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from forensics.analysis import containers
from forensics.analysis.decoding import decode
from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage, ImageRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forensics.analysis.metadata.tag_sheet import InnerPicture
    from forensics.analysis.types import Json

MOST_SHOWN = 4
MOST_LISTED = 20
MAX_BYTES = 8 << 20
# Decoding a larger one would take longer than the rest of the metadata together.
MAX_PIXELS = 3_200_000
_LONG_SIDE = 1024
KIND = "embedded_{}"


@dataclass(frozen=True, slots=True)
class InnerPictures:
    """The pictures that can be shown, and one row of data for each that is there."""

    shown: tuple[EvidenceImage, ...]
    rows: tuple[Json, ...]


def show(pictures: Iterable[InnerPicture], orientation: int) -> InnerPictures:
    """Decode and reduce pictures that lie inside a file, each one once.

    Parameters
    ----------
    orientation : int
        Of the picture around them; used where they carry none of their own.
    """
    shown: list[EvidenceImage] = []
    rows: list[Json] = []
    for picture in _different(pictures):
        if len(rows) == MOST_LISTED:
            break
        kind = KIND.format(len(shown) + 1)
        made: EvidenceImage | None = None
        says = "not shown: there are more than enough"
        if len(shown) < MOST_SHOWN:
            made, says = _evidence(picture, kind, orientation)
        if made is not None:
            shown.append(made)
        rows.append(
            {
                "name": picture.name,
                "bytes": len(picture.data),
                "kind": kind if made is not None else None,
                "says": says,
            }
        )
    return InnerPictures(tuple(shown), tuple(rows))


def _different(pictures: Iterable[InnerPicture]) -> Iterator[InnerPicture]:
    seen = set()
    for picture in pictures:
        digest = hashlib.sha256(picture.data).digest()
        if picture.data and digest not in seen:
            seen.add(digest)
            yield picture


def _evidence(
    picture: InnerPicture, kind: str, orientation: int
) -> tuple[EvidenceImage | None, str]:
    if len(picture.data) > MAX_BYTES:
        return None, f"not shown: larger than {MAX_BYTES >> 20} MiB"
    try:
        found = containers.sniff(picture.data)
        size = containers.walk(picture.data, found)
        if max(size.width * size.height, size.unfolded) > MAX_PIXELS:
            return None, f"{size.width:,} x {size.height:,} px, too large to be shown"
        decoded = decode(picture.data, found, max_pixels=MAX_PIXELS)
    except ImageRejectedError as error:
        return None, f"not shown: {error.detail}"
    width, height = decoded.pixels.size
    turned = decoded.orientation if decoded.orientation != 1 else orientation
    small = decoded.pixels.copy()
    small.thumbnail((_LONG_SIDE, _LONG_SIDE), Image.Resampling.BICUBIC)
    small = upright(small, turned)
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=90)
    caption = (
        f"{picture.name}, {width:,} x {height:,} px, lies inside the file. Programs "
        "that change a picture often leave such copies as they were: compare them."
    )
    made = EvidenceImage(
        kind=kind,
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=small.width,
        height=small.height,
        caption=caption,
    )
    return made, f"{width:,} x {height:,} px"
