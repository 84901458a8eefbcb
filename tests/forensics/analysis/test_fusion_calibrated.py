"""Fusion with a calibration: additive, monotone, bounded, and told in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.analysis.fusion import WEIGHTS, Fusion, clamped_score, fuse
from forensics.analysis.pixel_evidence import raw_signal
from forensics.analysis.types import Finding, FindingStatus, Json, Verdict
from tests.forensics.analysis.fusion_models import line, model

MODEL = model()


def finding(
    analyzer: str,
    signal: Json = None,
    *,
    codes: tuple[str, ...] = (),
    status: FindingStatus = FindingStatus.OK,
    data: dict[str, Json] | None = None,
) -> Finding:
    return Finding(
        analyzer=analyzer,
        version="1",
        status=status,
        summary=f"{analyzer} says",
        codes=codes,
        data=(data or {}) | ({} if signal is None else {"signal": signal}),
    )


def fused(
    *codes: str,
    localizer: Json = None,
    copy_move: Json = None,
    quality: int | None = None,
    side: int = 1000,
) -> Fusion:
    jpeg: Json = None if quality is None else {"quality": quality}
    findings = (
        finding("metadata", codes=codes, data={"jpeg": jpeg}),
        finding("localizer", localizer),
        finding("copy_move", copy_move),
    )
    return fuse(findings, width=side, height=side, model=MODEL)


def test_the_parts_add_up_to_the_score() -> None:
    found = fused("editing_software", localizer=1.5, copy_move=-0.5)
    weights = {reason.code: reason.weight for reason in found.reasons}
    assert weights["localizer"] == pytest.approx(1.5)
    assert weights["copy_move"] == pytest.approx(-0.5)
    assert found.log_odds == pytest.approx(sum(weights.values()))
    assert found.score == clamped_score(found.log_odds)


def test_each_part_is_said_as_how_many_times_as_frequent() -> None:
    reasons = {r.code: r.text for r in fused(localizer=1.1, copy_move=-0.7).reasons}
    assert "3.0 times as frequent in forged" in reasons["localizer"]
    assert "2.0 times as frequent in untouched" in reasons["copy_move"]
    silent = {r.code: r.text for r in fused(localizer=0.01).reasons}
    assert "next to no say" in silent["localizer"]


@pytest.mark.parametrize(
    ("log_odds", "said"), [(4.6, "as 99 times"), (4.61, "as more than 100 times")]
)
def test_ratios_that_no_calibration_can_tell_apart_are_not_told(
    log_odds: float, said: str
) -> None:
    wide = model(signals={"localizer": line(reach=6.0)})
    found = fuse((finding("localizer", log_odds),), width=500, height=500, model=wide)
    assert said in found.reasons[0].text


def test_a_signal_of_another_version_than_was_calibrated_has_no_weight() -> None:
    changed = replace(finding("localizer", 4.0), version="2")
    both = (changed, finding("copy_move", 1.0))
    found = fuse(both, width=500, height=500, model=MODEL)
    assert found.log_odds == pytest.approx(1.0)
    reasons = {reason.code: reason for reason in found.reasons}
    assert "localizer" not in reasons
    said = reasons["localizer_other_version"]
    assert said.weight == 0.0
    assert "version 2" in said.text
    assert "version 1" in said.text


def test_what_the_pixels_alone_come_to_leaves_the_metadata_out() -> None:
    found = fused("editing_software", "camera_original", localizer=1.0)
    assert found.pixel_score == pytest.approx(clamped_score(1.0))
    assert found.score != found.pixel_score
    assert fused("editing_software").pixel_score is None
    assert fused(localizer=1.0, quality=40).pixel_score is None
    alone = fuse((finding("localizer", 1.0),), width=500, height=500)
    assert alone.pixel_score is None


@pytest.mark.parametrize(
    ("localizer", "verdict"),
    [
        (-4.0, Verdict.INCONCLUSIVE),
        (1.38, Verdict.INCONCLUSIVE),
        (1.39, Verdict.SUSPICIOUS),
        (2.94, Verdict.SUSPICIOUS),
        (2.95, Verdict.FAKE),
    ],
)
def test_the_model_sets_the_bands(localizer: float, verdict: Verdict) -> None:
    assert fused(localizer=localizer).verdict is verdict


def test_silence_of_all_signals_goes_no_lower_than_the_floor() -> None:
    found = fused(localizer=-4.0, copy_move=-4.0)
    assert found.log_odds == pytest.approx(MODEL.floor)
    weights = [reason.weight for reason in found.reasons]
    assert sum(weights) == pytest.approx(MODEL.floor)
    assert fused("camera_original", localizer=-4.0).verdict is Verdict.AUTHENTIC


def test_under_a_ceiling_pixels_alone_do_not_say_fake() -> None:
    capped = model(ceiling=2.9)
    both = (finding("localizer", 4.0), finding("copy_move", 4.0))
    found = fuse(both, width=500, height=500, model=capped)
    assert found.verdict is Verdict.SUSPICIOUS
    named = (*both, finding("metadata", codes=("editing_software",)))
    assert fuse(named, width=500, height=500, model=capped).verdict is Verdict.FAKE


def test_heavy_compression_leaves_the_pixels_without_a_verdict() -> None:
    found = fused(localizer=4.0, quality=49)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "too_compressed" in {reason.code for reason in found.reasons}
    assert fused(localizer=4.0, quality=50).verdict is Verdict.FAKE
    codes = ("thumbnail_mismatch", "editing_software")
    assert fused(*codes, quality=20, localizer=4.0).verdict is Verdict.FAKE


def test_small_and_contradictory_pictures_stay_inconclusive() -> None:
    small = fused(localizer=4.0, side=127)
    assert small.verdict is Verdict.INCONCLUSIVE
    torn = fused("camera_original", localizer=4.0)
    assert torn.verdict is Verdict.INCONCLUSIVE
    assert "contradictory_evidence" in {reason.code for reason in torn.reasons}
    assert small.is_settled
    assert torn.is_settled


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        (("ai_generated",), Verdict.FAKE),
        (("ai_watermark",), Verdict.FAKE),
        (("ai_composite",), Verdict.FAKE),
        (("thumbnail_mismatch",), Verdict.SUSPICIOUS),
        (("editing_software", "time_contradiction"), Verdict.SUSPICIOUS),
        (("editing_software",), Verdict.SUSPICIOUS),
        (("photoshop_resources",), Verdict.INCONCLUSIVE),
    ],
)
def test_pixels_without_a_trace_do_not_take_back_what_the_file_says(
    codes: tuple[str, ...], verdict: Verdict
) -> None:
    alone = fuse((finding("metadata", codes=codes),), width=500, height=500)
    found = fused(*codes, localizer=-2.0)
    assert found.verdict is alone.verdict is verdict
    weights = {reason.code: reason.weight for reason in found.reasons}
    assert found.log_odds == pytest.approx(sum(weights.values()))
    is_raised = verdict is not Verdict.INCONCLUSIVE
    assert ("metadata_stand" in weights) is is_raised
    assert not is_raised or weights["metadata_stand"] > 0.0
    assert found.is_settled is is_raised


def test_metadata_do_not_stand_where_nothing_can_be_judged() -> None:
    small = fused("editing_software", localizer=-2.0, side=100)
    assert small.verdict is Verdict.INCONCLUSIVE
    assert "metadata_stand" not in {reason.code for reason in small.reasons}
    agreed = fused("editing_software", localizer=3.0)
    assert "metadata_stand" not in {reason.code for reason in agreed.reasons}


def test_one_silent_signal_does_not_contradict_another() -> None:
    found = fused(localizer=-2.0, copy_move=4.0)
    assert "contradictory_evidence" not in {reason.code for reason in found.reasons}
    assert found.verdict is Verdict.SUSPICIOUS


def test_a_signal_that_does_not_apply_adds_nothing_and_says_so() -> None:
    absent = finding("localizer", status=FindingStatus.NOT_APPLICABLE)
    found = fuse((absent,), width=500, height=500, model=MODEL)
    assert found.score == 0.5
    reasons = {reason.code: reason.weight for reason in found.reasons}
    assert reasons == {"localizer_not_applicable": 0.0, "no_trace_found": 0.0}


def test_signals_that_the_model_does_not_know_have_no_weight() -> None:
    network = finding("cnn", 0.99, data={"log_odds": 5.0})
    found = fuse((network,), width=500, height=500, model=MODEL)
    assert found.score == 0.5


def test_without_a_model_the_pixels_have_no_weight_and_that_is_said() -> None:
    one = finding("localizer", 4.0)
    found = fuse((one,), width=500, height=500)
    assert found.score == 0.5
    assert "uncalibrated" in {reason.code for reason in found.reasons}
    silent = fuse((finding("metadata"),), width=500, height=500)
    assert "uncalibrated" not in {reason.code for reason in silent.reasons}


@pytest.mark.parametrize(
    "value", [None, True, "1", float("nan"), float("inf"), [1.0], {"a": 1}]
)
def test_what_is_no_number_is_no_signal(value: Json) -> None:
    assert raw_signal(finding("localizer", data={"signal": value})) is None


def test_a_finding_without_a_signal_is_read_by_its_score() -> None:
    scored = Finding("cnn", "1", FindingStatus.OK, "", score=0.25)
    assert raw_signal(scored) == 0.25
    failed = Finding("cnn", "1", FindingStatus.FAILED, "", score=0.25)
    assert raw_signal(failed) is None


codes = st.lists(st.sampled_from([*WEIGHTS]), max_size=6)
numbers = st.floats(-20, 20)


@given(codes, numbers, numbers, numbers, st.sampled_from([None, 30, 90]))
def test_more_of_a_signal_never_lowers_the_score(
    some: list[str], first: float, second: float, other: float, quality: int | None
) -> None:
    low, high = sorted((first, second))
    below = fused(*some, localizer=low, copy_move=other, quality=quality)
    above = fused(*some, localizer=high, copy_move=other, quality=quality)
    assert below.log_odds <= above.log_odds + 1e-9


@given(codes, numbers | st.none(), numbers | st.none(), st.integers(1, 3000))
def test_the_score_is_always_clamped_and_told(
    some: list[str], localizer: float | None, copy_move: float | None, side: int
) -> None:
    found = fused(*some, localizer=localizer, copy_move=copy_move, side=side)
    assert 0.01 <= found.score <= 0.99
    assert found.reasons
