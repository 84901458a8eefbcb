"""Checked by mypy, never run: methods keep the types of the operations."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from pixelwarden import AsyncClient, Client, Event, Outcome, Verdict, webhooks
from pixelwarden.resources import (
    Analysis,
    Case,
    CaseDecided,
    Decision,
    Endpoint,
    Fetch,
    Image,
    IssuedKey,
)


def blocking(client: Client) -> None:
    assert_type(client.send("a.jpg", external_id="a"), Image)
    assert_type(client.send_url("https://a.example/b.jpg"), Fetch | Image)
    assert_type(client.wait_for_result("1").verdict, Verdict | None)
    assert_type(client.cases(status="open"), Iterator[Case])
    assert_type(client.claim_next(queue="urgent"), Case | None)
    assert_type(client.create_key("shop", "A", ["images:write"]), IssuedKey)
    assert_type(client.rotate_endpoint_secret("1"), str)
    assert_type(client.case("1").expanded("image", Image), Image | None)
    for event in client.watch():
        if isinstance(event, CaseDecided):
            assert_type(event.data.outcome, Outcome | None)
    assert_type(webhooks.verify(b"", {}, ""), Event)
    client.create_endpoint(5)  # type: ignore[arg-type]
    client.case(1)  # type: ignore[arg-type]  # ids are text
    client.send("a.jpg", externalid="a")  # type: ignore[call-arg]
    print(client.case("1").statuss)  # type: ignore[attr-defined]  # noqa: T201


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.send(b""), Image)
    assert_type(await client.analysis("1"), Analysis)
    assert_type(client.cases(), AsyncIterator[Case])
    assert_type(await client.decide("1", Outcome.FAKE, "ai_generated"), Decision)
    assert_type(client.events(after="1"), AsyncIterator[Event])
    assert_type(await client.update_endpoint("1", is_enabled=False), Endpoint)
    await client.case(1)  # type: ignore[arg-type]
