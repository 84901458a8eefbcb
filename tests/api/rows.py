"""Rows in every list of the API, and how to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moderation.services import open_appeal
from tests.factories import (
    make_analysis,
    make_area,
    make_bank_entry,
    make_case,
    make_evidence,
    make_image,
    make_policy,
    make_user,
)
from tests.moderation.checks import decided

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import TestClient

LISTS = (
    "images",
    "analyses",
    "signals",
    "evidence",
    "cases",
    "queues",
    "decisions",
    "appeals",
    "policies",
    "banks",
    "audit",
    "models",
)


def get(client: TestClient, path: str, **headers: str) -> Any:
    return client.get(f"/api/v1/{path}", **headers)


def make_rows(count: int, lead: User) -> None:
    for _ in range(count):
        analysis = make_analysis(image=make_image(submitted_by=make_user("integrator")))
        make_evidence(analysis=analysis, kind="ela", finding=analysis.findings.get())
        make_area(analysis=analysis)
        case = decided(lead, analysis=analysis)
        open_appeal(case_id=case.pk, actor=lead, because="Look again.")
        make_case(assigned_to=lead, opened_by=lead)
        make_bank_entry(added_by=lead)
        make_policy()
