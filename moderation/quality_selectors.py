"""Reads: who may check whose decisions, what is mixed in for whom, which appeals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from forensics.selectors import images_visible_to
from moderation import blinding, selectors
from moderation.blinding import DECIDE, LEAD
from moderation.models import (
    Appeal,
    Case,
    CaseKind,
    Decision,
    GoldenAnswer,
    GoldenCheck,
    SecondReview,
)
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models.expressions import Combinable

    from moderation.models import Queue

# A picture with a known answer is not shown to the same person again before.
GOLDEN_REST = timedelta(days=90)
MOST_ANSWERS = 500


# --- Who may take what --------------------------------------------------------------
def is_lead(user: User | None) -> bool:
    """Return whether a person sees every decision, and settles disagreements."""
    return user is not None and user.has_perm(LEAD)


def cases_to_review(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """Leave out the checks that this person is not handed."""
    cases = blinding.cases_shown_to(cases, user)
    if not is_lead(user):
        return cases
    second = SecondReview.objects.filter(
        tiebreak=OuterRef("pk"), second__decided_by=user
    )
    # A lead's opinion is no unseen one, unless somebody asked for it.
    unseen = Q(kind=CaseKind.SECOND, escalated_at=None)
    return cases.exclude(unseen).exclude(Q(kind=CaseKind.TIEBREAK) & Exists(second))


def reason_not_to_review(case: Case, user: User) -> str:
    """Say why this person may not take a case that checks another; empty if they may.

    A case with a known answer must not give itself away: the words fit any case.
    """
    if case.available_from > timezone.now():
        return _("This case cannot be taken yet. Try again in a minute.")
    if case.kind == CaseKind.GOLDEN:
        is_theirs = GoldenCheck.objects.filter(case=case, person=user).exists()
        return "" if is_theirs else _("This case waits for somebody else.")
    if case.kind == CaseKind.SECOND:
        return _not_to_review_again(case, user)
    if case.kind == CaseKind.TIEBREAK:
        return _not_to_settle(case, user)
    return ""


def _not_to_review_again(case: Case, user: User) -> str:
    if is_lead(user) and case.escalated_at is None:
        return _(
            "This is a second opinion, to be given unseen. Leads see every decision, "
            "so somebody else gives it."
        )
    about = Decision.objects.filter(case__image=case.image_id, decided_by=user)
    if about.exclude(case=case).exists():
        return _("You have decided about this picture already. Somebody else does now.")
    return ""


def _not_to_settle(case: Case, user: User) -> str:
    if not is_lead(user):
        return _("Two people disagree about this picture. A lead decides.")
    answers = SecondReview.objects.filter(tiebreak=case)
    gave = Q(first__decided_by=user) | Q(second__decided_by=user)
    if answers.filter(gave).exists():
        return _("You gave one of the two answers. Another lead decides.")
    return ""


def has_second_reviewer(case: Case) -> bool:
    """Return whether anybody can give an unseen second opinion on a case."""
    about = Decision.objects.filter(
        case__image=case.image_id, decided_by=OuterRef("pk")
    )
    people = User.objects.with_perm(DECIDE, is_active=True).filter(
        ~Exists(about), organization=case.organization_id
    )
    leads = User.objects.with_perm(LEAD)
    people = people.exclude(pk__in=leads.values("pk"))
    members = case.queue.members.all()
    if members.exists():
        people = people.filter(pk__in=members.values("pk"))
    return people.exists()


def review_of(case: Case) -> SecondReview | None:
    """Return the second review that a case belongs to, as any of its three cases."""
    reviews = SecondReview.objects.select_related("case", "first", "second", "final")
    if case.kind == CaseKind.SECOND:
        return reviews.filter(case=case).first()
    if case.kind == CaseKind.TIEBREAK:
        return reviews.filter(tiebreak=case).first()
    return reviews.filter(first__case=case).first()


# --- Known answers ------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Draw:
    """One person's case of a day, by number; the same however often it is asked for."""

    person: int
    day: date
    number: int

    @property
    def parts(self) -> tuple[object, ...]:
        """What the draw is made from."""
        return (self.person, self.day.isoformat(), self.number)


def draw_of(user: User, *, now: datetime) -> Draw:
    """Return the draw of a person's next case: they have decided so many that day."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    made = Decision.objects.filter(decided_by=user, created_at__gte=start)
    return Draw(person=user.pk, day=start.date(), number=made.count() + 1)


def answers_for(user: User, *, queue: Queue) -> list[int]:
    """Return the known answers that can be mixed in for this person.

    Never of a picture that they decided about, whose answer they set, that they were
    given lately, or about which somebody has to decide just now.
    """
    image = OuterRef("image")
    decided = Decision.objects.filter(case__image=image, decided_by=user)
    given = GoldenCheck.objects.filter(
        answer__image=image, person=user, opened_at__gt=timezone.now() - GOLDEN_REST
    )
    waiting = Case.objects.filter(image=image, status__in=UNDECIDED)
    # One set by nobody we know any more is nobody's own.
    added = GoldenAnswer.objects.filter(image=image, added_by=user)
    found = GoldenAnswer.objects.filter(
        Q(queue=queue) | Q(queue=None),
        ~Exists(decided),
        ~Exists(given),
        ~Exists(waiting),
        ~Exists(added),
        is_active=True,
        image__organization=queue.organization_id,
    )
    return list(found.order_by("pk").values_list("pk", flat=True)[:MOST_ANSWERS])


def golden_check_of(case: Case, user: User) -> GoldenCheck | None:
    """Return what a person is told of a case of theirs that they have answered."""
    if case.kind != CaseKind.GOLDEN:
        return None
    checks = golden_checks_of(user).filter(case=case)
    return checks.first()


def golden_result_of(decision: Decision) -> GoldenCheck | None:
    """Return what whoever has just decided a case with a known answer is told."""
    if decision.case.kind != CaseKind.GOLDEN:
        return None
    return GoldenCheck.objects.select_related("answer").get(case=decision.case_id)


def golden_checks_of(user: User) -> QuerySet[GoldenCheck]:
    """Return a person's own answers to pictures with known ones, newest first."""
    own = GoldenCheck.objects.filter(person=user, matched__isnull=False)
    return own.select_related("answer", "case").order_by("-decided_at", "-pk")


def has_known_answer(image_id: UUID, *, but: GoldenAnswer | None = None) -> bool:
    """Return whether a picture has a known answer, other than ``but``."""
    answers = GoldenAnswer.objects.filter(image=image_id, is_active=True)
    if but is not None and but.pk is not None:
        answers = answers.exclude(pk=but.pk)
    return answers.exists()


# --- Appeals ------------------------------------------------------------------------
def appeals_visible_to(user: User) -> QuerySet[Appeal]:
    """Return the appeals this person may see: of the cases they see, or their own."""
    if not user.has_perm("moderation.view_appeal"):
        return Appeal.objects.none()
    appeals = as_told_to(
        Appeal.objects.select_related(
            "case__image", "decision", "resolving_decision", "opened_by"
        ),
        user,
    )
    if user.has_perm("moderation.view_case"):
        return appeals.filter(case__in=selectors.cases_visible_to(user).values("pk"))
    return appeals.filter(opened_by=user, case__organization=user.organization_id)


def as_told_to(appeals: QuerySet[Appeal], user: User) -> QuerySet[Appeal]:
    """Mark each appeal with whether this person may know its answer: ``is_told``.

    Whoever sees cases knows it at once. Anybody else learns it with the event
    ``appeal.resolved``: once the decision that gives it is final, and never if a lead
    reopened the case before that.
    """
    told: Combinable = Value(value=True)
    if not user.has_perm("moderation.view_case"):
        final_at = "resolving_decision__final_at"
        stood = Q(resolving_decision__withdrawn_at=None) | Q(
            resolving_decision__withdrawn_at__gte=F(final_at)
        )
        told = ExpressionWrapper(
            Q(**{f"{final_at}__lte": timezone.now()}) & stood,
            output_field=BooleanField(),
        )
    return appeals.annotate(is_told=told)


def appealable_cases(user: User) -> QuerySet[Case]:
    """Return the cases whose decisions this person may question."""
    if not user.has_perm("moderation.add_appeal"):
        return Case.objects.none()
    if user.has_perm(LEAD):
        return selectors.cases_visible_to(user).exclude(kind=CaseKind.GOLDEN)
    sent = images_visible_to(user).filter(submissions__submitted_by=user)
    return Case.objects.filter(
        kind=CaseKind.REGULAR,
        image__in=sent.values("pk"),
        organization=user.organization_id,
    )


def may_appeal(user: User, case: Case) -> bool:
    """Return whether this person may question the decision of a case."""
    return appealable_cases(user).filter(pk=case.pk).exists()


def open_appeal_of(case: Case) -> Appeal | None:
    """Return the appeal that waits for an answer, if there is one."""
    return Appeal.objects.filter(case=case, resolved_at=None).first()


def appeals_of(case: Case) -> QuerySet[Appeal]:
    """Return a case's appeals, newest first."""
    return case.appeals.select_related("decision", "resolving_decision")


def newest_first(appeals: QuerySet[Appeal]) -> QuerySet[Appeal]:
    """Order appeals: those that wait for an answer first."""
    far = timezone.now() + timedelta(days=1)
    return appeals.order_by(Coalesce(F("resolved_at"), far).desc(), "-opened_at", "-pk")
