"""``verify_audit`` finds whatever somebody has done to the record in the database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from moderation import services
from moderation.audit_chain import START, Entry, hash_of, plain
from moderation.audit_selectors import chain_breaks
from moderation.models import AuditEvent, AuditHead
from moderation.services.audit import record
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def events(moderator: User) -> list[AuditEvent]:
    case = make_case()
    services.claim_case(case_id=case.pk, actor=moderator)
    services.release_case(case_id=case.pk, actor=moderator)
    for number in range(4):
        record("note", actor=moderator, case=case, share=number / 7, text="ä\0 <b>")
    return list(AuditEvent.objects.order_by("position"))


def verified(*arguments: str) -> tuple[int, dict[str, Any]]:
    out, status = StringIO(), 0
    try:
        call_command("verify_audit", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        status = int(str(ended.code))
    return status, json.loads(out.getvalue())


def found(*arguments: str) -> list[tuple[int, str]]:
    status, answer = verified(*arguments)
    assert status == (1 if answer["breaks"] else 0)
    assert answer["holds"] == (not answer["breaks"])
    return [(broken["position"], broken["kind"]) for broken in answer["breaks"]]


def test_an_untouched_record_holds(events: list[AuditEvent]) -> None:
    assert found() == []
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert f"{len(events)}:{events[-1].hash}" in out.getvalue()


def test_an_empty_record_holds() -> None:
    assert found() == []


CHANGES: dict[str, dict[str, Any]] = {
    "at": {"at": F("at") + timedelta(microseconds=1)},
    "actor": {"actor": None},
    "actor_name": {"actor_name": "Somebody else"},
    "address": {"address": "192.0.2.1"},
    "action": {"action": "case_decided"},
    "case": {"case": None},
    "policy": {"policy": 77},
    "image": {"image": None},
    "data": {"data": {"share": 0.5}},
    "organization": {"organization": 77},
    "format": {"format": 1},
    "hash": {"hash": "f" * 64},
}


@pytest.mark.parametrize("field", CHANGES)
def test_one_altered_field_is_found(events: list[AuditEvent], field: str) -> None:
    AuditEvent.objects.filter(position=3).update(**CHANGES[field])
    kinds = found()
    assert (3, "altered") in kinds
    assert {position for position, _ in kinds} <= {3, 4}


def test_rows_of_before_there_were_organizations_keep_their_hashes() -> None:
    old = Entry(
        position=1,
        at=datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
        actor=None,
        actor_name="",
        address=None,
        action="case_opened",
        case=None,
        policy=None,
        image=None,
        data={"because": "why"},
    )
    assert hash_of(old, START) == hash_of(replace(old, organization=1), START)
    assert hash_of(old, START) == (
        "ec799adbb7505760e21679df1faef3b89a7a2826a4e9bb15ed98a49ba746e0a6"
    )


def test_a_changed_link_is_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=3).update(previous_hash="0" * 64)
    assert found() == [(3, "moved"), (3, "altered")]


def test_every_field_of_a_row_is_covered() -> None:
    fields = {field.name for field in AuditEvent._meta.concrete_fields}
    assert fields == {*CHANGES, "id", "position", "previous_hash"}


def test_deleted_rows_are_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position__in=[2, 3]).delete()
    assert found() == [(2, "missing")]


def test_the_first_row_gone_is_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=1).delete()
    assert found() == [(1, "missing")]


def test_a_cut_end_is_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position__gt=4).delete()
    assert found() == [(5, "cut")]


def test_a_deleted_record_is_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.all().delete()
    assert found() == [(1, "cut")]


def test_rows_that_changed_places_are_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=2).update(position=99)
    AuditEvent.objects.filter(position=3).update(position=2)
    AuditEvent.objects.filter(position=99).update(position=3)
    assert {(2, "moved"), (2, "altered"), (3, "altered")} <= set(found())


def test_a_row_that_was_put_in_is_found(events: list[AuditEvent]) -> None:
    last = events[-1]
    last.pk, last.position = None, last.position + 1
    last.save(force_insert=True)
    assert (last.position, "altered") in found()
    assert (last.position, "surplus") in found()


def test_a_row_closed_up_after_a_deletion_is_found(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=3).delete()
    for position in range(4, len(events) + 1):
        AuditEvent.objects.filter(position=position).update(position=position - 1)
    AuditHead.objects.update(count=len(events) - 1)
    assert found()[0] == (3, "moved")


def test_a_chain_that_was_computed_anew_shows_by_what_was_noted(
    events: list[AuditEvent], moderator: User
) -> None:
    noted = f"{len(events)}:{events[-1].hash}"
    assert found("--expect", noted) == []
    AuditEvent.objects.all().delete()
    AuditHead.objects.update(count=0, hash="0" * 64)
    for _ in events:
        record("note", actor=moderator)
    assert found() == []
    assert found("--expect", noted) == [(len(events), "replaced")]
    AuditEvent.objects.filter(position=len(events)).delete()
    AuditHead.objects.update(
        count=len(events) - 1, hash=AuditEvent.objects.earliest("-position").hash
    )
    assert found("--expect", noted) == [(len(events), "cut")]


def test_a_part_can_be_verified(events: list[AuditEvent]) -> None:
    AuditEvent.objects.filter(position=2).update(action="x")
    assert found("--from", "4") == []
    assert found("--from", "2", "--to", "2") == [(2, "altered")]


def test_a_noted_hash_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="Expected a number, a colon"):
        call_command("verify_audit", "--expect", "5:xyz")


def test_what_is_recorded_comes_back_the_same(moderator: User) -> None:
    record("odd", actor=moderator, **ODD)
    assert found() == []


ODD: dict[str, Any] = {
    "tiny": 1e-9,
    "large": 1e20,
    "negative_zero": -0.0,
    "third": 1 / 3,
    "nested": {"b": [1, 2.5, None, True, {"deep": "ü\U0001f600"}], "a": {1, 2}},
    "nul": "a\0b",
    "whole": 10**15,
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(anything)
def test_plain_is_json_that_survives_a_round_trip(value: Any) -> None:
    once = plain(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once
    assert plain(once) == once
    assert "\\u0000" not in json.dumps(once)


def test_what_is_recorded_meanwhile_is_no_break(
    events: list[AuditEvent], moderator: User
) -> None:
    AuditEvent.objects.filter(position=1).update(action="x")
    breaks = chain_breaks()
    assert next(breaks).kind == "altered"
    record("note", actor=moderator)
    assert list(breaks) == []


def test_people_who_left_do_not_break_the_record(events: list[AuditEvent]) -> None:
    actor = make_user("moderator")
    record("note", actor=actor)
    actor.delete()
    assert found() == []
