"""Strangers' text on paper: escaped, cut, in letters that the fonts have."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

# DejaVu has Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian and many signs.
# matplotlib, which this product needs anyway, brings its files.
REGULAR, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"
# Of East Asian scripts the reader's own fonts are used: every PDF reader names these.
_HAN, _KANA, _HANGUL = "STSong-Light", "HeiseiMin-W3", "HYSMyeongJo-Medium"
_LONGEST = 1200
_INK, _SOFT = HexColor(0x17202B), HexColor(0x525E6C)


@cache
def register_fonts() -> frozenset[int]:
    """Make the fonts known, once a process; return the characters DejaVu has."""
    spec = find_spec("matplotlib")  # found, not imported: that takes half a second
    assert spec is not None  # noqa: S101 - one of our requirements
    assert spec.origin is not None  # noqa: S101 - it is a package of files
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    names = (REGULAR, BOLD, MONO)
    faces = {name: TTFont(name, str(folder / f"{name}.ttf")) for name in names}
    for font in faces.values():
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, REGULAR, BOLD)
    for name in (_HAN, _KANA, _HANGUL):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    known = [set(font.face.charToGlyph) for font in faces.values()]
    return frozenset(set.intersection(*known))


@cache
def style(name: str) -> ParagraphStyle:
    """Return a style by its name in the table below."""
    register_fonts()
    font, size, color, above = {
        "title": (BOLD, 18, _INK, 0),
        "h2": (BOLD, 12.5, _INK, 14),
        "h3": (BOLD, 10, _INK, 8),
        "h4": (BOLD, 10, _INK, 8),  # a long table may follow on the next page
        "body": (REGULAR, 8.5, _INK, 0),
        "strong": (BOLD, 8.5, _INK, 0),
        "small": (REGULAR, 7.5, _INK, 0),
        "soft": (REGULAR, 7.5, _SOFT, 0),
        "mono": (MONO, 7, _INK, 0),
        "verdict-authentic": (BOLD, 15, HexColor(0x0A6245), 0),
        "verdict-inconclusive": (BOLD, 15, HexColor(0x42505F), 0),
        "verdict-suspicious": (BOLD, 15, HexColor(0x854700), 0),
        "verdict-fake": (BOLD, 15, HexColor(0xA2151F), 0),
    }[name]
    return ParagraphStyle(
        name,
        fontName=font,
        fontSize=size,
        leading=size * 1.35,
        textColor=color,
        spaceBefore=above,
        spaceAfter=3 if above or name == "title" else 0,
        keepWithNext=int(name in {"h2", "h3"}),
        alignment=TA_LEFT,
        splitLongWords=1,
    )


def paragraph(
    text: object, name: str = "body", *, longest: int = _LONGEST
) -> Paragraph:
    """Set a stranger's text; what is cut off says how much it was."""
    return Paragraph(markup(str(text), longest=longest), style(name))


def markup(text: str, *, longest: int = _LONGEST) -> str:
    """Return text as reportlab's markup, every sign of it printable.

    What has no letter in the fonts, and what would steer the text without being seen
    (control and direction characters), is written by its number: ``[U+202E]``.
    """
    cut = len(text) - longest
    pieces = [_piece(character) for character in text[:longest]]
    found = [
        _in_font(font, "".join(piece for _, piece in same))
        for font, same in groupby(pieces, key=itemgetter(0))
    ]
    if cut > 0:
        found.append(f" … ({cut:,} more characters)")
    return "".join(found)


def _in_font(font: str, text: str) -> str:
    return f'<font name="{font}">{text}</font>' if font else text


def _piece(character: str) -> tuple[str, str]:
    """Return the font to change to, if any, and the markup of one character."""
    if character == "\n":
        return "", "<br/>"
    if character.isspace() and character != "\u00a0":
        return "", " "
    code = ord(character)
    if unicodedata.category(character)[0] != "C":
        if code in register_fonts():
            return "", escape(character)
        font = _eastern(code)
        if font:
            return font, escape(character)
    return "", f"[U+{code:04X}]"


def _eastern(code: int) -> str:
    if 0x3040 <= code <= 0x30FF:
        return _KANA
    if 0xAC00 <= code <= 0xD7A3:
        return _HANGUL
    if 0x4E00 <= code <= 0x9FFF or 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF:
        return _HAN
    return ""
