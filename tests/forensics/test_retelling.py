"""What analyses have said in English, said in German; values stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.pipeline import AnalysisOptions, build_pipeline
from forensics.language import retold
from forensics.language.templates import TEMPLATES
from tests.images import camera_exif, encode, jpeg, photo_like, png, scene

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.analysis.types import Report

PICTURES = {
    "camera": lambda: jpeg(scene(640, 480, 1), exif=camera_exif(), quality=92),
    "edited": lambda: jpeg(photo_like(2), exif=camera_exif(t305="GIMP 2.10")),
    "small": lambda: png(photo_like(3, (40, 30))),
    "flat": lambda: encode(photo_like(4).resize((2, 2)).resize((300, 200)), "WEBP"),
}


@pytest.fixture(scope="module", params=PICTURES)
def report(request: pytest.FixtureRequest) -> Report:
    return build_pipeline(AnalysisOptions()).analyze(PICTURES[request.param]())


@pytest.fixture
def german() -> Iterator[None]:
    with override("de"):
        yield


def test_the_list_of_sentences_is_up_to_date() -> None:
    call_command("collect_sentences", check=True)


def test_everything_an_analysis_says_is_known_in_german(
    report: Report, german: None
) -> None:
    said = [
        *(finding.summary for finding in report.findings),
        *(reason.text for reason in report.reasons),
        *(file.caption for f in report.findings for file in f.evidence if file.caption),
    ]
    assert said
    assert [text for text in said if retold(text) == text] == []


def test_english_stays_as_it_was_stored(report: Report) -> None:
    for finding in report.findings:
        assert retold(finding.summary) == finding.summary


def test_values_keep_their_places(german: None) -> None:
    english = (
        "EXIF records 640 x 480 px, the picture has 320 x 200: it was cropped or "
        "resized afterwards."
    )
    said = retold(english)
    assert said.startswith("EXIF verzeichnet 640 x 480 px, das Bild hat 320 x 200")


def test_sentences_in_a_row_are_said_one_by_one(german: None) -> None:
    said = retold("A stranger's words. The file carries no metadata at all.")
    assert said == "A stranger's words. Die Datei trägt gar keine Metadaten."


def test_a_value_that_looks_like_a_place_is_no_place(german: None) -> None:
    said = retold('Signed by the image generator {2} (EXIF Software: "{9}")')
    assert said == "Vom Bildgenerator {2} signiert (EXIF Software: „{9}“)"


@given(st.text(max_size=300))
def test_any_text_is_told_without_an_error(text: str) -> None:
    with override("de"):
        assert isinstance(retold(text), str)


@given(st.sampled_from([t for t in TEMPLATES if "{1}" in t]), st.integers(0, 10**9))
def test_no_value_is_lost(template: str, value: int) -> None:
    text = template
    for place in range(1, 12):
        text = text.replace(f"{{{place}}}", str(value))
    with override("de"):
        assert str(value) in retold(text)
