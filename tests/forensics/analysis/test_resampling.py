"""Scaling: known factors of the whole and of parts, and pictures without a rhythm."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from forensics.analysis.resampling import ResamplingAnalyzer, analyzer
from forensics.analysis.types import Finding, NotApplicableError
from tests.forensics.analysis.scenes import (
    BOX,
    analyzed,
    grainy,
    number,
    overlap,
    picture,
)
from tests.images import jpeg, photo_like, png


def analyze(data: bytes) -> Finding:
    return analyzed(ResamplingAnalyzer(), data)


def scaled(whole: Image.Image, factor: float) -> Image.Image:
    size = (round(whole.width * factor), round(whole.height * factor))
    return whole.resize(size, Image.Resampling.BICUBIC)


def with_scaled_part(seed: int, factor: float) -> Image.Image:
    whole = picture(grainy(seed, 6.0))
    part = scaled(picture(grainy(seed + 50, 6.0)), factor)
    whole.paste(part.crop((20, 20, 20 + BOX[2] - BOX[0], 20 + BOX[3] - BOX[1])), BOX)
    return whole


def history(finding: Finding) -> dict[str, object]:
    found = finding.data["whole_picture"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("factor", [1.1, 1.25, 1.4, 1.7])
@pytest.mark.parametrize("quality", [None, 97])
def test_a_known_factor_is_found_and_is_no_accusation(
    factor: float, quality: int | None
) -> None:
    whole = scaled(picture(grainy(1, 6.0)), factor)
    finding = analyze(png(whole) if quality is None else jpeg(whole, quality=quality))
    found = history(finding)
    assert found["is_scaled"] is True
    factors = found["factors"]
    assert isinstance(factors, list)
    assert min(abs(one / factor - 1.0) for one in factors) < 0.01
    assert "no sign of forgery" in finding.summary
    assert finding.codes == ()
    assert finding.score is None


def test_a_jpeg_made_smaller_shows_its_old_grid() -> None:
    earlier = jpeg(picture(grainy(2, 6.0, (1024, 896))), quality=60)
    with Image.open(BytesIO(earlier)) as opened:
        finding = analyze(png(scaled(opened.convert("RGB"), 0.75)))
    factors = history(finding)["factors"]
    assert isinstance(factors, list)
    assert min(abs(one - 0.75) for one in factors) < 0.01


@pytest.mark.parametrize("seed", range(3, 7))
@pytest.mark.parametrize("quality", [None, 95, 75])
def test_unscaled_pictures_have_no_rhythm(seed: int, quality: int | None) -> None:
    whole = picture(grainy(seed, 5.0))
    finding = analyze(png(whole) if quality is None else jpeg(whole, quality=quality))
    assert history(finding)["is_scaled"] is False
    assert finding.codes == ()
    assert finding.data["places"] == []
    assert number(finding) < analyzer.LEVEL
    assert "shows no rhythm of scaling" in finding.summary
    assert "this proves nothing" in finding.summary


def test_a_scaled_part_is_found_in_its_place() -> None:
    finding = analyze(png(with_scaled_part(7, 1.3)))
    assert finding.codes == ("local_resampling",)
    assert history(finding)["is_scaled"] is False
    assert overlap(finding) > 0.5
    assert "Fabric, grids" in finding.summary
    assert [image.kind for image in finding.evidence] == [
        "resampling",
        "resampling_spectrum",
    ]


def test_scaling_the_whole_again_leaves_only_what_the_part_has_alone() -> None:
    finding = analyze(png(scaled(picture(grainy(8, 6.0)), 1.3)))
    assert finding.codes == ()


def test_stripes_in_one_direction_are_no_scaling() -> None:
    levels = grainy(9, 5.0)
    stripes = 12.0 * np.sin(2.0 * np.pi * 0.21 * np.arange(768))
    levels[128:320] += stripes.astype(np.float32)[None, :, None]
    assert analyze(png(picture(levels))).codes == ()


def test_the_middle_of_a_large_picture_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analyzer, "MOST_PIXELS", 200_000)
    whole = picture(grainy(10, 5.0, (1200, 800)))
    finding = analyze(png(whole))
    box = finding.data["looked_at"]
    assert isinstance(box, list)
    left, upper, right, lower = box
    assert (left % 64, upper % 64) == (0, 0)
    assert 0 < left < right < 1200
    assert (right - left) * (lower - upper) <= 200_000
    assert finding.localization is not None
    assert finding.localization.values.shape == (13, 19)
    assert finding.localization.values[0, 0] < 0.01


def test_large_pictures_have_larger_windows() -> None:
    finding = analyze(jpeg(picture(grainy(11, 5.0, (2000, 1400))), quality=95))
    assert finding.localization is not None
    assert finding.localization.cell == 128
    assert finding.codes == ()


def test_a_long_strip_is_survived() -> None:
    assert analyze(png(picture(grainy(12, 5.0, (4000, 200))))).codes == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(photo_like(1, (300, 180))), "shorter than 192 px"),
        (png(Image.new("RGB", (256, 256), (90, 90, 90))), "almost uniform"),
    ],
    ids=["small", "flat"],
)
def test_pictures_that_carry_no_rhythm_say_so(data: bytes, words: str) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)
