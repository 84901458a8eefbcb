"""Stability: near a threshold, mildly altered copies make the verdict more modest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from io import BytesIO

import pytest
from PIL import Image

from forensics.analysis.fusion import clamped_score, verdict_of
from forensics.analysis.image import ImageEvidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.pipeline import Pipeline
from forensics.analysis.report import uncertainty_to_json
from forensics.analysis.stability import variants
from forensics.analysis.types import Finding, FindingStatus, Report, Verdict
from tests.forensics.analysis.fusion_models import line, model
from tests.images import jpeg, photo_like, png

SIZE = (200, 160)
# The bands of the model begin at .1, .8 and .95: log-odds -2.20, 1.39 and 2.94.
SUSPICIOUS = 1.39


@dataclass
class Scripted:
    """Says one number of the picture itself and another of each smaller copy."""

    own: float
    others: float
    name: str = "localizer"
    version: str = "1"
    status: FindingStatus = FindingStatus.OK
    seen: list[tuple[int, int]] = field(default_factory=list)

    def analyze(self, evidence: ImageEvidence) -> Finding:
        first = not self.seen
        self.seen.append(evidence.pixels.size)
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK if first else self.status,
            summary="scripted",
            data={"signal": self.own if first else self.others},
        )


def analyzed(analyzer: Scripted, size: tuple[int, int] = SIZE) -> Report:
    pipeline = Pipeline((MetadataAnalyzer(), analyzer), calibration=model())
    return pipeline.analyze(jpeg(photo_like(1, size)))


def test_copies_are_recompressed_resized_and_shifted() -> None:
    made = {copy.name: copy.data for copy in variants(photo_like(0, SIZE))}
    sizes = {name: Image.open(BytesIO(data)).size for name, data in made.items()}
    assert sizes == {
        "quality_85": SIZE,
        "resized_0.9_quality_90": (180, 144),
        "shifted_quality_95": (197, 155),
    }


@pytest.mark.parametrize(
    ("size", "count"), [((2000, 2000), 3), ((2001, 2000), 1), ((4001, 4000), 0)]
)
def test_of_large_pictures_fewer_copies_are_made(
    size: tuple[int, int], count: int
) -> None:
    assert len(list(variants(Image.new("RGB", size)))) == count


def test_far_from_a_threshold_nothing_is_computed_twice() -> None:
    analyzer = Scripted(own=0.0, others=4.0)
    report = analyzed(analyzer)
    assert analyzer.seen == [SIZE]
    assert report.uncertainty is not None
    assert report.uncertainty.stability is None
    assert "unstable" not in {reason.code for reason in report.reasons}


def test_near_a_threshold_the_spread_is_reported() -> None:
    analyzer = Scripted(own=SUSPICIOUS + 0.2, others=SUSPICIOUS + 0.1)
    report = analyzed(analyzer)
    assert len(analyzer.seen) == 4
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.uncertainty is not None
    spread = report.uncertainty.stability
    assert spread is not None
    assert spread.low == pytest.approx(clamped_score(SUSPICIOUS + 0.1))
    assert spread.high == pytest.approx(clamped_score(SUSPICIOUS + 0.2))
    assert set(spread.variants) == {
        "quality_85",
        "resized_0.9_quality_90",
        "shifted_quality_95",
    }


def test_copies_in_a_more_modest_band_take_the_verdict_with_them() -> None:
    report = analyzed(Scripted(own=SUSPICIOUS + 0.2, others=0.5))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.score == pytest.approx(clamped_score(0.5))
    weights = {reason.code: reason.weight for reason in report.reasons}
    assert weights["unstable"] == pytest.approx(0.5 - SUSPICIOUS - 0.2)
    assert sum(weights.values()) == pytest.approx(0.5)


def test_copies_never_accuse_what_the_picture_itself_does_not() -> None:
    report = analyzed(Scripted(own=SUSPICIOUS - 0.2, others=4.0))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.score == pytest.approx(clamped_score(SUSPICIOUS - 0.2))
    assert report.uncertainty is not None
    assert report.uncertainty.stability is not None
    assert report.uncertainty.stability.high > 0.9


def test_copies_do_not_turn_an_accusation_into_an_acquittal() -> None:
    report = analyzed(Scripted(own=SUSPICIOUS + 0.2, others=-4.0))
    assert report.verdict is Verdict.INCONCLUSIVE


def test_where_no_copy_can_be_judged_the_verdict_stands() -> None:
    near = SUSPICIOUS + 0.2
    analyzer = Scripted(own=near, others=0.0, status=FindingStatus.FAILED)
    report = analyzed(analyzer)
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.uncertainty is not None
    assert report.uncertainty.stability is None


def test_the_compression_history_is_not_asked_of_copies() -> None:
    history = Scripted(own=1.0, others=-4.0, name="double_jpeg")
    copies = Scripted(own=0.5, others=0.5, name="copy_move")
    pipeline = Pipeline(
        (history, copies),
        calibration=model(signals={"double_jpeg": line(), "copy_move": line()}),
    )
    report = pipeline.analyze(jpeg(photo_like(1, SIZE)))
    assert history.seen == [SIZE]
    assert len(copies.seen) == 4
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.score == pytest.approx(clamped_score(1.5))


def test_what_has_no_say_is_not_asked_of_copies() -> None:
    weighed = Scripted(own=SUSPICIOUS, others=SUSPICIOUS)
    unknown = Scripted(own=4.0, others=4.0, name="cnn")
    pipeline = Pipeline((weighed, unknown), calibration=model())
    pipeline.analyze(jpeg(photo_like(1, SIZE)))
    assert len(weighed.seen) == 4
    assert unknown.seen == [SIZE]


def test_silence_of_all_signals_is_not_computed_twice() -> None:
    analyzer = Scripted(own=-4.0, others=4.0)
    report = analyzed(analyzer)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert analyzer.seen == [SIZE]


def test_a_score_that_fell_from_authentic_is_shown_below_suspicious() -> None:
    analyzer = Scripted(own=-4.0, others=4.0)
    loose = model(floor=-2.5)
    pipeline = Pipeline((analyzer,), calibration=loose)
    report = pipeline.analyze(jpeg(photo_like(1, SIZE)))
    assert report.verdict is Verdict.INCONCLUSIVE
    assert round(report.score, 3) < loose.bands.suspicious


def test_untouched_pictures_are_compared_by_the_pixels_alone() -> None:
    analyzer = Scripted(own=0.0, others=0.0)
    pipeline = Pipeline((MetadataAnalyzer(), analyzer), calibration=model())
    report = pipeline.analyze(png(photo_like(1, SIZE), {"Software": "GIMP 2.10"}))
    assert report.uncertainty is not None
    assert report.uncertainty.untouched is not None
    # GIMP alone is suspicious by the table, wherever the calibration's band begins.
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.uncertainty.untouched.score == 0.5
    assert report.uncertainty.untouched.share == 0.5


def test_a_verdict_is_always_the_band_of_its_score() -> None:
    bands = model().bands
    for own in (-2.3, -1.9, SUSPICIOUS, 2.6, 3.2):
        for others in (-4.0, 0.0, 2.0, 4.0):
            report = analyzed(Scripted(own=own, others=others))
            assert report.verdict is verdict_of(report.score, bands)


def test_uncertainty_is_plain_json() -> None:
    report = analyzed(Scripted(own=SUSPICIOUS, others=SUSPICIOUS))
    found = uncertainty_to_json(report.uncertainty)
    assert found["bands"] == {"inconclusive": 0.1, "suspicious": 0.8, "fake": 0.95}
    assert found["untouched"] == {
        "score": round(clamped_score(SUSPICIOUS), 4),
        "share": 0.2,
        "upper": 0.22,
        "pictures": 200,
    }
    assert uncertainty_to_json(None) == {}
    without = (
        replace(report.uncertainty, untouched=None) if report.uncertainty else None
    )
    assert uncertainty_to_json(without)["untouched"] is None
