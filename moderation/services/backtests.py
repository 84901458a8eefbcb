"""Back-tests: asked for by people, done in parts by workers, never acting.

A part looks at ``PART`` analyses, then the back-test waits its turn again behind the
analyses that came in meanwhile. What is counted is stored after every batch, so a part
that is lost with its worker is done again from there.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from moderation import backtest_selectors, backtest_tally
from moderation.exceptions import InvalidPolicyError
from moderation.models import BacktestState, PolicyBacktest, PolicyVersion
from moderation.models.backtests import PENDING_BACKTEST
from moderation.policy_selectors import loaded_evidence
from moderation.services.audit import record
from moderation.services.permissions import require
from moderation.services.policies import as_dict

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User
    from moderation.backtest_tally import Comparison

logger = logging.getLogger(__name__)

MOST_ANALYSES = 10_000
BATCH = 200
PART = 1000
# A waiting one that no worker has begun for so long is offered to the engine again.
WAITS_LONG = timedelta(minutes=2)


def start_backtest(*, version: PolicyVersion, size: int, actor: User) -> PolicyBacktest:
    """Have a version tested on the last ``size`` analyses; one that runs goes on.

    Raises
    ------
    InvalidPolicyError
        The number makes no sense.
    NotAllowedError
        The person may not change policies.
    """
    require(actor, "moderation.change_policy", _("test policies"))
    if not 1 <= size <= MOST_ANALYSES:
        raise InvalidPolicyError(
            _("Choose a number of analyses from 1 to %(most)d.")
            % {"most": MOST_ANALYSES}
        )
    with transaction.atomic():
        locked = (
            PolicyVersion.objects.select_for_update(of=("self",))
            .select_related("policy", "queue")
            .get(pk=version.pk)
        )
        pending = locked.backtests.filter(state__in=PENDING_BACKTEST).first()
        if pending is not None:
            return pending
        backtest = PolicyBacktest(
            version=locked,
            says=as_dict(locked),
            size=size,
            result=backtest_tally.empty_result(),
            requested_by=actor,
            requested_by_name=str(actor),
        )
        backtest.total = backtest_selectors.count_analyses(backtest)
        backtest.save(force_insert=True)
        record(
            "backtest_started",
            actor=actor,
            policy=locked.policy,
            version=locked.number,
            backtest=str(backtest.pk),
            size=size,
        )
        transaction.on_commit(lambda: _enqueue(backtest.pk))
    return backtest


def cancel_backtest(*, backtest: PolicyBacktest, actor: User) -> PolicyBacktest:
    """End a back-test early; what it has counted until now is kept."""
    require(actor, "moderation.change_policy", _("test policies"))
    with transaction.atomic():
        locked = (
            PolicyBacktest.objects.select_for_update(of=("self",))
            .select_related("version__policy")
            .get(pk=backtest.pk)
        )
        if not locked.is_pending:
            raise InvalidPolicyError(_("This back-test has ended already."))
        PolicyBacktest.objects.filter(pk=locked.pk).update(
            **_ended(BacktestState.CANCELLED)
        )
        record(
            "backtest_cancelled",
            actor=actor,
            policy=locked.version.policy,
            backtest=str(locked.pk),
            done=locked.done,
        )
    locked.refresh_from_db()
    return locked


def run_backtest_part(*, backtest_id: UUID) -> None:
    """Do the next part of a back-test, if it still waits for one."""
    token = uuid4()
    taken = PolicyBacktest.objects.filter(
        pk=backtest_id, state=BacktestState.QUEUED
    ).update(
        state=BacktestState.RUNNING,
        token=token,
        seen_at=timezone.now(),
        attempts=F("attempts") + 1,
    )
    if not taken:
        return
    backtest = PolicyBacktest.objects.select_related("version__policy").get(
        pk=backtest_id
    )
    try:
        goes_on = _do_part(backtest, token)
    except Exception:
        _give_up(backtest, token, _("It failed. The worker's log says why."))
        raise
    if goes_on and _hand_back(backtest, token, attempts=0):
        _enqueue(backtest.pk)


def recover_backtests(*, now: datetime | None = None) -> int:
    """Queue again what a lost worker or a lost job left behind; return how many.

    Safe to call from every worker as often as wanted: each change names the part that
    it ends, and one queued twice is run once.
    """
    now = now or timezone.now()
    count = 0
    for backtest in list(_silent(now)):
        if backtest.attempts >= settings.MAX_ATTEMPTS:
            _give_up(backtest, backtest.token, _("Its worker was lost several times."))
        elif _hand_back(backtest, backtest.token, attempts=backtest.attempts):
            _enqueue(backtest.pk)
            count += 1
    waiting = PolicyBacktest.objects.filter(
        state=BacktestState.QUEUED, seen_at__lt=now - WAITS_LONG
    )
    for key in list(waiting.values_list("pk", flat=True)):
        # Of several workers that see the same row, the one whose update counts acts.
        if waiting.filter(pk=key).update(seen_at=now):
            _enqueue(key)
            count += 1
    return count


def _silent(now: datetime) -> QuerySet[PolicyBacktest]:
    return PolicyBacktest.objects.filter(
        state=BacktestState.RUNNING,
        seen_at__lt=now - timedelta(seconds=settings.LEASE_SECONDS),
    )


def _enqueue(backtest_id: UUID) -> None:
    try:
        import_string(settings.BACKTEST_TASK).enqueue(str(backtest_id))
    except Exception:  # any engine's error: recover_backtests() tries again
        logger.exception("back-test %s could not be handed to the queue", backtest_id)


def _do_part(backtest: PolicyBacktest, token: UUID) -> bool:
    """Return whether more is to come; not so if somebody ended it, or took it over."""
    comparison = backtest_selectors.comparison_for(backtest)
    for _batch in range(PART // BATCH):
        looked = _do_batch(backtest, comparison)
        is_over = looked < BATCH or backtest.done >= backtest.size
        ending = _ended(BacktestState.COMPLETED) if is_over else {}
        counted = {
            "done": backtest.done,
            "cursor": backtest.cursor,
            "result": backtest.result,
            "seen_at": timezone.now(),
            "attempts": 1,  # it gets on: only a part that never does is given up
        }
        is_kept = _held(backtest, token).update(**counted | ending)
        if is_over or not is_kept:
            return False
    return True


def _do_batch(backtest: PolicyBacktest, comparison: Comparison) -> int:
    analyses = backtest_selectors.next_batch(backtest, BATCH)
    outcomes = backtest_selectors.outcomes_of(
        analyses, organization_id=backtest.version.policy.organization_id
    )
    for analysis in analyses:
        backtest_tally.add(
            backtest.result,
            comparison,
            analysis,
            loaded_evidence(analysis),
            outcomes.get(analysis.image.sha256, ""),
        )
    if analyses:
        last = analyses[-1]
        backtest.cursor = [last.queued_at.isoformat(), str(last.pk)]
    backtest.done += len(analyses)
    return len(analyses)


def _held(backtest: PolicyBacktest, token: UUID | None) -> QuerySet[PolicyBacktest]:
    """Return the row as long as this part of the work is still the one that counts."""
    return PolicyBacktest.objects.filter(
        pk=backtest.pk, state=BacktestState.RUNNING, token=token
    )


def _hand_back(backtest: PolicyBacktest, token: UUID | None, *, attempts: int) -> bool:
    waiting = {"state": BacktestState.QUEUED, "token": None, "attempts": attempts}
    return bool(_held(backtest, token).update(**waiting, seen_at=timezone.now()))


def _give_up(backtest: PolicyBacktest, token: UUID | None, because: str) -> None:
    logger.warning("back-test %s: %s", backtest.pk, because)
    failed = _ended(BacktestState.FAILED) | {"error": because}
    _held(backtest, token).update(**failed)


def _ended(state: BacktestState) -> dict[str, Any]:
    return {"state": state, "token": None, "finished_at": timezone.now()}
