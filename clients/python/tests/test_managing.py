"""Webhook endpoints, keys and banks, managed by the client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pixelwarden import (
    AsyncClient,
    AuthenticationFailed,
    Client,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Scope,
    resources,
    webhooks,
)

from tests.installation import Installation, wait_for
from tests.receivers import Receiver

pytestmark = pytest.mark.processes


@pytest.fixture
def lead(server: Installation, key_of: Callable[[str], str]) -> Iterator[Client]:
    with Client(server.url, key_of("lead"), timeout=60) as made:
        yield made


@pytest.fixture
def administrator(
    server: Installation, key_of: Callable[[str], str]
) -> Iterator[Client]:
    with Client(server.url, key_of("administrator"), timeout=60) as made:
        yield made


def test_the_life_of_an_endpoint(lead: Client, receiver: Receiver) -> None:
    made = lead.create_endpoint(
        receiver.url("/client"),
        description="Shop",
        event_types=["case.decided"],
        filters={"verdicts": ["fake"]},
        order_by="image",
    )
    changed = lead.update_endpoint(made.id, description="Shop in Bonn")
    assert changed.description == "Shop in Bonn"
    for kept in ("url", "event_types", "filters", "order_by", "is_enabled"):
        assert getattr(changed, kept) == getattr(made, kept), kept
    assert lead.update_endpoint(made.id, event_types=[], filters={}).event_types == ()
    assert lead.endpoint(made.id).filters.verdicts == ()

    since = datetime.now(UTC) - timedelta(minutes=1)
    queued = lead.send_test_event(made.id)
    secrets = [lead.rotate_endpoint_secret(made.id), made.secret]
    wait_for(lambda: arrived(receiver, queued), what=lambda: receiver.requests)
    request = arrived(receiver, queued)[0]
    told = webhooks.verify(request.body, request.headers, secrets)
    assert isinstance(told, resources.WebhookTest)
    assert told.data.endpoint_id == made.id

    wait_for(lambda: list(lead.deliveries(endpoint=made.id, state="delivered")))
    (sent,) = lead.deliveries(endpoint=made.id)
    whole = lead.delivery(sent.id)
    assert (whole.event, whole.body.encode()) == (queued, request.body)
    assert whole.attempts[0].status == 204
    lead.replay_delivery(sent.id)
    wait_for(lambda: len(arrived(receiver, queued)) == 2)
    wait_for(lambda: lead.delivery(sent.id).state == "delivered")
    until = datetime.now(UTC)
    span = {"since": since, "until": until}
    assert lead.replay_deliveries(made.id, **span) == 0
    off = lead.update_endpoint(made.id, is_enabled=False)
    assert off.disabled_because == "by_hand"
    with pytest.raises(InvalidRequest):
        lead.send_test_event(made.id)
    with pytest.raises(InvalidRequest):
        lead.create_endpoint("https://10.0.0.1/")
    lead.delete_endpoint(made.id)
    with pytest.raises(NotFound):
        lead.endpoint(made.id)


def arrived(receiver: Receiver, event: str) -> list[object]:
    return [r for r in receiver.requests if r.headers.get("webhook-id") == event]


def test_the_life_of_a_key(server: Installation, administrator: Client) -> None:
    account = administrator.create_service_account("newsroom", groups=["integrator"])
    assert account.username in {a.username for a in administrator.service_accounts()}
    made = administrator.create_key(
        account.username,
        "Desk",
        [Scope.IMAGES_READ, "analyses:read"],
        days=7,
        images_per_day=10,
    )
    assert made.scopes == (Scope.IMAGES_READ, Scope.ANALYSES_READ)
    assert made.expires_at is not None
    with Client(server.url, made.secret) as desk:
        assert desk.current_key().id == made.id
        assert desk.current_key().images_sent.day == 0
        assert list(desk.images()) == []
        with pytest.raises(PermissionDenied) as raised:
            list(desk.cases())
        assert raised.value.code == "insufficient_scope"
    new = administrator.rotate_key(made.id, overlap_hours=0)
    assert administrator.key(made.id).prefix == made.prefix
    with Client(server.url, made.secret) as old, pytest.raises(AuthenticationFailed):
        old.current_key()
    assert administrator.revoke_key(made.id).status == "revoked"
    with Client(server.url, new.secret) as old, pytest.raises(AuthenticationFailed):
        old.current_key()
    assert made.id in {key.id for key in administrator.keys(page_size=200)}


def test_known_images_are_added_and_taken_out(
    server: Installation, administrator: Client
) -> None:
    server.manage(
        "shell",
        "-c",
        "from forensics.models import Bank;"
        "Bank.objects.create(name='Memes', purpose='fake')",
    )
    bank = next(administrator.banks(name="Memes"))
    assert administrator.bank(bank.id).entry_count == 0
    entry = administrator.add_bank_entry(bank.id, sha256="a" * 64, tags=["cat"])
    assert [one.id for one in administrator.bank_entries(bank.id)] == [entry.id]
    assert administrator.bank_entry(bank.id, entry.id).tags == ("cat",)
    with pytest.raises(InvalidRequest):
        administrator.add_bank_entry(bank.id, sha256="a" * 64)
    administrator.delete_bank_entry(bank.id, entry.id)
    with pytest.raises(NotFound):
        administrator.bank_entry(bank.id, entry.id)


def test_the_other_face_manages_as_well(
    server: Installation, receiver: Receiver, key_of: Callable[[str], str]
) -> None:
    async def use() -> None:
        async with AsyncClient(server.url, key_of("lead"), timeout=60) as client:
            made = await client.create_endpoint(receiver.url("/async"))
            queued = await client.send_test_event(made.id)
            async for sent in client.deliveries(endpoint=made.id):
                assert sent.event == queued
            found = [one.id async for one in client.endpoints()]
            assert made.id in found
            await client.update_endpoint(made.id, is_enabled=False)
            await client.delete_endpoint(made.id)

    asyncio.run(use())
