"""Every text of a page can be said in another language."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import DebugLexer, Token, TokenType

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PATHS = sorted(TEMPLATES.rglob("*.html"))
WORD = re.compile(r"[^\W\d_]{2,}")
# Names, units and notations that read the same in every language.
NAMES = re.compile(
    r"\b(?:Pixelwarden(?: API)?|JPEG|PNG|WebP|TIFF|BMP|GIF|AVIF|HEIC|SHA-256|C2PA|EXIF"
    r"|XMP|ICC|CSV|ELA|DCT|RGB|ms|Swagger|px|kB|KiB|MiB|MP|dpi|px/s|Ctrl|Esc|Shift)\b"
)
TOLD = {
    "aria-description",
    "aria-label",
    "aria-placeholder",
    "aria-roledescription",
    "aria-valuetext",
    "alt",
    "label",
    "placeholder",
    "title",
}
CODE = {"code", "script", "style", "kbd", "samp"}
# What a filter says by itself: default:"(no name)". A bare code ("none") says nothing.
LITERAL = re.compile(r"\|(?:default|default_if_none|yesno):(\"[^\"]*\"|'[^']*')")
CODEWORD = re.compile(r"[a-z_-]+")


class Finder(HTMLParser):
    """Collects what a reader would see in English whatever their language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CODE:
            self.code += 1
        for name, value in attrs:
            told = name in TOLD or (
                name == "value"
                and tag == "input"
                and dict(attrs).get("type") in {"submit", "button", "reset"}
            )
            # A data attribute with words is one that a script shows.
            told = told or (name.startswith("data-") and " " in (value or "").strip())
            if told and is_said(value or ""):
                self.found.append(f"{name}={value!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag in CODE:
            self.code = max(0, self.code - 1)

    def handle_data(self, data: str) -> None:
        if not self.code and is_said(data):
            self.found.append(data.strip())


def is_said(text: str) -> bool:
    return WORD.search(NAMES.sub("", text)) is not None


def spoken_literals(token: Token) -> Iterator[str]:
    """Yield tags whose filters would say words untranslated."""
    if "pluralize" in token.contents:
        yield token.contents
    for match in LITERAL.finditer(token.contents):
        words = match[1][1:-1]
        if is_said(words) and not CODEWORD.fullmatch(words):
            yield token.contents


def unmarked(source: str) -> list[str]:
    """Return the texts of a template that no translation reaches."""
    html: list[str] = []
    found: list[str] = []
    inside = False
    for token in DebugLexer(source).tokenize():
        if token.token_type is TokenType.TEXT:
            html.append("" if inside else token.contents)
            continue
        if token.token_type is TokenType.COMMENT:
            continue
        name = token.contents.split(maxsplit=1)[0] if token.contents else ""
        if name in {"blocktranslate", "blocktrans"}:
            inside = True
        elif name in {"endblocktranslate", "endblocktrans"}:
            inside = False
        found += spoken_literals(token)
    finder = Finder()
    finder.feed("".join(html))
    finder.close()
    return found + finder.found


@pytest.mark.parametrize(
    "path", PATHS, ids=[str(path.relative_to(TEMPLATES)) for path in PATHS]
)
def test_every_text_of_a_template_is_marked_for_translation(path: Path) -> None:
    assert unmarked(path.read_text()) == []
