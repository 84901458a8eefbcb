"""Events: read, followed through outages, and shown by the command."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixelwarden import (
    AsyncClient,
    Client,
    ConfigurationError,
    Event,
    InvalidRequest,
    PermissionDenied,
    Retries,
    resources,
)
from pixelwarden.cli import main
from pixelwarden.decoding import hints_of

from tests.images import jpeg, photo_like
from tests.installation import Installation, wait_for

HASTY = Retries(most=0, first_pause=0.01, longest_pause=0.02)
KIND = {"Content-Type": "application/json"}
IDS = [f"01a20a65-448c-7125-b0f4-1a14d210150{n}" for n in range(9)]


def event(number: int, type_: str = "case.opened") -> dict[str, Any]:
    data = {"case_id": "c", "verdict": "fake"}
    moment = "2026-11-26T12:00:00Z"
    return {"id": IDS[number], "type": type_, "timestamp": moment, "data": data}


def page(*numbers: int, after: str | None, has_more: bool = False) -> Any:
    rows = [event(number) for number in numbers]
    body = {"results": rows, "has_more": has_more, "after": after}
    return 200, KIND, json.dumps(body).encode()


def refused(status: int, code: str, parameter: str = "") -> Any:
    errors = [{"code": code, "detail": "", "parameter": parameter}]
    body = {"code": code, "errors": errors}
    kind = {"Content-Type": "application/problem+json"}
    return status, kind, json.dumps(body).encode()


@pytest.fixture
def hasty(misbehaving: Any) -> Any:
    with Client(misbehaving.url, "pw_test", timeout=2, retries=HASTY) as made:
        yield made


def test_events_are_read_page_by_page_to_their_end(
    misbehaving: Any, hasty: Client
) -> None:
    misbehaving.plan = [
        page(1, 2, after=IDS[2], has_more=True),
        page(3, after=IDS[3]),
    ]
    found = list(hasty.events(after=IDS[0], type="case.opened"))
    assert [one.id for one in found] == IDS[1:4]
    asked = [seen[1] for seen in misbehaving.seen]
    assert asked == [
        f"/api/v1/events/?limit=500&type=case.opened&after={key}"
        for key in (IDS[0], IDS[2])
    ]


def test_watching_begins_with_what_is_new_and_goes_on_through_outages(
    misbehaving: Any, hasty: Client
) -> None:
    misbehaving.plan = [
        refused(503, "storage_unavailable"),
        page(after=IDS[0]),  # where the list ends now
        page(after=IDS[0]),
        refused(500, "internal_error"),
        lambda handler: handler.connection.shutdown(2),
        refused(429, "throttled"),
        page(1, 2, after=IDS[2]),
        page(after=IDS[2]),
        page(3, after=IDS[3]),
    ]
    following = hasty.watch(poll=0.05)
    assert [next(following).id for _ in range(3)] == IDS[1:4]
    asked = [seen[1].partition("?")[2] for seen in misbehaving.seen]
    assert asked[:2] == ["latest=true"] * 2
    assert [one.rpartition("=")[2] for one in asked[2:]] == [
        *[IDS[0]] * 5,
        *[IDS[2]] * 2,
    ]


def test_where_one_was_may_become_too_old_while_nothing_happens(
    misbehaving: Any, hasty: Client
) -> None:
    gone = refused(422, "unprocessable", "after")
    misbehaving.plan = [page(1, after=IDS[1]), gone, page(2, after=IDS[2])]
    following = hasty.watch(after=IDS[0], poll=0.05)
    assert [next(following).id for _ in range(2)] == IDS[1:3]

    misbehaving.plan = [gone]  # but who was away for so long has missed something
    with pytest.raises(InvalidRequest):
        next(hasty.watch(after=IDS[0]))
    misbehaving.plan = [refused(403, "insufficient_scope")]
    with pytest.raises(PermissionDenied):
        next(hasty.watch(after=IDS[0]))
    with pytest.raises(ConfigurationError):
        hasty.watch(poll=0).__next__()


def test_events_are_told_apart_by_their_class() -> None:
    assert isinstance(Event(event(1)), resources.CaseOpened)
    later = Event(event(1, "case.slept_over"))
    assert type(later) is Event
    assert not later.type.is_known
    assert later.data.raw["verdict"] == "fake"
    assert later.timestamp.year == 2026


def test_watching_can_be_awaited(misbehaving: Any) -> None:
    misbehaving.plan = [page(1, 2, after=IDS[2])]

    async def use() -> list[str]:
        async with AsyncClient(misbehaving.url, "pw_x", retries=HASTY) as client:
            found: list[str] = []
            async for one in client.watch(after=IDS[0], poll=0.05):
                found.append(one.id)
                if len(found) == 2:
                    break
            return found

    assert asyncio.run(use()) == IDS[1:3]


def test_the_command_remembers_where_it_was(
    misbehaving: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PIXELWARDEN_URL", misbehaving.url)
    monkeypatch.setenv("PIXELWARDEN_KEY", "pw_test")
    state = tmp_path / "state"

    misbehaving.plan = [page(1, 2, after=IDS[2])]
    assert main(["watch", "--once", "--state", str(state)]) == 0
    line, _ = capsys.readouterr().out.splitlines()
    assert line == (
        f"2026-11-26T12:00:00Z  case.opened  {IDS[1]}  case_id=c  verdict=fake"
    )
    assert state.read_text() == f"{IDS[2]}\n"
    misbehaving.plan = [page(3, after=IDS[3])]
    assert main(["watch", "--once", "--json", "--state", str(state)]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == IDS[3]
    assert misbehaving.seen[-1][1].endswith(f"after={IDS[2]}")
    state.write_text("pictures\n" * 99)
    assert main(["watch", "--state", str(state)]) == 2


@pytest.mark.processes
def test_what_the_server_tells_has_the_types_that_it_is_given(
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    with Client(server.url, key_of("lead"), timeout=60) as lead:
        client.wait_for_result(client.send(jpeg(photo_like(81, (160, 120)))))
        before = wait_for(lambda: list(lead.events()))
        following = lead.watch(after=before[-1].id, poll=0.1)
        image = client.send(
            jpeg(photo_like(80, (160, 120))), external_id="e-1", context={"a": 1}
        )
        client.wait_for_result(image)
        told = next(one for one in following if concerns(one, image.id))
        assert isinstance(told, resources.AnalysisCompleted)
        assert told.data.verdict is not None
        assert told.data.verdict.is_known
        said = told.data.submissions[0]
        assert (said.external_id, said.context) == ("e-1", {"a": 1})
        live_through_everything(server, image.id)
        types = {str(kind) for kind in resources.EVENT_CLASSES} - {"webhook.test"}
        missing = {"analysis.failed"}  # happens to damaged originals only

        def all_told() -> bool:
            return {str(one.type) for one in lead.events()} >= types - missing

        wait_for(all_told, what=lambda: [str(one.type) for one in lead.events()])
        for one in lead.events():
            assert type(one) is resources.EVENT_CLASSES[one.type]
            assert set(one.data.raw) == set(hints_of(type(one.data))), one.type


def concerns(one: Event, image: str) -> bool:
    return one.data.raw.get("image_id") == image


def live_through_everything(server: Installation, image: str) -> None:
    """Let happen to a picture's case, and to a policy, all that can be told."""
    server.manage("shell", "-c", EVERYTHING.format(image=image))


EVERYTHING = """
from django.utils import timezone
from accounts.models import User
from forensics.models import Image
from moderation.models import Decision, Event, Policy
from moderation.services import decide_case, open_appeal, reopen_case, undo_decision
from moderation.services.opening import open_case
from moderation.services.policies import retire
from moderation.services.publishing import publish_events

lead = User.objects.get(username="lead")
admin = User.objects.get(username="administrator")
image = Image.objects.get(pk="{image}")
case = image.cases.first() or open_case(actor=lead, because="odd", image=image)
make = dict(case_id=case.pk, outcome="fake", reason="content_edited")

def tell():
    Event.objects.filter(position=None).update(available_at=timezone.now())
    publish_events()

undone = decide_case(actor=lead, **make)
tell()
undo_decision(decision_id=undone.pk, actor=lead)
decide_case(actor=lead, **make)
tell()
reopen_case(case_id=case.pk, actor=lead, because="new facts")
decide_case(actor=lead, **make)
tell()
Decision.objects.update(final_at=timezone.now())
open_appeal(case_id=case.pk, actor=lead, because="no", external_id="a")
decide_case(actor=admin, **make | dict(outcome="authentic", reason="no_trace_found"))
tell()
version = Policy.objects.first().versions.filter(state="live").get()
retire(version=version, actor=admin)
tell()
"""
