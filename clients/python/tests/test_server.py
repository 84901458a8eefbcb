"""The client against the real server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pixelwarden import (
    ApiError,
    AsyncClient,
    AuthenticationFailed,
    Client,
    ImageRefused,
    InvalidRequest,
    Item,
    NotFound,
    Outcome,
    PermissionDenied,
)

from tests.images import jpeg, photo_like
from tests.installation import Installation

pytestmark = pytest.mark.processes


def picture(seed: int, size: tuple[int, int] = (160, 120)) -> bytes:
    return jpeg(photo_like(seed, size))


def test_a_picture_is_sent_waited_for_and_read_in_full(
    client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "Dach; 'neu' ä.jpg"
    file.write_bytes(picture(1))

    image = client.send(file, external_id="claim-1", context={"shop": "Bonn"})
    analysis = client.wait_for_result(image)

    assert analysis.is_finished
    assert analysis.is_whole
    assert analysis.verdict is not None
    assert analysis.verdict.is_known
    assert analysis.score is not None
    assert analysis.signals[0].status.is_known
    assert analysis.queued_at.tzinfo is not None
    sent = client.image(image.id).submissions[0]
    assert (sent.original_name, sent.external_id) == (file.name, "claim-1")
    assert sent.context == {"shop": "Bonn"}
    assert client.original(image.id) == file.read_bytes()
    assert [found.id for found in client.images(**{"context.shop": "Bonn"})] == [
        image.id
    ]

    shown = next(s.evidence[0] for s in analysis.signals if s.evidence)
    content = client.evidence_content(shown.id)
    assert isinstance(content, bytes)
    assert len(content) == client.evidence(shown.id).byte_size
    written = client.report_pdf(analysis.id, tmp_path / "report.pdf")
    assert isinstance(written, Path)
    assert written.read_bytes().startswith(b"%PDF")
    assert client.report(analysis.id)
    assert client.wait_for_result(image.id).id == analysis.id
    assert client.wait_for_result(analysis.id).id == analysis.id


@pytest.mark.parametrize("way", ["bytes", "file", "pipe", "direct"])
def test_all_ways_arrive_unaltered(client: Client, way: str, tmp_path: Path) -> None:
    data = picture(hash(way) % 1000 + 10)
    if way == "bytes":
        image = client.send(data, filename="a.jpg", wait=1)
    elif way == "file":
        image = client.send(io.BytesIO(data), filename="a.jpg")
    elif way == "pipe":
        moved = io.BytesIO(b"skipped" + data)
        moved.read(7)
        image = client.send(moved, filename="a.jpg")
    else:
        (tmp_path / "a.jpg").write_bytes(data)
        image = client.send(tmp_path / "a.jpg", direct=True, external_id="direct")
    assert client.original(image.id) == data
    assert image.submissions[0].original_name == "a.jpg"


def test_a_batch_is_answered_item_by_item(client: Client) -> None:
    batch = client.send_batch(
        [
            picture(30),
            Item(picture=b"no picture"),
            Item(picture=picture(31), external_id="b"),
        ]
    )
    assert (batch.accepted, batch.refused) == (2, 1)
    assert batch.items[1].problem is not None
    assert batch.items[1].problem["code"] == "not_an_image"
    assert batch.items[2].external_id == "b"
    image = batch.items[0].image
    assert image is not None
    assert client.wait_for_result(image).is_finished


def test_the_same_key_stores_once_and_lists_walk_through_pages(client: Client) -> None:
    for number in range(3):
        client.send(
            picture(40 + number), external_id="pages", idempotency_key=f"k-{number}"
        )
    again = client.send(picture(40), external_id="pages", idempotency_key="k-0")
    assert len(again.submissions) == 1
    found = list(client.images(external_id="pages", page_size=1))
    assert len({image.id for image in found}) == 3
    with pytest.raises(InvalidRequest) as raised:
        client.send(picture(41), idempotency_key="k-0")
    assert raised.value.code == "idempotency_key_reused"


def test_refusals_are_typed(
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    with pytest.raises(ImageRefused) as raised:
        client.send(b"no picture at all")
    assert raised.value.code == "not_an_image"
    assert raised.value.request_id
    with pytest.raises(ImageRefused) as large:
        client.send(b"\xff\xd8\xff" * 30_000_000, direct=False)
    assert large.value.code == "too_many_bytes"
    with pytest.raises(InvalidRequest) as invalid:
        list(client.images(no_such_filter="x"))
    assert invalid.value.errors[0].parameter == "no_such_filter"
    with pytest.raises(NotFound):
        client.case("01a20a65-448c-7125-b0f4-1a14d21015a2")
    with pytest.raises(PermissionDenied):
        list(client.audit())
    with pytest.raises(ApiError) as off:
        client.send_url("https://pictures.example/a.jpg")
    assert off.value.code == "fetching_is_off"
    with Client(server.url, "pw_wrong") as wrong, pytest.raises(AuthenticationFailed):
        list(wrong.images())


def test_cases_are_claimed_decided_and_undone(
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    image = client.send(picture(50))
    client.wait_for_result(image)
    server.manage(
        "shell",
        "-c",
        "from accounts.models import User; from forensics.models import Image;"
        "from moderation.services.opening import open_case;"
        "open_case(actor=User.objects.get(username='lead'), because='odd',"
        f"image=Image.objects.get(pk='{image.id}'))",
    )
    opened = next(client.cases(status="open", image=image.id))
    assert client.case(opened.id).opened_because
    case = client.claim(opened.id)
    assert case.claim_token
    assert client.comment(case.id, "Looks odd.").text == "Looks odd."
    assert [c.text for c in client.comments(case.id)] == ["Looks odd."]
    decision = client.decide(
        case.id, Outcome.FAKE, "content_edited", note="Sky.", token=case.claim_token
    )
    assert decision.outcome == Outcome.FAKE
    assert client.undo(decision.id).status == "claimed"
    assert client.release(case.id).status == "open"


def test_every_list_can_be_read(
    server: Installation, key_of: Callable[[str], str]
) -> None:
    with Client(server.url, key_of("administrator")) as client:
        for rows in (
            client.images(),
            client.analyses(),
            client.cases(),
            client.decisions(),
            client.appeals(),
            client.policies(),
            client.queues(),
            client.audit(page_size=200),
            client.fetches(),
            client.uploads(),
            client.problem_types(),
            client.listing("images/", page_size=200),
        ):
            assert all(isinstance(row.raw, dict) for row in rows)
        policy = next(client.policies())
        assert client.policy(policy.id).versions[0].state
        assert client.problem_type("invalid").status == 400
        assert client.request("GET", "images/", params={"page_size": 1})["results"]


def test_the_other_face_does_the_same(
    server: Installation, key_of: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(60))

    async def use() -> None:
        async with AsyncClient(server.url, key_of("moderator"), timeout=60) as client:
            image = await client.send(tmp_path / "a.jpg", direct=True)
            other = await client.send(picture(61), external_id="async")
            results = await asyncio.gather(
                client.wait_for_result(image), client.wait_for_result(other.id)
            )
            assert all(result.is_finished for result in results)
            found = [one.id async for one in client.images(external_id="async")]
            assert found == [other.id]
            await client.original(image.id, tmp_path / "b.jpg")
            with pytest.raises(ImageRefused):
                await client.send(b"nothing")

    asyncio.run(use())
    assert (tmp_path / "b.jpg").read_bytes() == picture(60)


def test_a_key_can_be_ended(server: Installation) -> None:
    made = server.manage("create_token", "moderator", "--days", "1")
    key = next(word for word in made.split() if word.startswith("pw_"))
    with Client(server.url, key) as client:
        next(client.images(), None)
        client.end_key()
        with pytest.raises(AuthenticationFailed):
            next(client.images(), None)
