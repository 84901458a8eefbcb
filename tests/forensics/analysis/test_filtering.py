"""Smoothing: blurred and median-filtered places, streaks, and quiet pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

from forensics.analysis.filtering import FilteringAnalyzer
from forensics.analysis.filtering.streaks import streak_ratio
from forensics.analysis.types import Finding, NotApplicableError
from tests.forensics.analysis.scenes import (
    analyzed,
    grainy,
    number,
    overlap,
    patched,
    picture,
)
from tests.images import jpeg, photo_like, png


def analyze(data: bytes) -> Finding:
    return analyzed(FilteringAnalyzer(), data)


def median_of(image: Image.Image, side: int) -> Image.Image:
    return Image.fromarray(cv2.medianBlur(np.asarray(image), side))


def test_a_blurred_place_is_found() -> None:
    whole = picture(grainy(3, 7.0))
    blurred = Image.fromarray(cv2.GaussianBlur(np.asarray(whole), (0, 0), 2.0))
    finding = analyze(png(patched(whole, blurred)))
    assert finding.codes == ("smoothed_region",)
    assert finding.score is None
    assert overlap(finding) > 0.7
    assert "Focus, haze and motion" in finding.summary
    assert "median" not in finding.summary


def test_a_blurred_place_survives_saving_as_jpeg() -> None:
    whole = picture(grainy(4, 9.0))
    blurred = Image.fromarray(cv2.GaussianBlur(np.asarray(whole), (0, 0), 2.5))
    finding = analyze(jpeg(patched(whole, blurred), quality=90))
    assert finding.codes == ("smoothed_region",)
    assert overlap(finding) > 0.5
    assert finding.data["streak_ratio"] is None


def test_a_median_filtered_place_is_found_and_told_from_a_blur() -> None:
    whole = picture(grainy(3, 34.0))
    finding = analyze(png(patched(whole, median_of(whole, 5))))
    assert finding.codes == ("smoothed_region",)
    assert overlap(finding) > 0.6
    assert "as a median filter leaves them, and not elsewhere" in finding.summary
    assert finding.data["is_streaked"] is False


def test_streaks_of_the_whole_picture_are_history_and_no_accusation() -> None:
    whole = median_of(picture(grainy(4, 14.0)), 3)
    finding = analyze(png(whole))
    assert finding.data["is_streaked"] is True
    assert finding.codes == ()
    assert "by itself it means nothing" in finding.summary
    assert analyze(jpeg(whole, quality=90)).data["is_streaked"] is False


def test_streak_ratio_of_noise_is_what_theory_says() -> None:
    # Equal by chance, against one apart either way: about 1 : 2.
    noise = np.random.default_rng(5).normal(128.0, 12.0, (512, 512))
    gray = np.rint(noise).clip(0, 255).astype(np.uint8)
    plain, filtered = streak_ratio(gray), streak_ratio(cv2.medianBlur(gray, 3))
    assert plain == pytest.approx(0.5, abs=0.05)
    assert filtered is not None
    assert filtered > 0.85


@pytest.mark.parametrize("shape", [(20, 200), (200, 20), (512, 512)])
def test_streaks_need_texture_and_room(shape: tuple[int, int]) -> None:
    assert streak_ratio(np.full(shape, 99, np.uint8)) is None


@pytest.mark.parametrize("seed", range(6, 10))
@pytest.mark.parametrize("quality", [None, 95, 80])
def test_untouched_pictures_are_quiet(seed: int, quality: int | None) -> None:
    whole = picture(grainy(seed, 5.0))
    finding = analyze(png(whole) if quality is None else jpeg(whole, quality=quality))
    assert finding.codes == ()
    assert number(finding) < 1.4
    assert finding.data["is_streaked"] is False
    assert "No place is clearly smoother" in finding.summary


def test_sharper_places_are_no_smoothing() -> None:
    forged = patched(picture(grainy(10, 2.0)), picture(grainy(10, 12.0)))
    finding = analyze(png(forged))
    assert finding.codes == ()
    assert overlap(finding) == 0.0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(photo_like(1, (300, 100))), "shorter than 128 px"),
        (png(Image.new("RGB", (256, 256), (90, 90, 90))), "no detail at all"),
    ],
    ids=["small", "flat"],
)
def test_pictures_without_detail_say_so(data: bytes, words: str) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)
