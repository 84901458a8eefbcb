"""The worker in this process: what it takes, tidies and leaves alone."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from accounts.services import create_demo_users
from config.pruning import prune_jobs
from config.tasks import analyze_image
from forensics.demo import Truth, make_pictures
from forensics.models import Analysis, Worker
from forensics.states import AnalysisStatus
from moderation.models import BacktestState, Case
from moderation.services import create_policy
from moderation.services.backtests import start_backtest
from tests.factories import make_analysis, make_queued_analysis

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User


@pytest.mark.django_db(transaction=True)
def test_demo_shows_forged_and_real_pictures_and_opens_cases() -> None:
    create_demo_users()
    said = StringIO()

    call_command("demo", stdout=said)
    call_command("demo", stdout=said)  # the same bytes again: known, not run again

    made = {picture.name: picture for picture in make_pictures()}
    assert Analysis.objects.count() == len(made) == 12
    verdicts = dict(
        Analysis.objects.values_list("image__submissions__original_name", "verdict")
    )
    assert {a.status for a in Analysis.objects.all()} == {AnalysisStatus.COMPLETED}
    assert verdicts["coffee.jpg"] in {"authentic", "inconclusive"}
    assert verdicts["portrait.png"] == verdicts["declared.webp"] == "fake"
    assert verdicts["cropped.jpg"] in {"suspicious", "fake"}
    real = [name for name, picture in made.items() if picture.truth is Truth.REAL]
    assert not {verdicts[name] for name in real} & {"suspicious", "fake"}
    flagged = [v for v in verdicts.values() if v in {"suspicious", "fake"}]
    assert Case.objects.count() == len(flagged) >= 5
    assert all(name in said.getvalue() for name in made)
    assert not Worker.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_job_of_a_finished_analysis_does_nothing() -> None:
    analysis = make_queued_analysis()
    Analysis.objects.update(status=AnalysisStatus.FAILED, error_code="damaged")
    analyze_image.enqueue(str(analysis.id))

    call_command("worker", once=True)

    analysis.refresh_from_db()
    assert (analysis.status, analysis.attempts) == (AnalysisStatus.FAILED, 0)
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_back_tests(administrator: User) -> None:
    make_analysis()
    policy = create_policy(name="Tested", actor=administrator)
    version = policy.versions.get()
    backtest = start_backtest(version=version, size=10, actor=administrator)

    call_command("worker", once=True)

    backtest.refresh_from_db()
    assert (backtest.state, backtest.done) == (BacktestState.COMPLETED, 1)


@pytest.mark.django_db
def test_only_jobs_that_nobody_needs_are_pruned() -> None:
    now = timezone.now()
    old, fresh = now - timedelta(days=2), now - timedelta(minutes=1)
    _job(TaskResultStatus.SUCCESSFUL, finished_at=old)
    _job(TaskResultStatus.FAILED, finished_at=old)
    _job(TaskResultStatus.RUNNING, started_at=old)
    kept = {
        _job(TaskResultStatus.SUCCESSFUL, finished_at=fresh),
        _job(TaskResultStatus.RUNNING, started_at=fresh),
        _job(TaskResultStatus.READY),
    }

    assert prune_jobs(now=now) == 3

    assert set(DBTaskResult.objects.values_list("id", flat=True)) == kept


def _job(status: TaskResultStatus, **times: object) -> UUID:
    analyze_image.enqueue("00000000-0000-0000-0000-000000000000")
    job = DBTaskResult.objects.latest("enqueued_at")
    DBTaskResult.objects.filter(id=job.id).update(status=status, **times)
    return job.id
