"""One of everything that an organization has."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import Organization
from accounts.tokens import issue_token
from forensics.models import Bank, BankEntry, TilePyramid, TilesStatus
from moderation import services
from moderation.models import (
    Appeal,
    BulkChange,
    GoldenAnswer,
    GoldenCheck,
    PolicyBacktest,
    Queue,
    SavedView,
)
from moderation.services.organizations import create_organization
from moderation.services.tags import tag_case
from tests import factories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User


@dataclass
class World:
    """An organization, its people, and one row of each kind by its model's name."""

    word: str
    organization: Organization
    people: dict[str, User]
    token: str
    rows: Mapping[str, Any]

    @property
    def ids(self) -> set[str]:
        """Every id that must not be seen elsewhere."""
        found = {row.pk for row in self.rows.values()}
        keys = {str(key) for key in found if isinstance(key, UUID)}
        return keys | {self.rows["image"].sha256}

    def shown_in(self, text: str, *, but: str = "") -> list[str]:
        """Return what of this organization a text holds, other than in ``but``."""
        low = text.lower()
        marks = {self.word, *self.ids} - {mark for mark in self.ids if mark in but}
        if self.word in but:
            marks.discard(self.word)
        return sorted(mark for mark in marks if mark in low)


def make_world(word: str, *, organization: Organization | None = None) -> World:
    """Make an organization of which every text holds ``word``."""
    here = organization or create_organization(
        organization=Organization(name=f"{word} house"), actor=None
    )
    people = _people(word, here)
    moderator, lead = people["moderator"], people["lead"]
    queue = Queue.objects.create(organization=here, slug=word, name=f"{word} queue")
    queue.members.add(moderator)
    image = factories.make_image(
        submitted_by=moderator, original_name=f"{word} cat.jpg"
    )
    analysis = factories.make_analysis(image=image)
    evidence = factories.make_evidence(analysis=analysis, kind="preview")
    case = factories.make_case(analysis=analysis, queue=queue, uploader=moderator)
    tag_case(case_id=case.pk, actor=moderator, name=f"{word} tag")
    said = services.comment_on_case(
        case_id=case.pk, actor=lead, text=f"{word}: look, @{moderator.username}"
    )
    other = factories.make_analysis(image=factories.make_image(submitted_by=moderator))
    decided = factories.make_case(analysis=other)
    decision = services.decide_case(
        case_id=decided.pk,
        actor=moderator,
        outcome="fake",
        reason="other",
        note=f"{word} note",
    )
    golden = GoldenAnswer.objects.create(
        image=other.image,
        outcome="fake",
        note=f"{word} answer",
        added_by=lead,
        added_by_name=str(lead),
    )
    version = factories.make_policy(organization=here, name=f"{word} policy")
    bank = Bank.objects.create(organization=here, name=f"{word} bank", purpose="fake")
    rows = {
        "user": moderator,
        "queue": queue,
        "image": image,
        "analysis": analysis,
        "finding": analysis.findings.get(),
        "evidence": evidence,
        "tiles": _tiles(image),
        "case": case,
        "comment": said.comment,
        "notification": moderator.notifications.get(),
        "decided": decided,
        "decision": decision,
        "appeal": _appeal(decided, decision, lead),
        "golden": golden,
        "policy": version.policy,
        "version": version,
        "backtest": _backtest(version, lead),
        "bank": bank,
        "entry": BankEntry.objects.create(
            bank=bank, sha256=image.sha256, source=f"{word} source"
        ),
        "view": SavedView.objects.create(
            owner=lead, list="cases", name=f"{word} view", query="", is_shared=True
        ),
        "bulk": BulkChange.objects.create(id=uuid4(), actor=lead, action="tag"),
        "event": case.events.order_by("position").first(),
    }
    return World(word, here, people, issue_token(user=lead).secret, rows)


def _people(word: str, organization: Organization) -> dict[str, User]:
    def person(group: str, **fields: Any) -> User:
        return factories.make_user(
            group, username=f"{word}-{group}", organization=organization, **fields
        )

    people = {name: person(name) for name in ("moderator", "auditor", "integrator")}
    people |= {name: person(name, is_staff=True) for name in ("lead", "administrator")}
    # May everything that the admin knows, without being a superuser.
    keeper = factories.make_user(
        "administrator",
        username=f"{word}-keeper",
        organization=organization,
        is_staff=True,
    )
    keeper.user_permissions.set(Permission.objects.all())
    return people | {"keeper": keeper}


def _tiles(image: Any) -> TilePyramid:
    return TilePyramid.objects.create(
        image=image,
        status=TilesStatus.READY,
        file="tiles/none",
        width=640,
        height=480,
        tile_size=256,
        levels=1,
        byte_size=1,
    )


def _appeal(case: Any, decision: Any, person: User) -> Appeal:
    return Appeal.objects.create(
        case=case,
        decision=decision,
        opened_by=person,
        opened_by_name=str(person),
        because="No.",
        external_id="42",
    )


def _backtest(version: Any, person: User) -> PolicyBacktest:
    return PolicyBacktest.objects.create(
        version=version,
        says=services.policies.as_dict(version),
        size=10,
        requested_by=person,
        requested_by_name=str(person),
    )


def golden_check(world: World, case: Any) -> GoldenCheck:
    """Make a case of a known answer for the moderator."""
    return GoldenCheck.objects.create(
        case=case,
        answer=world.rows["golden"],
        expected="fake",
        person=world.people["moderator"],
        day=timezone.now().astimezone(datetime.UTC).date(),
        number=1,
    )
