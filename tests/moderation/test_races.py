"""Several people at once, in real threads on a real database: exactly one wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from moderation import services
from moderation.exceptions import ModerationError
from moderation.models import AuditEvent, Case, Decision
from moderation.services.decisions import Verdict
from tests.factories import make_analysis, make_case, make_image, make_user
from tests.moderation.chain import assert_chain_is_whole

pytestmark = pytest.mark.django_db(transaction=True)
RIVALS, ROUNDS = 4, 5
FAKE = {"outcome": "fake", "reason": "content_edited"}


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each in a thread of its own, all started together; return what came back."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return act()
        except ModerationError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def rivals() -> list[User]:
    return [make_user("moderator") for _ in range(RIVALS)]


def decide(case: Case, person: User) -> Callable[[], Any]:
    return partial(services.decide_case, case_id=case.pk, actor=person, **FAKE)


def test_of_several_who_decide_one_case_exactly_one_does() -> None:
    people = rivals()
    for _ in range(ROUNDS):
        case = make_case()
        answers = at_once([decide(case, person) for person in people])
        won = [one for one in answers if isinstance(one, Decision)]
        refused = [one for one in answers if isinstance(one, ModerationError)]
        assert len(won) == 1
        assert len(refused) == RIVALS - 1
        assert Decision.objects.filter(case=case).count() == 1
        case.refresh_from_db()
        assert case.claimed_by == won[0].decided_by
    assert_chain_is_whole()


def test_of_several_who_claim_one_case_exactly_one_holds_it() -> None:
    people = rivals()
    for _ in range(ROUNDS):
        case = make_case()
        answers = at_once(
            [
                partial(services.claim_case, case_id=case.pk, actor=person)
                for person in people
            ]
        )
        won = [one for one in answers if isinstance(one, Case)]
        assert len(won) == 1
        claimed = AuditEvent.objects.filter(case=case, action="case_claimed")
        assert claimed.count() == 1


def test_several_who_start_reviewing_get_different_cases() -> None:
    people = rivals()
    cases = [make_case() for _ in range(RIVALS * ROUNDS)]
    taken: list[Any] = []
    for _ in range(ROUNDS):
        taken += at_once(
            [partial(services.claim_next, actor=person) for person in people]
        )
    assert Counter(case.pk for case in taken) == Counter(case.pk for case in cases)
    assert_chain_is_whole()


def test_a_decision_is_undone_once_however_often_the_button_is_pressed() -> None:
    person = make_user("moderator")
    case = make_case()
    decision = services.decide_case(case_id=case.pk, actor=person, **FAKE)
    answers = at_once(
        [
            partial(services.undo_decision, decision_id=decision.pk, actor=person)
            for _ in range(RIVALS)
        ]
    )
    assert sum(isinstance(one, Case) for one in answers) == 1
    assert AuditEvent.objects.filter(action="decision_undone").count() == 1


def test_two_who_decide_the_same_cases_together_do_not_wait_for_each_other() -> None:
    people = rivals()
    sender = make_user("integrator")
    for _ in range(ROUNDS):
        cases = [
            make_case(
                analysis=make_analysis(image=make_image(submitted_by=sender)),
                uploader=sender,
            )
            for _ in range(3)
        ]
        answers = at_once(
            [
                partial(
                    services.decide_together,
                    case_id=cases[number % 3].pk,
                    seen={case.pk: case.analysis_id for case in cases},
                    actor=person,
                    verdict=Verdict("fake", "content_edited"),
                )
                for number, person in enumerate(people)
            ]
        )
        won = [one for one in answers if isinstance(one, Decision)]
        assert len(won) == 1
        assert Decision.objects.filter(batch=won[0].batch).count() == 3
    assert_chain_is_whole()
