"""Display copies: upright, reduced, free of metadata."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from forensics.analysis.types import EvidenceImage

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence

_PREVIEW, _THUMBNAIL = 1600, 320
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Apply an EXIF orientation 1..8."""
    turn = _TURNS.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def renditions(evidence: ImageEvidence) -> tuple[EvidenceImage, ...]:
    """Make the ``preview`` and ``thumbnail`` of a picture."""
    preview = upright(_fitted(evidence.pixels, _PREVIEW), evidence.orientation)
    thumbnail = _fitted(preview, _THUMBNAIL)
    return (
        _encoded(preview, "preview", "The picture, reduced for display."),
        _encoded(thumbnail, "thumbnail", "The picture in small."),
    )


def _fitted(picture: Image.Image, long_side: int) -> Image.Image:
    scale = long_side / max(picture.size)
    if scale >= 1.0:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=1.1)


def _encoded(picture: Image.Image, kind: str, caption: str) -> EvidenceImage:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90 if kind == "preview" else 85)
    return EvidenceImage(
        kind=kind,
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        caption=caption,
    )
