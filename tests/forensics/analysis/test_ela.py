"""Error-level analysis: known answers, the heat map, what it says and does not."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from forensics.analysis.ela import ElaAnalyzer, block_means, regional_contrast
from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.types import FindingStatus, Limits
from tests.images import exif_block, jpeg, photo_like, png, splice


def evidence_of(data: bytes) -> ImageEvidence:
    return load_evidence(data, Limits())


def test_a_flat_picture_has_no_error_at_all() -> None:
    finding = ElaAnalyzer().analyze(
        evidence_of(png(Image.new("RGB", (256, 256), (128, 128, 128))))
    )
    channels = finding.data["channels"]
    assert isinstance(channels, dict)
    for statistics in channels.values():
        assert set(statistics.values()) == {0}
    assert finding.score == 0.0


def test_a_picture_saved_at_the_same_quality_before_hardly_changes() -> None:
    fresh = photo_like(5, (512, 384))
    once = Image.open(BytesIO(jpeg(fresh, quality=90))).convert("RGB")
    for _ in range(4):
        once = Image.open(BytesIO(jpeg(once, quality=90))).convert("RGB")
    again, first = (evidence_of(png(p)).error_levels(quality=90) for p in (once, fresh))
    assert np.asarray(again).mean() < 0.2 * np.asarray(first).mean()


def test_a_region_of_another_history_stands_out_inside_its_mask() -> None:
    data, mask = splice(seed=4)
    means = block_means(evidence_of(data).error_levels(quality=90))
    blocks = np.asarray(
        Image.fromarray(mask.astype(np.uint8) * 255).reduce(16), dtype=float
    )[: means.shape[0], : means.shape[1]]
    inside, outside = means[blocks > 250], means[blocks < 5]
    assert inside.mean() > 2.0 * outside.mean()


def test_a_region_of_another_history_raises_the_score() -> None:
    forged, _ = splice(seed=4)
    base = jpeg(photo_like(4, (480, 320)), quality=70)
    untouched = jpeg(Image.open(BytesIO(base)).convert("RGB"), quality=95)
    scores = [ElaAnalyzer().analyze(evidence_of(d)).score for d in (forged, untouched)]
    assert scores[0] is not None
    assert scores[1] is not None
    assert scores[0] > scores[1] + 0.2


def test_block_means_are_those_of_the_luminance() -> None:
    levels = Image.new("RGB", (64, 48), (4, 4, 4))
    levels.paste((10, 10, 10), (16, 16, 32, 32))
    means = block_means(levels)
    assert means.shape == (3, 4)
    assert abs(means[1, 1] - 10.0) < 0.1
    assert abs(means[0, 0] - 4.0) < 0.1


def test_block_means_of_large_pictures_are_sampled_without_bias() -> None:
    levels = evidence_of(png(photo_like(6, (1616, 320)))).error_levels(quality=90)
    halves = [levels.crop((0, 0, 800, 320)), levels.crop((800, 0, 1600, 320))]
    exact = np.concatenate([block_means(half) for half in halves], axis=1)
    sampled = block_means(levels)[:, :100]
    assert sampled.shape == exact.shape
    assert abs(sampled.mean() - exact.mean()) < 0.02
    assert np.corrcoef(sampled.ravel(), exact.ravel())[0, 1] > 0.8


def test_contrast_is_that_of_the_documented_statistic() -> None:
    levels = Image.new("RGB", (16 * 10, 16 * 10), (2, 2, 2))
    for number in range(5):
        levels.paste((9, 9, 9), (16 * number, 0, 16 * number + 16, 16))
    found = regional_contrast(levels)
    assert found is not None
    assert abs(found.median - 2.0) < 0.1
    # The spread of all-equal blocks counts as its floor of 1/4 level.
    assert abs(found.contrast - ((9.0 - 2.0) / 0.25 - 3.0)) < 0.7


def test_a_small_picture_gets_a_heat_map_but_no_score() -> None:
    finding = ElaAnalyzer().analyze(evidence_of(png(photo_like(1, (90, 70)))))
    assert finding.status is FindingStatus.OK
    assert finding.score is None
    assert "Too small" in finding.summary
    assert len(finding.evidence) == 1


def test_the_heat_map_is_upright_and_says_what_it_cannot_tell() -> None:
    data = jpeg(photo_like(2, (320, 200)), exif=exif_block(image={274: 6}))
    picture = ElaAnalyzer().analyze(evidence_of(data)).evidence[0]
    assert (picture.width, picture.height) == (200, 320)
    assert Image.open(BytesIO(picture.data)).size == (200, 320)
    assert picture.kind == "ela"
    assert "no bright spot is proof" in picture.caption


def test_the_heat_map_of_a_large_picture_is_reduced() -> None:
    picture = ElaAnalyzer().analyze(evidence_of(png(photo_like(2, (3300, 40)))))
    assert max(picture.evidence[0].width, picture.evidence[0].height) <= 1600


def test_quality_is_a_parameter() -> None:
    evidence = evidence_of(png(photo_like(2)))
    means = []
    for quality in (40, 98):
        data: dict[str, Any] = dict(ElaAnalyzer(quality=quality).analyze(evidence).data)
        assert data["quality"] == quality
        means.append(data["channels"]["G"]["mean"])
    assert means[0] > means[1]
