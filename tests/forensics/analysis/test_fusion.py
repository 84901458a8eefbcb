"""Fusion: the documented bands, the decisive codes, and its properties."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forensics.analysis.fusion import (
    WEIGHTS,
    Fusion,
    clamped_score,
    fuse,
    verdict_of,
)
from forensics.analysis.types import Finding, FindingStatus, Json, Verdict


def finding(
    analyzer: str = "metadata",
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
        data=data or {},
    )


def fused(*codes: str, log_odds: Json = None, side: int = 1000) -> Fusion:
    cnn = finding("cnn", data={"log_odds": log_odds})
    return fuse((finding(codes=codes), cnn), width=side, height=side)


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((), Verdict.INCONCLUSIVE),
        (("metadata_stripped",), Verdict.INCONCLUSIVE),
        (("raw_developer",), Verdict.INCONCLUSIVE),
        (("camera_original",), Verdict.AUTHENTIC),
        (("editing_software",), Verdict.SUSPICIOUS),
        (("editing_software", "photoshop_resources"), Verdict.SUSPICIOUS),
        (("thumbnail_mismatch",), Verdict.SUSPICIOUS),
        (("thumbnail_mismatch", "editing_software"), Verdict.FAKE),
        (("ai_generated",), Verdict.FAKE),
        (("ai_watermark",), Verdict.FAKE),
        (("ai_composite",), Verdict.FAKE),
    ],
)
def test_codes_lead_to_their_band(codes: tuple[str, ...], verdict: Verdict) -> None:
    assert fused(*codes).verdict is verdict


@pytest.mark.parametrize(
    ("score", "verdict"),
    [
        (0.01, Verdict.AUTHENTIC),
        (0.1999, Verdict.AUTHENTIC),
        (0.20, Verdict.INCONCLUSIVE),
        (0.6499, Verdict.INCONCLUSIVE),
        (0.65, Verdict.SUSPICIOUS),
        (0.8999, Verdict.SUSPICIOUS),
        (0.90, Verdict.FAKE),
        (0.99, Verdict.FAKE),
    ],
)
def test_bands_begin_at_their_bounds(score: float, verdict: Verdict) -> None:
    assert verdict_of(score) is verdict


def test_the_network_alone_neither_convicts_nor_acquits() -> None:
    assert fused(log_odds=50.0).verdict is Verdict.INCONCLUSIVE
    assert fused(log_odds=-50.0).verdict is Verdict.INCONCLUSIVE


def test_a_network_with_next_to_no_say_does_not_hide_that_nothing_was_found() -> None:
    codes = [
        [reason.code for reason in fused(log_odds=odds).reasons] for odds in (0.04, 0.4)
    ]
    assert ["no_trace_found" in found for found in codes] == [True, False]


@pytest.mark.parametrize("value", [None, "1", math.nan, math.inf, [1.0]])
def test_a_network_without_a_number_says_nothing(value: Json) -> None:
    assert fused(log_odds=value).score == 0.5


def test_error_levels_have_no_weight() -> None:
    ela = Finding("ela", "1", FindingStatus.OK, "bright", score=1.0)
    assert fuse((ela,), width=500, height=500).score == 0.5


def test_small_pictures_are_inconclusive_and_say_why() -> None:
    found = fused("thumbnail_mismatch", "editing_software", side=127)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "too_small" in {reason.code for reason in found.reasons}
    assert fused("thumbnail_mismatch", "editing_software", side=128).verdict is (
        Verdict.FAKE
    )


def test_what_a_file_says_of_itself_holds_at_any_size() -> None:
    assert fused("ai_generated", side=16).verdict is Verdict.FAKE
    assert fused("ai_watermark", side=16).verdict is Verdict.FAKE


def test_strong_signs_both_ways_are_for_a_person() -> None:
    found = fused("thumbnail_mismatch", "editing_software", "camera_original")
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "contradictory_evidence" in {reason.code for reason in found.reasons}


def test_reasons_come_by_weight_and_speak_plainly() -> None:
    found = fused("editing_software", "thumbnail_mismatch", "metadata_stripped")
    weights = [abs(reason.weight) for reason in found.reasons]
    assert weights == sorted(weights, reverse=True)
    assert found.reasons[0].code == "thumbnail_mismatch"
    assert all(reason.text.endswith(".") or reason.text for reason in found.reasons)


def test_one_crop_counts_once() -> None:
    found = fused("thumbnail_mismatch", "dimension_mismatch")
    assert found.verdict is Verdict.SUSPICIOUS
    assert found.score == fused("thumbnail_mismatch").score
    weights = {reason.code: reason.weight for reason in found.reasons}
    assert weights["dimension_mismatch"] == 0.0
    assert fused("dimension_mismatch").score > 0.5


@pytest.mark.parametrize(
    ("codes", "without"),
    [
        (("thumbnail_mismatch", "dimension_mismatch"), ("thumbnail_mismatch",)),
        (("editing_software", "dimension_mismatch"), None),
        (("editing_software",), None),
    ],
)
def test_an_edit_of_a_signed_file_is_no_graver_than_of_its_unsigned_twin(
    codes: tuple[str, ...], without: tuple[str, ...] | None
) -> None:
    signed = fused(*codes, "credential_mismatch")
    assert signed.verdict is Verdict.SUSPICIOUS
    least = max(fused(*(without or codes)).score, fused("credential_mismatch").score)
    assert signed.score == pytest.approx(least)
    reason = next(r for r in signed.reasons if r.code == "credential_mismatch")
    assert "counted already" in reason.text


@pytest.mark.parametrize("code", ["credential_broken", "credential_mismatch"])
def test_a_claim_that_does_not_check_counts_once(code: str) -> None:
    alone = fused("ai_declared_unverified")
    assert fused("ai_declared_unverified", code).score == alone.score
    assert alone.verdict is Verdict.SUSPICIOUS


def test_finding_nothing_is_said_not_to_be_proof() -> None:
    for found in (fused(), fused("camera_original")):
        texts = [r.text for r in found.reasons if r.code == "no_trace_found"]
        assert len(texts) == 1
        assert "not proof" in texts[0]
    codes = {reason.code for reason in fused("editing_software").reasons}
    assert "no_trace_found" not in codes


def test_failures_and_absences_are_reasons_without_weight() -> None:
    failed = finding("metadata", status=FindingStatus.FAILED)
    absent = finding("cnn", status=FindingStatus.NOT_APPLICABLE)
    found = fuse((failed, absent), width=500, height=500)
    assert {r.code: r.weight for r in found.reasons if r.code != "no_trace_found"} == {
        "metadata_failed": 0.0,
        "cnn_not_applicable": 0.0,
    }


def test_a_code_counts_once_however_many_analyzers_report_it() -> None:
    twice = (finding(codes=("editing_software",)),) * 2
    assert fuse(twice, width=500, height=500).score == fused("editing_software").score


some_codes = st.lists(st.sampled_from([*WEIGHTS, "unknown_code"]), max_size=12)


@given(some_codes, st.floats() | st.none(), st.integers(0, 5000))
def test_the_score_is_always_clamped_and_banded(
    codes: list[str], log_odds: float | None, side: int
) -> None:
    found = fused(*codes, log_odds=log_odds, side=side)
    assert 0.01 <= found.score <= 0.99
    assert found.verdict is verdict_of(found.score)
    assert found.reasons


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_the_score_never_falls_as_the_log_odds_rise(
    first: float, second: float
) -> None:
    low, high = sorted((first, second))
    assert clamped_score(low) <= clamped_score(high)


@given(st.floats(-3, 3), st.floats(-3, 3), some_codes)
def test_the_score_never_falls_as_the_network_grows_surer(
    first: float, second: float, codes: list[str]
) -> None:
    low, high = sorted((first, second))
    assert fused(*codes, log_odds=low).score <= fused(*codes, log_odds=high).score


@given(some_codes, st.sampled_from([c for c, w in WEIGHTS.items() if w.log_odds > 0]))
@example(["credential_mismatch", "credential_broken"], "editing_software")
def test_one_more_sign_of_editing_never_lowers_the_score(
    codes: list[str], more: str
) -> None:
    kept = [code for code in codes if code != "camera_original"]
    assert fused(*kept).score <= fused(*kept, more).score


def test_a_trace_without_a_weight_is_not_called_no_trace() -> None:
    copied = finding("copy_move", codes=("copy_move",), data={"signal": 3.5})
    codes = {r.code for r in fuse((copied,), width=500, height=500).reasons}
    assert "no_trace_found" not in codes
    assert "uncalibrated" in codes
