"""Everything that people and time do to cases, by name, for random sequences.

A new action is one more entry of ``ACTIONS``; the sequences take it from there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import User
from moderation import services
from moderation.exceptions import NotAllowedError
from moderation.models import Case, Decision
from moderation.services.decisions import Verdict
from moderation.states import CaseStatus

OUTCOMES = {
    "fake": "content_edited",
    "authentic": "no_trace_found",
    "cannot_tell": "quality_too_low",
}
BECAUSE = "somebody else knows this place"


@dataclass
class World:
    """Some cases that belong together, some people, and the tokens they were given."""

    cases: list[Case]
    people: list[User]
    tokens: dict[tuple[UUID, int], UUID] = field(default_factory=dict)

    def person(self, which: int, who: int) -> User:
        """Return one of the people; every other time whoever holds the case."""
        if who < len(self.people):
            return self.people[who]
        holder = Case.objects.get(pk=self.cases[which].pk).claimed_by
        return holder or self.people[who - len(self.people)]

    def token(self, case: Case, actor: User) -> UUID:
        return self.tokens.get((case.pk, actor.pk)) or uuid4()


Act = Callable[[World, Case, User, str], object]


def keep(world: World, actor: User, case: Case | None) -> None:
    if case is not None and case.claim_token is not None:
        world.tokens[case.pk, actor.pk] = case.claim_token


def claim(world: World, case: Case, actor: User, outcome: str) -> None:
    keep(world, actor, services.claim_case(case_id=case.pk, actor=actor))


def claim_next(world: World, case: Case, actor: User, outcome: str) -> None:
    keep(world, actor, services.claim_next(actor=actor))


def claim_preferred(world: World, case: Case, actor: User, outcome: str) -> None:
    keep(world, actor, services.claim_next(actor=actor, prefer=case.pk))


def decide(world: World, case: Case, actor: User, outcome: str) -> None:
    services.decide_case(
        case_id=case.pk, actor=actor, outcome=outcome, reason=OUTCOMES[outcome]
    )


def decide_with_token(world: World, case: Case, actor: User, outcome: str) -> None:
    """Show the token that this person was given last, stale or not."""
    services.decide_case(
        case_id=case.pk,
        actor=actor,
        outcome=outcome,
        reason=OUTCOMES[outcome],
        token=world.token(case, actor),
    )


def decide_together(world: World, case: Case, actor: User, outcome: str) -> None:
    services.decide_together(
        case_id=case.pk,
        seen={one.pk: one.analysis_id for one in world.cases},
        actor=actor,
        verdict=Verdict(outcome, OUTCOMES[outcome]),
    )


def undo(world: World, case: Case, actor: User, outcome: str) -> None:
    newest = Decision.objects.filter(case=case).order_by("-created_at", "-id").first()
    if newest is not None:
        undone = services.undo_decision(decision_id=newest.pk, actor=actor)
        keep(world, actor, undone)


def appeal(world: World, case: Case, actor: User, outcome: str) -> None:
    services.open_appeal(case_id=case.pk, actor=actor, because=BECAUSE)


def newest_check(case: Case) -> Case | None:
    """Return what was opened last to check a case: a second review or a tie-break."""
    return case.checks.order_by("-opened_at", "-pk").first()


def decide_check(world: World, case: Case, actor: User, outcome: str) -> None:
    """Have it decided by this person, or by the next who may."""
    if (check := newest_check(case)) is None:
        return
    start = world.people.index(actor)
    for person in (*world.people[start:], *world.people[:start]):
        with contextlib.suppress(NotAllowedError):
            decide(world, check, person, outcome)
            return


def undo_check(world: World, case: Case, actor: User, outcome: str) -> None:
    """Have whoever decided it take it back."""
    check = newest_check(case)
    newest = check.decisions.first() if check is not None else None
    if check is not None and newest is not None and newest.decided_by is not None:
        undo(world, check, newest.decided_by, outcome)


def pass_check_on(world: World, case: Case, actor: User, outcome: str) -> None:
    if (check := newest_check(case)) is not None:
        services.escalate_case(case_id=check.pk, actor=actor, because=BECAUSE)


def a_minute_passes(world: World, case: Case, actor: User, outcome: str) -> None:
    then = timezone.now() - timedelta(seconds=30)
    Decision.objects.update(final_at=then)
    Case.objects.filter(available_from__gt=then).update(available_from=then)


def claims_run_out(world: World, case: Case, actor: User, outcome: str) -> None:
    """Let time pass without anybody looking."""
    past = timezone.now() - timedelta(seconds=1)
    Case.objects.filter(status=CaseStatus.CLAIMED).update(claim_expires_at=past)


def holds_run_out(world: World, case: Case, actor: User, outcome: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    held = Case.objects.filter(status=CaseStatus.HELD, held_until__isnull=False)
    held.update(held_until=past)


def the_pulse(world: World, case: Case, actor: User, outcome: str) -> None:
    services.release_expired_claims()
    services.resume_ended_holds()


def hold_for_a_day(world: World, case: Case, actor: User, outcome: str) -> None:
    until = timezone.now() + timedelta(days=1)
    services.hold_case(case_id=case.pk, actor=actor, because=BECAUSE, until=until)


def skip_with_token(world: World, case: Case, actor: User, outcome: str) -> None:
    services.skip_case(
        case_id=case.pk,
        actor=actor,
        because=BECAUSE,
        token=world.token(case, actor),
    )


# What time does goes past the services, and leaves no record.
UNRECORDED = {"a minute passes", "claims run out", "holds run out"}
ACTIONS: Mapping[str, Act] = {
    "claim": claim,
    "claim next": claim_next,
    "claim preferred": claim_preferred,
    "renew": lambda _w, c, a, _o: services.renew_claim(case_id=c.pk, actor=a),
    "release": lambda _w, c, a, _o: services.release_case(case_id=c.pk, actor=a),
    "release with token": lambda w, c, a, _o: services.release_case(
        case_id=c.pk, actor=a, token=w.token(c, a)
    ),
    "decide": decide,
    "decide with token": decide_with_token,
    "decide together": decide_together,
    "undo": undo,
    "skip": lambda _w, c, a, _o: services.skip_case(
        case_id=c.pk, actor=a, because=BECAUSE
    ),
    "skip with token": skip_with_token,
    "hold": lambda _w, c, a, _o: services.hold_case(
        case_id=c.pk, actor=a, because=BECAUSE
    ),
    "hold for a day": hold_for_a_day,
    "resume": lambda _w, c, a, _o: services.resume_case(case_id=c.pk, actor=a),
    "escalate": lambda _w, c, a, _o: services.escalate_case(
        case_id=c.pk, actor=a, because=BECAUSE
    ),
    "assign": lambda w, c, a, _o: services.assign_case(
        case_id=c.pk, actor=a, username=w.people[1].username
    ),
    "hand back": lambda _w, c, a, _o: services.hand_back_case(case_id=c.pk, actor=a),
    "comment": lambda w, c, a, _o: services.comment_on_case(
        case_id=c.pk, actor=a, text=f"@{w.people[0].username}, look again"
    ),
    "reopen": lambda _w, c, a, _o: services.reopen_case(
        case_id=c.pk, actor=a, because=BECAUSE
    ),
    "appeal": appeal,
    "decide the check": decide_check,
    "undo the check": undo_check,
    "pass the check on": pass_check_on,
    "a minute passes": a_minute_passes,
    "claims run out": claims_run_out,
    "holds run out": holds_run_out,
    "the pulse": the_pulse,
}
