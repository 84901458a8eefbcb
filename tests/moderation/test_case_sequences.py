"""Any sequence of actions by several people keeps the cases consistent."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from moderation import services
from moderation.exceptions import ModerationError
from moderation.models import AuditEvent, Case, Decision
from moderation.states import CaseStatus
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from accounts.models import User

ACTIONS = ("claim", "release", "decide", "reopen", "expire")
steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), min_size=1, max_size=12
)


class CaseSequences(TestCase):
    """Two moderators and a lead act on one case in any order."""

    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(steps)
    def test_one_decision_in_force_and_every_change_on_record(
        self, sequence: list[tuple[str, int]]
    ) -> None:
        people = [make_user("moderator"), make_user("moderator"), make_user("lead")]
        case = make_case()
        for action, who in sequence:
            before = (case.status, case.outcome, case.claimed_by_id)
            recorded = AuditEvent.objects.count()
            with contextlib.suppress(ModerationError):
                self.act(action, case, people[who])
            case.refresh_from_db()
            if before != (case.status, case.outcome, case.claimed_by_id):
                assert AuditEvent.objects.count() > recorded
            in_force = Decision.objects.filter(case=case, withdrawn_at=None)
            assert in_force.count() == (case.status == CaseStatus.DECIDED)
            assert (case.claim_token is None) == (case.status != CaseStatus.CLAIMED)

    def act(self, action: str, case: Case, actor: User) -> None:
        if action == "expire":
            past = timezone.now() - timedelta(seconds=1)
            Case.objects.filter(status=CaseStatus.CLAIMED).update(claim_expires_at=past)
        elif action == "claim":
            services.claim_case(case_id=case.id, actor=actor)
        elif action == "release":
            services.release_case(case_id=case.id, actor=actor)
        elif action == "reopen":
            services.reopen_case(case_id=case.id, actor=actor, because="look again")
        else:
            services.decide_case(
                case_id=case.id, actor=actor, outcome="fake", reason="content_edited"
            )
