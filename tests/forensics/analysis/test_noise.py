"""Noise: known deviations by place and by brightness, and pictures that stay quiet."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from forensics.analysis.block_bands import measure_blocks
from forensics.analysis.noise import NoiseAnalyzer
from forensics.analysis.noise.analyzer import FINEST, noise_curve
from forensics.analysis.types import Finding, NotApplicableError
from tests.forensics.analysis.scenes import (
    BOX,
    analyzed,
    grainy,
    number,
    overlap,
    patched,
    picture,
    scene,
)
from tests.images import exif_block, jpeg, photo_like, png


def analyze(data: bytes) -> Finding:
    return analyzed(NoiseAnalyzer(), data)


def test_fine_energy_of_white_noise_is_its_variance() -> None:
    gray = np.random.default_rng(1).normal(128.0, 5.0, (512, 512))
    blocks = measure_blocks(
        Image.fromarray(np.rint(gray).astype(np.uint8)).convert("RGB"), finest=FINEST
    )
    # Rounding adds 1/12.
    assert blocks.fine.mean() == pytest.approx(25.0 + 1.0 / 12.0, rel=0.02)
    assert blocks.cell == 8


@pytest.mark.parametrize(("inside", "outside"), [(9.0, 2.0), (12.0, 3.0)])
def test_a_noisier_place_is_found_and_named(inside: float, outside: float) -> None:
    forged = patched(picture(grainy(3, outside)), picture(grainy(3, inside)))
    finding = analyze(png(forged))
    assert finding.codes == ("noise_outlier",)
    assert finding.score is None
    assert number(finding, "noisier") > number(finding, "quieter")
    assert overlap(finding) > 0.6
    places = finding.data["places"]
    assert isinstance(places, list)
    assert places[0]["direction"] == "noisier"
    assert 2.0 < places[0]["factor"] <= inside / outside
    assert "as added noise or sharpening would leave" in finding.summary
    assert "Fabric" in finding.summary


def test_a_quieter_place_is_found_and_named() -> None:
    forged = patched(picture(grainy(3, 9.0)), picture(grainy(3, 1.0)))
    finding = analyze(png(forged))
    assert finding.codes == ("noise_outlier",)
    assert overlap(finding) > 0.6
    places = finding.data["places"]
    assert isinstance(places, list)
    assert places[0]["direction"] == "quieter"
    assert "less fine grain" in finding.summary


def test_strong_noise_in_a_place_survives_saving_as_jpeg() -> None:
    forged = patched(picture(grainy(3, 2.0)), picture(grainy(3, 14.0)))
    assert analyze(jpeg(forged, quality=85)).codes == ("noise_outlier",)


@pytest.mark.parametrize("seed", range(5, 9))
@pytest.mark.parametrize("quality", [None, 95, 80])
def test_even_noise_is_quiet(seed: int, quality: int | None) -> None:
    whole = picture(grainy(seed, 4.0))
    finding = analyze(png(whole) if quality is None else jpeg(whole, quality=quality))
    assert finding.codes == ()
    assert finding.data["places"] == []
    assert number(finding) < 1.4
    assert "No place has clearly more or less" in finding.summary


def test_noise_that_follows_brightness_is_quiet_and_its_curve_is_measured() -> None:
    # As of a sensor: the variance grows with the light.
    ramp = np.linspace(40.0, 220.0, 768, dtype=np.float32)
    levels = np.repeat(np.broadcast_to(ramp, (512, 768))[:, :, None], 3, axis=2)
    deviation = np.sqrt(0.25 * levels[:, :, :1])
    grain = np.random.default_rng(9).normal(0.0, 1.0, (512, 768, 1))
    whole = picture((levels + grain * deviation).astype(np.float32))
    finding = analyze(png(whole))
    assert finding.codes == ()
    assert number(finding) < 0.6
    curve = finding.data["curve"]
    assert isinstance(curve, list)
    assert len(curve) >= 6
    for brightness, measured in curve:
        assert measured == pytest.approx(np.sqrt(0.25 * brightness), rel=0.12)


def test_a_curve_leaves_out_brightness_that_does_not_occur() -> None:
    whole = picture(np.full((256, 256, 3), 128.0, np.float32) + _grain(256, 3.0))
    curve = noise_curve(measure_blocks(whole, finest=FINEST))
    assert [point[0] for point in curve if isinstance(point, list)] == [138]


def _grain(side: int, deviation: float) -> np.ndarray:
    return np.random.default_rng(10).normal(0.0, deviation, (side, side, 1))


def test_clipped_light_is_no_quieter_place() -> None:
    levels = grainy(11, 5.0)
    levels[BOX[1] : BOX[3], BOX[0] : BOX[2]] += 220.0
    finding = analyze(png(picture(levels)))
    assert finding.codes == ()


def test_the_map_is_upright() -> None:
    forged = patched(picture(grainy(3, 2.0)), picture(grainy(3, 9.0)))
    turned = jpeg(forged, quality=97, exif=exif_block(image={274: 6}))
    (shown,) = analyze(turned).evidence
    assert (shown.kind, shown.width, shown.height) == ("noise", 640, 768)
    with Image.open(BytesIO(shown.data)) as opened:
        red, _, blue = (
            np.asarray(band, dtype=np.float32) for band in opened.convert("RGB").split()
        )
    rows, columns = np.nonzero(red - blue > 150)
    assert abs(np.median(rows) - (BOX[0] + BOX[2]) / 2) < 24
    assert abs(np.median(columns) - (640 - (BOX[1] + BOX[3]) / 2)) < 24


def test_large_pictures_are_sampled_and_the_map_covers_them() -> None:
    small = picture(grainy(12, 4.0))
    large = Image.new("RGB", (3001, 2003))
    for left in range(0, 3001, small.width):
        for top in range(0, 2003, small.height):
            large.paste(small, (left, top))
    finding = analyze(jpeg(large, quality=95))
    assert finding.localization is not None
    assert finding.localization.cell == 16
    assert finding.localization.values.shape == (126, 188)
    assert finding.codes == ()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (png(photo_like(1, (300, 100))), "shorter than 128 px"),
        (png(Image.new("RGB", (256, 256), (255, 255, 255))), "black or white"),
        (png(Image.new("RGB", (256, 256), (90, 90, 90))), "no fine grain"),
    ],
    ids=["small", "white", "flat"],
)
def test_pictures_without_noise_to_compare_say_so(data: bytes, words: str) -> None:
    with pytest.raises(NotApplicableError, match=words):
        analyze(data)


def test_a_scene_without_any_noise_is_not_an_accusation() -> None:
    assert analyze(png(picture(scene(13)))).codes == ()
