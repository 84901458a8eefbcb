"""Rows are written as the framework writes them, by a shorter way."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db.models import TextChoices
from rest_framework import serializers

from forensics.api.quick import Quick
from moderation.models import Case
from moderation.services import decide_case
from moderation.services.completing import complete_analysis
from moderation.services.publishing import publish_events
from tests.factories import (
    make_analysis,
    make_case,
    make_evidence,
    make_image,
    make_queued_analysis,
    make_user,
)

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf


class Color(TextChoices):
    RED = "red"


class Row(Quick):
    text = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    moment = serializers.DateTimeField()
    day = serializers.DateTimeField(format="%Y")
    id = serializers.UUIDField()
    short = serializers.UUIDField(format="hex", source="id")
    inner = serializers.CharField(source="part.name", default="nothing")
    missing = serializers.CharField(required=False)
    called = serializers.CharField(source="word")
    chosen = serializers.ChoiceField(Color.choices)
    secret = serializers.CharField(write_only=True)
    own = serializers.SerializerMethodField()

    def get_own(self, row: Any) -> str:
        return "a mapping" if isinstance(row, dict) else "an object"


class Plain(Row):
    to_representation = serializers.Serializer.to_representation


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
VALUES: tuple[dict[str, Any], ...] = (
    {"text": "a", "number": 1, "moment": datetime(2026, 1, 2, 3, 4, 5, 6, UTC)},
    {"text": Color.RED, "number": None, "moment": datetime(2026, 7, 2, tzinfo=BERLIN)},
    {"text": 5, "number": "7", "moment": "2026-01-02", "part": None},
    {"text": "", "number": 0, "moment": None, "part": SimpleNamespace(name="b")},
)


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("kind", [dict, SimpleNamespace])
def test_values_of_every_kind_come_out_as_the_framework_writes_them(
    values: dict[str, Any], kind: type
) -> None:
    whole = values | {
        "day": datetime(2026, 1, 2, tzinfo=UTC),
        "id": UUID(int=5),
        "word": lambda: "said",
        "chosen": Color.RED,
    }
    row = kind(**whole)
    assert Row(row).data == Plain(row).data
    assert "missing" not in Row(row).data


def test_what_cannot_be_read_is_the_same_error() -> None:
    for kind in (Row, Plain):
        with pytest.raises(AttributeError, match="text"):
            kind(SimpleNamespace()).data  # noqa: B018 - reading it writes it


@pytest.fixture
def filled(db: None) -> dict[str, Any]:
    """Make rows with everything, and rows with nothing beside them."""
    lead = make_user("administrator", "lead")
    for _ in range(2):
        analysis = make_analysis()
        make_evidence(analysis=analysis, kind="ela", finding=analysis.findings.get())
        case = make_case(analysis=analysis)
        complete_analysis(analysis)
    decide_case(case_id=case.pk, actor=lead, outcome="fake", reason="content_edited")
    bare = Case.objects.create(image=make_image(), queue=case.queue)
    make_queued_analysis()
    publish_events()
    return {
        "lead": lead,
        "image": analysis.image_id,
        "analysis": analysis.pk,
        "signal": analysis.findings.get().pk,
        "case": case.pk,
        "bare": bare.pk,
        "bare_image": bare.image_id,
    }


@pytest.mark.parametrize(
    "path",
    [
        "images/",
        "images/?expand=case,analysis",
        "images/?fields=id,submissions,analysis.verdict",
        "images/{image}/?expand=analysis,case",
        "images/{image}/submissions/",
        "images/{bare_image}/",
        "analyses/",
        "analyses/{analysis}/?expand=image",
        "signals/",
        "signals/{signal}/?expand=analysis",
        "evidence/",
        "cases/",
        "cases/?expand=image,analysis,decision",
        "cases/{case}/?expand=image,analysis,decision",
        "cases/{bare}/?expand=image,analysis,decision",
        "decisions/",
        "audit/",
        "events/",
    ],
)
def test_answers_are_what_the_framework_alone_would_give(
    api_of: ApiOf, filled: dict[str, Any], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    client, address = api_of(filled["lead"]), f"/api/v1/{path.format(**filled)}"
    found = client.get(address)
    assert found.status_code == 200
    with monkeypatch.context() as patched:
        plain = serializers.Serializer.to_representation
        patched.setattr(Quick, "to_representation", plain)
        assert client.get(address).json() == found.json()
    assert "results" not in found.json() or found.json()["results"]
