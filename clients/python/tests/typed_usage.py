"""Checked by mypy, never run: methods keep the types of the operations."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from pixelwarden import AsyncClient, Client, Outcome, Verdict
from pixelwarden.resources import Analysis, Case, Decision, Fetch, Image


def blocking(client: Client) -> None:
    assert_type(client.send("a.jpg", external_id="a"), Image)
    assert_type(client.send_url("https://a.example/b.jpg"), Fetch | Image)
    assert_type(client.wait_for_result("1").verdict, Verdict | None)
    assert_type(client.cases(status="open"), Iterator[Case])
    assert_type(client.claim_next(queue="urgent"), Case | None)
    client.case(1)  # type: ignore[arg-type]  # ids are text
    client.send("a.jpg", externalid="a")  # type: ignore[call-arg]
    print(client.case("1").statuss)  # type: ignore[attr-defined]  # noqa: T201


async def awaited(client: AsyncClient) -> None:
    assert_type(await client.send(b""), Image)
    assert_type(await client.analysis("1"), Analysis)
    assert_type(client.cases(), AsyncIterator[Case])
    assert_type(await client.decide("1", Outcome.FAKE, "ai_generated"), Decision)
    await client.case(1)  # type: ignore[arg-type]
