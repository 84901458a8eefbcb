"""Noise spectra: simulated up-samplers, JPEG's own grid, honest silence."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.spectrum import SpectrumAnalyzer
from forensics.analysis.spectrum.residual import TILE, Spectrum, pattern_spectrum
from forensics.analysis.types import Finding, FindingStatus, Limits, NotApplicableError
from tests.images import encode, exif_block, jpeg, photo_like, png
from tests.upsamplers import UPSAMPLERS, transposed_convolution

SIZE = (352, 352)


def analyze(data: bytes) -> Finding:
    return SpectrumAnalyzer().analyze(load_evidence(data, Limits()))


def number(finding: Finding, key: str) -> float:
    value = finding.data[key]
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("name", sorted(UPSAMPLERS))
def test_each_simulated_up_sampler_is_seen_in_a_lossless_file(name: str) -> None:
    for seed in (1, 2, 3):
        finding = analyze(png(UPSAMPLERS[name](photo_like(seed, SIZE))))
        assert finding.codes == ("two_pixel_period",)
        assert finding.score is None
        assert "enlarging a photograph" in finding.summary
        assert "without weight" in finding.summary


@pytest.mark.parametrize("quality", [95, 85])
def test_a_checkerboard_is_seen_through_jpeg(quality: int) -> None:
    picture = transposed_convolution(photo_like(4, SIZE))
    finding = analyze(jpeg(picture, quality=quality))
    assert finding.codes == ("two_pixel_period",)
    assert number(finding, "pattern_nats") > number(finding, "pattern_needed")
    assert "fixed pattern" in finding.summary


@pytest.mark.parametrize("quality", [60, 75, 90, 98])
def test_the_grid_of_a_jpeg_is_no_such_period(quality: int) -> None:
    compressed = jpeg(photo_like(5, (704, 704)), quality=quality)
    with Image.open(BytesIO(compressed)) as opened:
        decoded = opened.convert("RGB")
    for data in (compressed, png(decoded)):
        finding = analyze(data)
        assert finding.codes == ()
        assert "does not tell where the picture comes from" in finding.summary


@pytest.mark.parametrize("factor", [0.5, 0.6, 0.75, 0.9])
def test_the_grid_of_a_jpeg_made_smaller_is_no_such_period(factor: float) -> None:
    with Image.open(BytesIO(jpeg(photo_like(6, (800, 800)), quality=75))) as opened:
        side = round(800 * factor)
        small = opened.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    assert analyze(png(small)).codes == ()


def test_untouched_pictures_get_no_code_and_no_score() -> None:
    for seed in range(6):
        finding = analyze(png(photo_like(seed, (640, 512))))
        assert finding.status is FindingStatus.OK
        assert finding.codes == ()
        assert finding.score is None
        assert "signal" not in finding.data


def test_what_color_filters_leave_is_no_such_period() -> None:
    # Color filters: every second pixel, in checks, is interpolated from its neighbors.
    rng = np.random.default_rng(7)
    taken = rng.normal(128.0, 12.0, (704, 704)).astype(np.float32)
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=np.float32) / 4
    checks = np.add.outer(np.arange(704), np.arange(704)) % 2 == 0
    mixed = np.where(checks, taken, cv2.filter2D(taken, -1, cross))
    finding = analyze(png(Image.fromarray(mixed.clip(0, 255).astype(np.uint8))))
    assert finding.codes == ()


def test_a_known_frequency_stands_out_in_its_place_only() -> None:
    rng = np.random.default_rng(8)
    rows = np.arange(512)[:, None]
    wave = 128.0 + 3.0 * np.cos(2 * np.pi * rows / 4) + rng.normal(0, 2, (512, 512))
    spectrum = pattern_spectrum(wave.clip(0, 255).astype(np.uint8))
    assert isinstance(spectrum, Spectrum)
    assert spectrum.tiles == 64
    assert spectrum.power.shape == (TILE, TILE)
    assert spectrum.prominence(0.25, 0.0) > 3.0
    for vertical, horizontal in ((0.0, 0.25), (0.5, 0.0), (0.5, 0.5), (0.125, 0.0)):
        assert abs(spectrum.prominence(vertical, horizontal)) < 1.0
    # Real noise: a frequency and its opposite have the same power.
    opposite = np.roll(spectrum.power[::-1, ::-1], 1, axis=(0, 1))
    assert np.allclose(spectrum.power, opposite, atol=1e-4)


def test_the_spectra_are_shown_side_by_side_and_turned_with_the_picture() -> None:
    rng = np.random.default_rng(9)
    stripes = 128.0 + 4.0 * (-1.0) ** np.arange(512)[:, None] * np.ones((512, 512))
    noisy = Image.fromarray(
        (stripes + rng.normal(0, 3, stripes.shape)).astype(np.uint8)
    )
    shown = []
    for turn in (1, 6):
        exif = b"Exif\x00\x00" + exif_block(image={274: turn})
        (picture,) = analyze(encode(noisy, "PNG", exif=exif)).evidence
        assert picture.kind == "spectrum"
        assert picture.width == 2 * picture.height + 8
        assert "not a view of the picture" in picture.caption
        with Image.open(BytesIO(picture.data)) as opened:
            shown.append(np.asarray(opened.convert("L"), dtype=np.float32))
    middle = shown[0].shape[0] // 2
    # Rows that alternate: half a period a pixel, above and below zero frequency.
    assert shown[0][2, middle] > shown[0][middle, 2] + 50
    assert shown[1][middle, 2] > shown[1][2, middle] + 50


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIC", "GIF"])
def test_other_compressions_are_not_applicable(name: str) -> None:
    with pytest.raises(NotApplicableError, match="neither for nor against"):
        analyze(encode(photo_like(1, (512, 512)), name))


def test_lossless_webp_is_read() -> None:
    finding = analyze(encode(photo_like(1, (512, 512)), "WEBP", lossless=True))
    assert finding.status is FindingStatus.OK


def test_small_or_smooth_pictures_are_not_applicable() -> None:
    for picture in (
        photo_like(1, (255, 255)),
        Image.new("RGB", (900, 900), (9, 80, 7)),
    ):
        with pytest.raises(NotApplicableError, match="neither for nor against"):
            analyze(png(picture))


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 400),
    height=st.integers(1, 400),
    levels=st.sampled_from([1, 2, 256]),
    seed=st.integers(0, 2**16),
)
def test_no_picture_breaks_it(width: int, height: int, levels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, levels, (height, width, 3)) * (255 // max(1, levels - 1))
    try:
        finding = analyze(png(Image.fromarray(drawn.astype(np.uint8))))
    except NotApplicableError:
        return
    assert finding.codes == ()
