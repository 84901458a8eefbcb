"""The whole picture's JPEG history: known savings, crops, grids and their map."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.jpeg_history import JpegHistoryAnalyzer, decision
from forensics.analysis.jpeg_history.grid_map import colors_of
from forensics.analysis.jpeg_traces.coefficients import FREQUENCIES, libjpeg_steps
from forensics.analysis.jpeg_traces.first_table import FirstTable
from forensics.analysis.jpeg_traces.grid import GridVotes, local_votes
from forensics.analysis.types import (
    Finding,
    ImageRejectedError,
    Limits,
    NotApplicableError,
)
from tests.forensics.analysis.saved_pictures import BOX, noisy, pasted, saved
from tests.images import encode, exif_block, jpeg, png


def analyze(data: bytes) -> Finding:
    return JpegHistoryAnalyzer().analyze(load_evidence(data, Limits()))


def table_of(
    steps: tuple[int, ...], *, nats: float = 1.0, quality: int | None = None
) -> FirstTable:
    return FirstTable(steps, nats, 0.9, quality, ())


@pytest.mark.parametrize(("first", "last"), [(60, 92), (75, 90), (85, 97)])
def test_two_savings_are_told_with_the_first_quality_and_a_probability(
    first: int, last: int
) -> None:
    finding = analyze(jpeg(saved(noisy(1), first), quality=last))
    chance, quality = (
        finding.data["probability_saved_again"],
        finding.data["first_quality"],
    )
    assert isinstance(chance, float)
    assert chance >= 0.9
    assert isinstance(quality, int)
    assert abs(quality - first) <= 1
    assert finding.codes == ("saved_again",)
    assert finding.score is None
    assert f"first at about quality {quality}, probability" in finding.summary
    assert "no sign of forgery" in finding.summary
    assert finding.evidence == ()


@pytest.mark.parametrize("quality", [75, 90, 97])
def test_one_saving_is_not_called_two(quality: int) -> None:
    finding = analyze(jpeg(noisy(2), quality=quality))
    chance = finding.data["probability_saved_again"]
    assert isinstance(chance, float)
    assert chance < decision.SURE
    assert finding.codes == ()
    assert finding.data["first_quality"] is None
    assert finding.data["saved_at_least"] == 1
    assert "leave next to no trace" in finding.summary


def test_a_crop_between_two_savings_is_told_and_mapped_in_one_color() -> None:
    cropped = saved(noisy(10), 75).crop((3, 5, 519, 391))
    finding = analyze(jpeg(cropped, quality=98))
    assert finding.codes == ("saved_again", "cropped_after_saving")
    assert finding.data["earlier_grid"] == [5, 3]
    assert finding.data["places"] == []
    assert "cropped or moved off the 8-px grid" in finding.summary
    (shown,) = finding.evidence
    assert (shown.width, shown.height) == cropped.size
    assert shown.kind == "jpeg_history"


def test_a_place_with_a_grid_of_its_own_is_named_and_mapped() -> None:
    forged = pasted(noisy(6), saved(noisy(7), 70))
    finding = analyze(jpeg(forged, quality=98, exif=exif_block(image={274: 6})))
    places = finding.data["places"]
    assert isinstance(places, list)
    assert places[0]["shift"] == [3, 5]
    assert places[0]["counts"]
    assert "a grid shifted by 3 px right and 5 px down, by chance less" in (
        finding.summary
    )
    (shown,) = finding.evidence
    # Turned by 90 degrees clockwise: x' = height - y, y' = x.
    assert (shown.width, shown.height) == (forged.height, forged.width)
    with Image.open(BytesIO(shown.data)) as opened:
        levels = np.asarray(opened, dtype=np.int32)
    is_colored = levels.max(axis=2) - levels.min(axis=2) > 110
    rows, columns = np.nonzero(is_colored)
    assert abs(np.median(rows) - (BOX[0] + BOX[2]) / 2) < 24
    assert abs(np.median(columns) - (forged.height - (BOX[1] + BOX[3]) / 2)) < 24


def test_a_decoded_jpeg_is_told_with_its_quality_and_grid() -> None:
    finding = analyze(png(saved(noisy(3), 80).crop((3, 5, 519, 391))))
    assert finding.codes == ("decoded_jpeg",)
    assert finding.data["own_grid"] == [5, 3]
    quality = finding.data["first_quality"]
    assert isinstance(quality, int)
    assert abs(quality - 80) <= 1
    assert finding.data["probability_saved_again"] is None
    assert "its pixels come from one of about quality" in finding.summary


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(noisy(16)), "no grid of an earlier one"),
        (encode(noisy(18).convert("CMYK"), "JPEG", quality=60), "another color space"),
        (jpeg(noisy(16, (300, 100)), quality=90), "shorter than 128 px"),
        (encode(noisy(16), "WEBP", quality=80), "compression of its own"),
    ],
    ids=["png", "cmyk", "small", "webp"],
)
def test_pictures_without_a_history_to_read_say_so(data: bytes, words: str) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)


def test_more_explained_is_never_less_probable() -> None:
    steps = (0,) * len(FREQUENCIES)
    chances = [
        decision.probability(table_of(steps, nats=nats))
        for nats in (-0.1, 0.0, 0.01, 0.1, 1.0, 10.0)
    ]
    assert chances == sorted(chances)
    assert chances[0] < 0.1
    assert chances[-1] > 0.9


def test_a_table_of_no_quality_is_called_by_the_nearest() -> None:
    steps = libjpeg_steps(70).tolist()
    steps[4] += 1
    assert decision.first_quality(table_of(tuple(steps))) == 70
    few = (*steps[:3], *(0,) * (len(steps) - 3))
    assert decision.first_quality(table_of(few)) is None
    assert decision.first_quality(table_of(few, quality=83)) == 83


def test_the_map_shows_each_origin_in_its_color_and_the_own_grid_in_none() -> None:
    origins = np.full((20, 20), 9, dtype=np.int16)
    origins[:, 10:] = 27
    best, nats = local_votes(GridVotes(origins, 16), beside=None)
    assert (best[:, :8] == 9).all()
    assert (best[:, 12:] == 27).all()
    colors = colors_of(best, nats, own=9)
    assert not colors[:, :8].any()
    assert colors[:, 12:].max() > 150
    other = colors_of(best, nats, own=27)
    assert abs(other[10, 4].astype(int) - colors[10, 15].astype(int)).max() > 50


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_damaged_tables_break_nothing(data: st.DataObject) -> None:
    whole = bytearray(jpeg(noisy(19, (144, 136)), quality=85))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(2, 640))
        whole[at] = data.draw(st.integers(0, 255))
    try:
        finding = analyze(bytes(whole))
    except (ImageRejectedError, NotApplicableError):
        return
    json.dumps(finding.data, allow_nan=False)
