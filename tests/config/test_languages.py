"""Every text of a page can be said in another language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import DebugLexer, Token, TokenType
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format

from forensics.templatetags.sentence import midsentence

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


# Where a machine reads a number: in drawings, sizes, and what scripts count with.
NUMERIC = re.compile(
    r"\s(?:x|y|x1|x2|y1|y2|cx|cy|r|width|height|points|viewBox|min|max|step"
    r"|data-max-bytes|data-minutes)=\"[^\"<>]*$|<(?:progress|meter)\b[^<>]*\svalue=\"$"
)
# What keeps a number as machines read it; the last writes a string by itself.
PLAIN = re.compile(r"\|(?:unlocalize|stringformat:\S+|hundredths)$")


@pytest.mark.parametrize(
    "source",
    [
        "<p>Some words</p>",
        '<img alt="A picture">',
        '<input type="submit" value="Send">',
        '<p data-lead="Some words"></p>',
        '{{ name|default:"(no name)" }}',
        "{{ count }} {{ count|pluralize }}",
        "<a title=\"{% translate 'One' %} two\">",
    ],
)
def test_the_check_finds_what_is_not_marked(source: str) -> None:
    assert unmarked(source) != []


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Some words" %}</p>',
        "{% blocktranslate count n=n %}One{% plural %}Two{% endblocktranslate %}",
        "<code>manage.py worker</code>",
        '<p class="two words">JPEG, 12 px</p>',
        '{{ name|default:_("(no name)") }}',
        "{# A comment. #}",
    ],
)
def test_the_check_leaves_what_needs_no_mark(source: str) -> None:
    assert unmarked(source) == []


def localized_numbers(source: str) -> list[str]:
    """Return the variables that German would write with a comma for a machine."""
    found: list[str] = []
    before = ""
    is_plain = False
    for token in DebugLexer(source).tokenize():
        if token.token_type is TokenType.TEXT:
            before += token.contents
        elif token.token_type is TokenType.BLOCK:
            is_plain = (is_plain or token.contents == "localize off") and (
                token.contents != "endlocalize"
            )
        elif token.token_type is TokenType.VAR:
            is_read = NUMERIC.search(before) is not None
            if is_read and not is_plain and not PLAIN.search(token.contents):
                found.append(token.contents)
            before += "0"
    return found


@pytest.mark.parametrize(
    "path", PATHS, ids=[str(path.relative_to(TEMPLATES)) for path in PATHS]
)
def test_numbers_for_machines_are_written_alike_in_every_language(path: Path) -> None:
    assert localized_numbers(path.read_text()) == []


def test_a_drawn_weight_reads_the_same_in_german() -> None:
    reason = {"side": "against", "text": "", "x": 50.0, "width": 12.5}
    analysis = {"status": "completed", "score": None, "verdict": ""}
    evidence = {"analysis": analysis, "reasons": [reason]}
    with translation.override("de"):
        page = render_to_string(
            "forensics/components/verdict_panel.html", {"evidence": evidence}
        )
    assert 'x="50.0"' in page
    assert 'width="12.5"' in page


@pytest.mark.parametrize(
    ("language", "written"), [("en", "2026-03-09 14:05"), ("de", "09.03.2026 14:05")]
)
def test_dates_are_written_as_the_language_does(language: str, written: str) -> None:
    at = datetime(2026, 3, 9, 14, 5, tzinfo=UTC)
    with translation.override(language):
        assert date_format(at, "SHORT_DATETIME_FORMAT") == written


@pytest.mark.parametrize(
    ("language", "written"), [("en", "cannot tell"), ("de", "Cannot tell")]
)
def test_a_label_inside_a_sentence_keeps_a_nouns_capital(
    language: str, written: str
) -> None:
    with translation.override(language):
        assert midsentence("Cannot tell") == written


SCRIPTS = sorted((Path(settings.BASE_DIR) / "static" / "js").rglob("*.js"))
JS_TOKEN = re.compile(
    r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
)
TRANSLATED = re.compile(r"\bn?gettext\((?:\s*\"(?:\\.|[^\"\\\n])*\"\s*,?)+")
# Selectors, and what only machines or developers read.
FOR_MACHINES = re.compile(
    r"(?:querySelector(?:All)?|closest|matches|Error|warn|setRequestHeader"
    r"|headers\.get|getModifierState|\?\.get)\($|\b(?:from|import|className) ?[:=]? ?$"
)
KEYS = re.compile(
    r"^.(?:(?:Arrow|Page)(?:Up|Down|Left|Right)|Enter|Space|Tab|Escape|Backspace|Delete"
    r"|Home|End|Shift|Control|Alt|Meta|AltGraph|CapsLock|Dead|Process|Unidentified"
    r"|Compose|Ctrl)\b"
)
CSS = {"state failed", "state running", "pair unsure"}
OTHER_CODE = {
    "AbortError",
    "input:not([type=hidden]), select, textarea, button, a[href]",
}
PROSE = re.compile(r"[A-Za-z]{2,}[,;:.]? [a-z]{2,}|^.[A-Z][a-z]{2,}")


def unmarked_in_script(source: str) -> list[str]:
    """Return the texts of a script that look like words for people."""
    source = TRANSLATED.sub("said(", source)
    found: list[str] = []
    for match in JS_TOKEN.finditer(source):
        text = match[0]
        if text.startswith("//") or FOR_MACHINES.search(source[: match.start()]):
            continue
        if KEYS.search(text) or text[1:-1] in CSS | OTHER_CODE:
            continue
        if PROSE.search(re.sub(r"\$\{[^}]*\}", "", text)):
            found.append(text)
    return found


def test_the_check_finds_what_a_script_says_untranslated() -> None:
    assert unmarked_in_script('announce("Some words.");') == ['"Some words."']
    assert unmarked_in_script("say(`Theme: ${one}`);") == ["`Theme: ${one}`"]
    assert unmarked_in_script('say(gettext("Some words."));') == []


def test_every_text_of_a_script_is_marked_for_translation() -> None:
    found = {
        str(path.relative_to(settings.BASE_DIR)): texts
        for path in SCRIPTS
        if (texts := unmarked_in_script(path.read_text()))
    }
    assert found == {}
