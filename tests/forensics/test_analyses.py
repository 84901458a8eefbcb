"""The life of an analysis: leases, retries, results, all on a real database."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from forensics.exceptions import LeaseLostError
from forensics.heartbeat import Heartbeat
from forensics.models import Analysis, EvidenceFile, Image
from forensics.services import (
    recover_analyses,
    request_reanalysis,
    run_analysis,
)
from forensics.services.queue import lease_analysis, release_lease, renew_lease
from forensics.states import NEXT, AnalysisStatus
from moderation.models import Case
from moderation.services import flag_analysis
from tests.factories import make_queued_analysis
from tests.forensics.test_intake import picture, submit

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

pytestmark = pytest.mark.django_db


def run(analysis: Analysis) -> Analysis:
    run_analysis(analysis_id=analysis.id, on_completed=flag_analysis)
    analysis.refresh_from_db()
    return analysis


def lose_the_worker() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Analysis.objects.filter(status="running").update(lease_expires_at=past)


def test_a_result_is_written_whole_with_its_versions() -> None:
    receipt = submit(picture())
    analysis = run(receipt.analysis)
    assert analysis.status == AnalysisStatus.COMPLETED, analysis.error_detail
    assert analysis.verdict
    assert 0.01 <= analysis.score <= 0.99
    assert analysis.reasons
    assert analysis.pipeline_version
    assert "pillow" in analysis.codecs
    assert analysis.attempts == 1
    names = set(analysis.findings.values_list("analyzer", flat=True))
    assert {"ela", "metadata", "cnn"} <= names
    for file in EvidenceFile.objects.filter(analysis=analysis):
        assert default_storage.size(file.file.name) == file.byte_size
    assert {"preview", "thumbnail", "ela"} <= set(
        analysis.evidence_files.values_list("kind", flat=True)
    )
    image = Image.objects.get(pk=receipt.image.pk)
    assert image.current_analysis == analysis


def test_a_finished_analysis_is_not_run_again() -> None:
    analysis = run(submit(picture()).analysis)
    finished = analysis.finished_at
    assert run(analysis).finished_at == finished
    assert analysis.attempts == 1


def test_two_workers_cannot_hold_one_analysis() -> None:
    analysis = make_queued_analysis()
    assert lease_analysis(analysis_id=analysis.id) is not None
    assert lease_analysis(analysis_id=analysis.id) is None


def test_a_lost_workers_analysis_is_queued_again_and_finishes(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    analysis = submit(picture()).analysis
    lost = lease_analysis(analysis_id=analysis.id)
    assert lost is not None
    assert recover_analyses() == 0  # its lease still runs
    lose_the_worker()
    with django_capture_on_commit_callbacks(execute=True):
        assert recover_analyses() == 1
    assert DBTaskResult.objects.filter(args_kwargs__args=[str(analysis.id)]).exists()
    with pytest.raises(LeaseLostError):
        renew_lease(lost)
    assert run(analysis).status == AnalysisStatus.COMPLETED
    assert analysis.attempts == 2


def test_after_three_attempts_it_is_failed_with_the_reason() -> None:
    analysis = submit(picture()).analysis
    for _ in range(3):
        assert lease_analysis(analysis_id=analysis.id) is not None
        lose_the_worker()
        recover_analyses()
    analysis.refresh_from_db()
    assert analysis.status == AnalysisStatus.FAILED
    assert analysis.error_code == "gave_up"
    assert "3 attempts" in analysis.error_detail
    assert lease_analysis(analysis_id=analysis.id) is None


def test_a_job_the_engine_lost_is_handed_to_it_again() -> None:
    never = make_queued_analysis(queued_at=timezone.now() - timedelta(minutes=1))
    make_queued_analysis()  # just now: its job may be on the way
    assert recover_analyses() == 1
    assert DBTaskResult.objects.get().args_kwargs["args"] == [str(never.id)]
    assert recover_analyses() == 0


def test_a_worker_that_lost_its_lease_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    analysis = submit(picture()).analysis

    def taken_over(_: Analysis) -> None:
        raise LeaseLostError("taken over")

    run_analysis(analysis_id=analysis.id, on_completed=taken_over)
    analysis.refresh_from_db()
    assert analysis.status == AnalysisStatus.RUNNING
    assert not analysis.findings.exists()
    assert not Case.objects.exists()


def test_an_error_while_flagging_keeps_result_and_case_together(
    caplog: pytest.LogCaptureFixture,
) -> None:
    analysis = submit(picture()).analysis

    def broken(_: Analysis) -> None:
        raise RuntimeError("policies are broken")

    with caplog.at_level(logging.CRITICAL):
        run_analysis(analysis_id=analysis.id, on_completed=broken)
    analysis.refresh_from_db()
    assert analysis.status == AnalysisStatus.QUEUED
    assert not analysis.findings.exists()
    assert not EvidenceFile.objects.exists()


def test_a_picture_that_cannot_be_decoded_fails_with_plain_words() -> None:
    analysis = submit(picture()).analysis
    name = analysis.image.original.name
    default_storage.delete(name)
    with default_storage.open(name, "wb") as file:
        file.write(b"something else")
    assert run(analysis).status == AnalysisStatus.FAILED
    assert analysis.error_code == "damaged"
    assert "backup" in analysis.error_detail


def test_a_missing_original_is_tried_again_then_failed(
    settings: Settings,
) -> None:
    settings.MAX_ATTEMPTS = 2
    analysis = submit(picture()).analysis
    default_storage.delete(analysis.image.original.name)
    assert run(analysis).status == AnalysisStatus.QUEUED
    assert run(analysis).status == AnalysisStatus.FAILED
    assert "did not give" in analysis.error_detail


def test_releasing_a_lease_that_is_gone_changes_nothing() -> None:
    analysis = make_queued_analysis()
    lease = lease_analysis(analysis_id=analysis.id)
    assert lease is not None
    Analysis.objects.update(status="completed", lease_token=None)
    release_lease(lease, because="of a test")
    analysis.refresh_from_db()
    assert analysis.status == AnalysisStatus.COMPLETED


def test_a_reanalysis_keeps_the_old_result_and_becomes_the_current_one() -> None:
    first = run(submit(picture()).analysis)
    second = request_reanalysis(image=first.image, requested_by=None)
    assert request_reanalysis(image=first.image, requested_by=None) == second
    image = Image.objects.get()
    assert image.current_analysis == first  # until the new one is there
    run(second)
    image.refresh_from_db()
    assert image.current_analysis == second
    assert Analysis.objects.filter(status="completed").count() == 2


def test_the_state_table_names_every_state_and_ends() -> None:
    assert set(NEXT) == set(AnalysisStatus)
    for status in ("completed", "partial", "failed"):
        assert NEXT[AnalysisStatus(status)] == ()


def test_a_backlog_does_not_double_itself_while_a_worker_works() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    waiting = make_queued_analysis(dispatched_at=long_ago)
    running = make_queued_analysis()
    lease = lease_analysis(analysis_id=running.id)
    assert lease is not None
    assert recover_analyses() == 0
    release_lease(lease, because="of a test")
    assert recover_analyses() >= 1
    jobs = DBTaskResult.objects.filter(args_kwargs__args=[str(waiting.id)])
    assert jobs.count() == 1
    assert recover_analyses() == 0


def test_lowering_the_number_of_attempts_strands_nothing(settings: Settings) -> None:
    analysis = submit(picture()).analysis
    Analysis.objects.update(attempts=2)
    settings.MAX_ATTEMPTS = 1
    assert run(analysis).status == AnalysisStatus.COMPLETED


def test_the_newest_attempt_is_shown_while_there_is_no_result() -> None:
    first = submit(picture()).analysis
    Analysis.objects.update(status="failed")
    second = submit(picture()).analysis
    assert second != first
    assert Image.objects.get().current_analysis == second


def test_a_hang_is_noticed_at_the_limit_and_not_at_the_next_beat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LEASE_SECONDS, settings.ANALYSIS_TIME_LIMIT = 3600, 0.2
    ended = threading.Event()

    def lost() -> None:
        raise LeaseLostError("ends the thread that would have ended the process")

    monkeypatch.setattr("forensics.heartbeat.os._exit", lambda _: ended.set())
    with Heartbeat(lost):
        assert ended.wait(10)
