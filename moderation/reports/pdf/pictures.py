"""Evidence pictures on paper: reduced, and side by side with the original."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image as Pillow
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Table, TableStyle

from moderation.reports.pdf.text import paragraph

if TYPE_CHECKING:
    from collections.abc import Mapping

# Prints at about 300 dots an inch in half the width of a page.
_LONG_SIDE = 1000
_QUALITY = 88
_TALLEST = 95 * mm
_MOST_PIXELS = 50_000_000
_GAP = 4 * mm
# Error levels are dark by nature; pages show them brighter as well.
_BRIGHTER: Mapping[str, int] = {"ela": 3}


class PrintedPictures:
    """The stored pictures as they are printed; each is reduced once."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        self._stored = stored
        self._reduced: dict[str, bytes | None] = {}

    def beside_original(self, picture: Mapping[str, Any], *, width: float) -> Flowable:
        """Set an evidence picture beside the original, with what identifies it."""
        half = (width - _GAP) / 2
        pair = [[self.one("preview", half), self.one(picture["kind"], half)]]
        words = [[paragraph("The original", "soft"), _caption(picture)]]
        table = Table([*pair, *words], colWidths=[half + _GAP, half], hAlign="LEFT")
        table.setStyle(_PAIR)
        return KeepTogether([table])

    def one(self, kind: str, width: float, *, tallest: float = _TALLEST) -> Flowable:
        """Set one picture as large as the room allows."""
        if kind not in self._reduced:
            brighter = _BRIGHTER.get(kind, 1)
            self._reduced[kind] = _reduced(self._stored.get(kind), brighter)
        data = self._reduced[kind]
        if data is None:
            return paragraph("(This picture cannot be shown.)", "soft")
        with Pillow.open(BytesIO(data)) as opened:
            across, down = opened.size
        scale = min(width / across, tallest / down)
        return Image(BytesIO(data), across * scale, down * scale, hAlign="LEFT")


_PAIR = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ("RIGHTPADDING", (0, 0), (0, -1), _GAP),
    ]
)


def _caption(picture: Mapping[str, Any]) -> Flowable:
    size = f"{picture['width']} x {picture['height']} px"
    digest = picture["sha256"] or "not known: the storage did not give the file"
    times = _BRIGHTER.get(picture["kind"])
    printed = f" Printed {times} times as bright." if times else ""
    text = (
        f"{picture['caption']}{printed}\n{size}. SHA-256 of the stored file: {digest}"
    )
    return paragraph(text, "soft", longest=900)


def _reduced(data: bytes | None, brighter: int) -> bytes | None:
    """Return a picture as a JPEG for print; None where it cannot be read."""
    if data is None:
        return None
    buffer = BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(BytesIO(data)) as opened:
                if opened.width * opened.height > _MOST_PIXELS:
                    return None
                opened.draft("RGB", (_LONG_SIDE, _LONG_SIDE))
                picture = _on_white(opened)
        picture.thumbnail((_LONG_SIDE, _LONG_SIDE))
        if brighter > 1:
            picture = picture.point(lambda level: min(255, level * brighter))
        picture.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    except (OSError, ValueError, Warning, Pillow.DecompressionBombError):
        return None  # damaged in the storage: the page says so in its place
    return buffer.getvalue()


def _on_white(picture: Pillow.Image) -> Pillow.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    white = Pillow.new("RGBA", layer.size, "white")
    return Pillow.alpha_composite(white, layer).convert("RGB")
