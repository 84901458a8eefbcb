"""The whole way from bytes to a report, with the real analyzers."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from forensics.analysis.copy_move import CopyMoveAnalyzer
from forensics.analysis.ela import ElaAnalyzer
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.pipeline import AnalysisOptions, Pipeline, build_pipeline
from forensics.analysis.report import report_to_json, report_to_lines
from forensics.analysis.types import (
    Finding,
    FindingStatus,
    ImageRejectedError,
    Limits,
    NotApplicableError,
    Verdict,
)
from tests.forensics.analysis import fusion_models
from tests.images import FORMATS, camera_exif, encode, exif_block, jpeg, photo_like, png

if TYPE_CHECKING:
    from pathlib import Path

    from forensics.analysis.image import ImageEvidence

PIPELINE = build_pipeline(AnalysisOptions())


@dataclass(frozen=True)
class Breaking:
    """An analyzer that raises what it is told to."""

    error: Exception
    name: str = "breaking"
    version: str = "1"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        raise self.error


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_analyzed_by_every_analyzer(name: str) -> None:
    report = PIPELINE.analyze(encode(photo_like(1), name))
    assert report.format == name
    statuses = {finding.analyzer: finding.status for finding in report.findings}
    assert list(statuses)[:2] == ["ela", "metadata"]
    assert "double_jpeg" in statuses
    assert statuses["ela"] is statuses["metadata"] is FindingStatus.OK
    assert FindingStatus.FAILED not in statuses.values()
    assert report.verdict is Verdict.INCONCLUSIVE
    assert not report.is_partial


def test_a_forgery_that_gives_itself_away_is_called_fake() -> None:
    report = PIPELINE.analyze(png(texts={"parameters": "x\nSteps: 9, Sampler: Euler"}))
    assert report.verdict is Verdict.FAKE
    assert report.reasons[0].code == "ai_generated"


def test_a_report_is_json_through_and_through() -> None:
    report = PIPELINE.analyze(jpeg(exif=camera_exif(photo_like())))
    line = json.dumps(report_to_json(report, "a.jpg"), allow_nan=False)
    assert json.loads(line)["verdict"] == report.verdict
    for finding in report.findings:
        json.dumps(finding.data, allow_nan=False)
    json.dumps([dict(report.codecs), dict(report.parameters)], allow_nan=False)


def test_the_same_bytes_give_the_same_report_but_for_the_time() -> None:
    data = jpeg(exif=camera_exif(photo_like()))
    first, second = (
        replace(
            report,
            elapsed_ms=0.0,
            findings=tuple(replace(f, elapsed_ms=0.0) for f in report.findings),
        )
        for report in (PIPELINE.analyze(data), PIPELINE.analyze(data))
    )
    assert first == second


def test_an_analyzer_that_fails_is_a_finding_and_the_rest_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pipeline = Pipeline((Breaking(ZeroDivisionError("secret")), MetadataAnalyzer()))
    with caplog.at_level(logging.ERROR):
        report = pipeline.analyze(jpeg())
    failed, metadata = report.findings
    assert failed.status is FindingStatus.FAILED
    assert "breaking" in failed.summary
    assert "ZeroDivisionError" in failed.summary
    assert "secret" not in failed.summary
    assert metadata.status is FindingStatus.OK
    assert report.is_partial
    assert "breaking_failed" in {reason.code for reason in report.reasons}
    assert "ZeroDivisionError: secret" in caplog.text


def test_an_analyzer_that_does_not_apply_is_neither_clean_nor_failed() -> None:
    report = Pipeline((Breaking(NotApplicableError("not for this kind")),)).analyze(
        png()
    )
    assert report.findings[0].status is FindingStatus.NOT_APPLICABLE
    assert report.findings[0].summary == "not for this kind"
    assert not report.is_partial


def test_a_picture_longer_than_jpeg_can_hold_is_analyzed_without_error_levels() -> None:
    report = PIPELINE.analyze(png(Image.new("RGB", (66_000, 2))))
    assert report.findings[0].status is FindingStatus.NOT_APPLICABLE
    assert report.findings[1].status is FindingStatus.OK
    assert report.renditions[0].width == 1600


def test_renditions_are_upright_reduced_and_free_of_metadata() -> None:
    data = jpeg(
        photo_like(1, (2400, 600)), exif=exif_block(image={274: 6, 271: "Canon"})
    )
    report = PIPELINE.analyze(data)
    assert (report.width, report.height) == (2400, 600)
    preview, thumbnail = report.renditions
    assert (preview.kind, preview.width, preview.height) == ("preview", 400, 1600)
    assert (thumbnail.kind, thumbnail.width, thumbnail.height) == ("thumbnail", 80, 320)
    for picture in report.renditions:
        with Image.open(BytesIO(picture.data)) as image:
            assert image.size == (picture.width, picture.height)
            assert not image.getexif()
            assert b"Canon" not in picture.data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_renditions_and_evidence_turn_as_viewers_do(orientation: int) -> None:
    from PIL import ImageOps

    data = jpeg(photo_like(3, (300, 200)), exif=exif_block(image={274: orientation}))
    with Image.open(BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image).convert("RGB")
    report = PIPELINE.analyze(data)
    shown = Image.open(BytesIO(report.renditions[0].data)).convert("RGB")
    assert shown.size == expected.size
    difference = np.asarray(shown, float) - np.asarray(expected, float)
    assert np.abs(difference).mean() < 4.0
    heat = report.findings[0].evidence[0]
    assert (heat.width, heat.height) == expected.size


def test_small_pictures_are_not_enlarged() -> None:
    report = PIPELINE.analyze(png(photo_like(1, (40, 30))))
    assert {(p.width, p.height) for p in report.renditions} == {(40, 30)}
    assert report.verdict is Verdict.INCONCLUSIVE
    PIPELINE.analyze(png(photo_like(1, (1, 1))))


def test_the_version_changes_with_whatever_can_change_a_report(tmp_path: Path) -> None:
    calibrated, otherwise = tmp_path / "calibrated", tmp_path / "otherwise"
    fusion_models.write(calibrated)
    fusion_models.write(otherwise, floor=-1.0)
    damaged = tmp_path / "damaged"
    fusion_models.write(damaged, floor=1.0)
    versions = {
        build_pipeline(options).version
        for options in (
            AnalysisOptions(),
            AnalysisOptions(ela_quality=80),
            AnalysisOptions(model_store=tmp_path),
            AnalysisOptions(model_store=tmp_path, localizer=None),
            AnalysisOptions(model_store=calibrated),
            AnalysisOptions(model_store=otherwise),
            AnalysisOptions(model_store=damaged),
        )
    }
    assert len(versions) == 7
    assert build_pipeline(AnalysisOptions()).version == PIPELINE.version


def test_a_store_can_be_used_without_its_calibration(tmp_path: Path) -> None:
    fusion_models.write(tmp_path)
    options = AnalysisOptions(model_store=tmp_path, calibrated=False)
    assert build_pipeline(options).calibration is None
    report = build_pipeline(options).analyze(jpeg(photo_like(3)))
    assert "fusion" not in {model.name for model in report.models}
    assert build_pipeline(AnalysisOptions(model_store=tmp_path)).calibration


def test_a_damaged_calibration_is_said_and_judgment_remains(tmp_path: Path) -> None:
    fusion_models.write(tmp_path, floor=1.0)
    pipeline = build_pipeline(AnalysisOptions(model_store=tmp_path, localizer=None))
    report = pipeline.analyze(jpeg())
    reasons = {reason.code: reason for reason in report.reasons}
    assert "floor" in reasons["fusion_failed"].text
    assert reasons["fusion_failed"].weight == 0.0
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.uncertainty is not None
    assert report.uncertainty.untouched is None


def test_a_calibration_gives_the_score_its_bands_and_its_measure(
    tmp_path: Path,
) -> None:
    fitted = fusion_models.line(CopyMoveAnalyzer().version)
    fusion_models.write(tmp_path, signals={"copy_move": fitted})
    pipeline = build_pipeline(AnalysisOptions(model_store=tmp_path, localizer=None))
    report = pipeline.analyze(jpeg(photo_like(1, (400, 300))))
    assert report.uncertainty is not None
    assert report.uncertainty.bands == (0.1, 0.8, 0.95)
    assert report.uncertainty.untouched is not None
    assert report.uncertainty.untouched.pictures == 200
    assert "research-only" in str(report.parameters["fusion"])
    network, model = report.models
    assert network.name == "rivagan-decoder"
    assert (model.name, model.research_only) == ("fusion", True)
    assert model.terms == "research only"
    text = "\n".join(report_to_lines(report, "a.jpg"))
    assert "model fusion 1.0.0 RESEARCH ONLY: research only" in text
    assert "of 200 untouched photographs score this high or higher" in text
    line = json.loads(json.dumps(report_to_json(report, "a.jpg")))
    assert line["models"][-1]["terms"] == "research only"
    assert line["uncertainty"]["untouched"]["pictures"] == 200


def test_a_calibration_of_other_versions_gives_no_measure(tmp_path: Path) -> None:
    fitted = fusion_models.line("0.9-of-old")
    fusion_models.write(tmp_path, signals={"copy_move": fitted})
    pipeline = build_pipeline(AnalysisOptions(model_store=tmp_path, localizer=None))
    report = pipeline.analyze(jpeg(photo_like(1, (400, 300))))
    assert "copy_move_other_version" in {reason.code for reason in report.reasons}
    assert report.uncertainty is not None
    assert report.uncertainty.untouched is None


def test_without_a_model_the_network_does_not_apply(tmp_path: Path) -> None:
    pipeline = build_pipeline(AnalysisOptions(model_store=tmp_path))
    report = pipeline.analyze(jpeg())
    assert report.findings[2].analyzer == "cnn"
    assert report.findings[2].status is FindingStatus.NOT_APPLICABLE
    assert [model.name for model in report.models] == ["rivagan-decoder"]


def test_limits_hold_in_the_pipeline() -> None:
    pipeline = build_pipeline(AnalysisOptions(limits=Limits(max_pixels=100)))
    with pytest.raises(ImageRejectedError):
        pipeline.analyze(jpeg())


def test_codecs_and_parameters_say_what_a_report_rests_on() -> None:
    report = PIPELINE.analyze(jpeg())
    assert {"pillow", "numpy", "libjpeg_turbo", "pillow_heif"} <= set(report.codecs)
    assert report.parameters["ela_quality"] == ElaAnalyzer().quality == 90
