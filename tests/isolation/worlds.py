"""Two organizations with one of everything each; all that is named bears a mark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from knox.models import AuthToken

from accounts.key_models import ApiKey
from accounts.models import Organization
from accounts.tokens import issue_token
from forensics.models import Bank, BankEntry, TilePyramid, TilesStatus, Upload
from moderation import services
from moderation.backtest_tally import empty_result
from moderation.models import (
    Appeal,
    AuditEvent,
    BulkChange,
    Case,
    Delivery,
    GoldenAnswer,
    PolicyBacktest,
    Queue,
    SavedView,
    WebhookEndpoint,
)
from moderation.services.policies import as_dict
from moderation.services.tags import tag_case
from tests.factories import make_analysis, make_case, make_image, make_policy, make_user
from tests.isolation.programs import make_programs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User

NOBODYS = UUID("00000000-0000-7000-8000-000000000000")
NOBODYS_NUMBER = 987654321


@dataclass(frozen=True)
class World:
    """An organization: its people, and the key of one row of each kind."""

    mark: str
    organization: Organization
    lead: User
    administrator: User
    token: str
    secret: str
    keys: Mapping[str, Any]

    @property
    def ids(self) -> set[str]:
        """Return the keys that nobody else's text holds by chance."""
        return {str(key) for key in self.keys.values() if isinstance(key, UUID)}

    def state(self) -> list[Any]:
        """Return what a stranger must leave as it is."""
        cases = Case.objects.filter(organization=self.organization)
        queues = Queue.objects.filter(organization=self.organization)
        return [
            list(cases.order_by("pk").values_list("pk", "status", "queue", "priority")),
            list(queues.order_by("pk").values()),
            AuditEvent.objects.filter(organization=self.organization).count(),
            BankEntry.objects.filter(bank__organization=self.organization).count(),
            list(
                WebhookEndpoint.objects.filter(organization=self.organization).values()
            ),
            list(ApiKey.objects.filter(organization=self.organization).values()),
            list(
                Delivery.objects.filter(
                    endpoint__organization=self.organization
                ).values()
            ),
            list(Upload.objects.filter(organization=self.organization).values()),
        ]


def make_world(mark: str, *, is_first: bool) -> World:
    """Make one of everything for an organization."""
    if is_first:
        organization = Organization.objects.get(pk=1)
    else:
        call_command("create_organization", f"{mark} ltd", admin=f"{mark}-boss")
        organization = Organization.objects.get(name=f"{mark} ltd")
    own = {"organization": organization}
    lead = make_user("lead", username=f"{mark}-lead", is_staff=True, **own)
    administrator = make_user(
        "administrator", username=f"{mark}-administrator", is_staff=True, **own
    )
    keys = _pictures(mark, lead) | _rules(mark, lead, organization)
    token = issue_token(user=lead, days=1, actor=lead).secret
    programs, secret = make_programs(mark, lead, administrator)
    return World(
        mark=mark,
        organization=organization,
        lead=lead,
        administrator=administrator,
        token=token,
        secret=secret,
        keys=keys
        | programs
        | {
            "user": lead.pk,
            "organization": organization.pk,
            "authenticator": Authenticator.objects.create(
                user=make_user("lead", username=f"{mark}-holder", **own),
                type="webauthn",
                data={"name": f"{mark} passkey"},
            ).pk,
            "authtoken": AuthToken.objects.get(user=lead).pk,
        },
    )


def _pictures(mark: str, lead: User) -> dict[str, Any]:
    image = make_image(submitted_by=lead, original_name=f"{mark}.jpg")
    analysis = make_analysis(image=image)
    case = make_case(analysis=analysis, opened_because=f"{mark} because")
    tag_case(case_id=case.pk, actor=lead, name=mark)
    services.comment_on_case(case_id=case.pk, actor=lead, text=f"{mark} says")
    other = make_image(submitted_by=lead, original_name=f"{mark}-2.jpg")
    decided = make_case(analysis=make_analysis(image=other))
    decision = services.decide_case(
        case_id=decided.pk, actor=lead, outcome="fake", reason="other", note=mark
    )
    appeal = Appeal.objects.create(
        case=decided,
        decision=decision,
        opened_by=lead,
        opened_by_name=f"{mark}-lead",
        because=f"{mark} appeals",
    )
    third = make_image(submitted_by=lead, original_name=f"{mark}-3.jpg")
    make_analysis(image=third)
    answer = GoldenAnswer.objects.create(
        image=third, outcome="fake", note=mark, added_by_name=f"{mark}-lead"
    )
    pyramid = TilePyramid.objects.create(image=image, status=TilesStatus.READY)
    return {
        "image": image.pk,
        "analysis": analysis.pk,
        "finding": analysis.findings.all()[0].pk,
        "evidence": analysis.evidence_files.all()[0].pk,
        "pyramid": pyramid.pk,
        "case": case.pk,
        "decided": decided.pk,
        "decision": decision.pk,
        "appeal": appeal.pk,
        "goldenanswer": answer.pk,
        "goldenanswer_image": third.pk,
        "auditevent": case.events.all()[0].pk,
        "contenttype": ContentType.objects.get_for_model(Case).pk,
    }


def _rules(mark: str, lead: User, organization: Organization) -> dict[str, Any]:
    version = make_policy(name=f"{mark} policy", organization_id=organization.pk)
    queue = Queue.objects.create(
        organization=organization, slug=f"{mark}-queue", name=f"{mark} queue"
    )
    bank = Bank.objects.create(
        organization=organization, name=f"{mark} bank", purpose="fake"
    )
    entry = BankEntry.objects.create(bank=bank, sha256="a" * 64, source=f"{mark} list")
    view = SavedView.objects.create(
        owner=lead, name=f"{mark} view", list="cases", query="status=all"
    )
    SavedView.objects.filter(pk=view.pk).update(is_shared=True)
    change = BulkChange.objects.create(id=uuid4(), actor=lead, action="tag")
    backtest = PolicyBacktest.objects.create(
        version=version,
        says=as_dict(version),
        size=10,
        result=empty_result(),
        requested_by=lead,
        requested_by_name=f"{mark}-lead",
    )
    return {
        "policy": version.policy_id,
        "queue": queue.pk,
        "slug": queue.slug,
        "bank": bank.pk,
        "bankentry": entry.pk,
        "view": view.pk,
        "change": change.pk,
        "backtest": backtest.pk,
    }
