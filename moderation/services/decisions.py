"""Decisions: made with a claim, taken back within seconds, withdrawn by leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from forensics.language import retold
from moderation.exceptions import (
    InvalidDecisionError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import (
    MAX_NOTE,
    Case,
    CaseKind,
    Decision,
    SecondReview,
    Withdrawal,
)
from moderation.policies import problem_with_decision
from moderation.selectors import undecided_case_of
from moderation.services import quality
from moderation.services.claims import forget_viewer
from moderation.services.permissions import require
from moderation.services.search import refresh_remarks
from moderation.services.transitions import (
    CLAIM_LENGTH,
    MAX_BECAUSE,
    check_token,
    lock,
    lock_all,
    move,
    on_record,
    take,
)
from moderation.services.withdrawals import take_back, withdraw
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.services.transitions import Log

# So long a decision can be taken back by whoever made it, and nobody outside is told.
GRACE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of a picture."""

    outcome: str
    reason: str
    note: str = ""

    def check(self) -> None:
        """Refuse what lacks something or contradicts itself."""
        problem = problem_with_decision(
            outcome=self.outcome, reason=self.reason, note=self.note, max_note=MAX_NOTE
        )
        if problem:
            raise InvalidDecisionError(retold(problem))


def decide_case(  # noqa: PLR0913 - what a decision consists of, each by its name
    *,
    case_id: UUID,
    actor: User,
    outcome: str,
    reason: str,
    note: str = "",
    analysis_id: UUID | None = None,
    token: UUID | None = None,
) -> Decision:
    """Decide a case; an open one is claimed on the way.

    ``analysis_id`` is the analysis whose evidence the person looked at; a decision
    must not be recorded on evidence that they have not seen. ``token`` is the one of
    their claim: with it, a claim that ended meanwhile is refused.

    Raises
    ------
    NotAllowedError, ClaimError, TransitionError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, "moderation.decide_case", _("decide cases"))
    verdict = Verdict(outcome, reason, note)
    verdict.check()
    with on_record() as log:
        case = lock(case_id)
        check_token(case, actor=actor, token=token)
        refuse_unseen_evidence(case, analysis_id)
        decision = decide_locked(case, actor=actor, verdict=verdict, log=log)
        forget_viewer(case_id=case.pk, actor=actor)
    return decision


def refuse_unseen_evidence(case: Case, analysis_id: UUID | None) -> None:
    """Keep a decision from resting on evidence that the person has not seen."""
    if analysis_id is not None and case.analysis_id != analysis_id:
        raise TransitionError(
            _(
                "A newer analysis has finished since you opened this case. Look at its "
                "evidence, then decide again."
            )
        )


def decide_locked(
    case: Case, *, actor: User, verdict: Verdict, log: Log, batch: UUID | None = None
) -> Decision:
    """Claim and decide a locked case; what was decided before stays as withdrawn."""
    take(case, actor=actor, log=log)
    refuse_own_proposal(case, actor=actor, outcome=verdict.outcome)
    decision = _decision(case, actor, verdict)
    decision.batch = batch
    replaced = _replace(case, decision)
    move(case, CaseStatus.DECIDED)
    case.outcome, case.decided_at = verdict.outcome, decision.created_at
    case.full_clean(exclude=["image", "analysis", "policy"])
    case.save()
    decision.full_clean(exclude=["case", "analysis"])
    decision.save(force_insert=True)
    if decision.note:
        refresh_remarks(image_id=case.image_id)
    log.add(
        "case_decided",
        actor=actor,
        case=case,
        decision=str(decision.id),
        outcome=verdict.outcome,
        reason=verdict.reason,
        **({"replaces": str(replaced.id)} if replaced else {}),
        **({"batch": str(batch)} if batch else {}),
    )
    quality.after_decision(case=case, decision=decision, replaced=replaced, log=log)
    return decision


def refuse_own_proposal(case: Case, *, actor: User, outcome: str) -> None:
    """Keep a policy's author from being the one who approves what it proposes."""
    version = case.policy_version
    if (
        version is not None
        and case.proposed_outcome == outcome
        and version.created_by_id == actor.pk
    ):
        raise NotAllowedError(
            _(
                "You wrote the policy that proposes this, so somebody else has to "
                "approve it. You can decide otherwise, or pass the case on."
            )
        )


def undo_decision(*, decision_id: UUID, actor: User) -> Case:
    """Take one's own decision back within ``GRACE``, with all decided together.

    The case is claimed again by the same person, with a new token; other cases of the
    same batch wait again for whoever comes.

    Raises
    ------
    NotAllowedError, TransitionError
        It is not theirs, too late, or something has happened since.
    """
    require(actor, "moderation.decide_case", _("take decisions back"))
    asked = Decision.objects.get(pk=decision_id)
    together = Decision.objects.filter(pk=decision_id)
    if asked.batch is not None:
        together = Decision.objects.filter(batch=asked.batch)
    with on_record() as log:
        cases = {c.pk: c for c in lock_all(together.values_list("case_id", flat=True))}
        for decision in together.order_by("case_id"):
            case = cases[decision.case_id]
            _refuse_unless_fresh(decision, case, actor)
            take_back(decision, case, actor)
            if decision.pk == decision_id:
                move(case, CaseStatus.CLAIMED)
                case.claimed_by, case.claim_token = actor, uuid4()
                case.claim_expires_at = timezone.now() + CLAIM_LENGTH
            else:
                move(case, CaseStatus.APPEALED if case.outcome else CaseStatus.OPEN)
            case.full_clean(exclude=["image", "analysis", "policy"])
            case.save()
            log.add(
                "decision_undone", actor=actor, case=case, decision=str(decision.id)
            )
            quality.after_withdrawal(case=case, decision=decision, actor=actor, log=log)
    return cases[asked.case_id]


def reopen_case(*, case_id: UUID, actor: User, because: str) -> Case:
    """Withdraw the decision in force and put the case back into the queue."""
    require(actor, "moderation.reopen_case", _("reopen cases"))
    if not because.strip():
        raise InvalidDecisionError(_("Say why the case is reopened."))
    with on_record() as log:
        case = lock(case_id)
        if case.status == CaseStatus.DECIDED:
            _refuse_beside_newer(case)
        move(case, CaseStatus.OPEN, only_from=(CaseStatus.DECIDED,))
        case.outcome, case.decided_at = "", None
        case.save()
        decision = case.decisions.get(withdrawn_at__isnull=True)
        withdraw(decision, actor, Withdrawal.REOPENED)
        log.add(
            "case_reopened",
            actor=actor,
            case=case,
            because=because.strip()[:MAX_BECAUSE],
        )
        quality.after_withdrawal(case=case, decision=decision, actor=actor, log=log)
    return case


def _decision(case: Case, actor: User, verdict: Verdict) -> Decision:
    analysis, now = case.analysis, timezone.now()
    return Decision(
        organization_id=case.organization_id,
        case=case,
        analysis=analysis,
        image_sha256=case.image.sha256,
        outcome=verdict.outcome,
        reason=verdict.reason,
        note=verdict.note.strip(),
        decided_by=actor,
        decided_by_name=str(actor),
        machine_verdict=analysis.verdict if analysis else "",
        machine_score=analysis.score if analysis else None,
        created_at=now,
        final_at=now + GRACE,
    )


def _replace(case: Case, decision: Decision) -> Decision | None:
    """Withdraw the decision that an appealed case had until now."""
    standing = case.decisions.filter(withdrawn_at=None).first()
    if standing is not None and decision.decided_by is not None:
        same = standing.outcome == decision.outcome
        why = Withdrawal.CONFIRMED if same else Withdrawal.OVERTURNED
        # The same moment as the new one's: an undo knows what to put in force again.
        withdraw(standing, decision.decided_by, why, at=decision.created_at)
    return standing


def _refuse_unless_fresh(decision: Decision, case: Case, actor: User) -> None:
    if decision.decided_by_id != actor.pk:
        raise NotAllowedError(
            _("%(person)s made this decision; only they can take it back at once.")
            % {"person": decision.decided_by_name}
        )
    if decision.withdrawn_at is not None:
        raise TransitionError(_("This decision is withdrawn already."))
    if SecondReview.objects.filter(replacement=decision).exists():
        raise TransitionError(
            _("It follows from the answer to a check. Take that answer back instead.")
        )
    if decision.final_at <= timezone.now():
        raise TransitionError(
            _(
                "The %(seconds)d seconds in which a decision can be taken back are "
                "over. A lead can reopen the case."
            )
            % {"seconds": GRACE.seconds}
        )
    if case.status != CaseStatus.DECIDED:
        raise TransitionError(
            _("Something has happened to this case since: it is %(state)s.")
            % {"state": CaseStatus(case.status).label.lower()}
        )
    _refuse_beside_newer(case)


def _refuse_beside_newer(case: Case) -> None:
    """Keep a picture from having two undecided cases of the regular kind."""
    if case.kind != CaseKind.REGULAR:
        return
    other = undecided_case_of(case.image_id)
    if other is not None:
        raise TransitionError(
            _("%(case)s of the same picture is already in the queue.") % {"case": other}
        )
