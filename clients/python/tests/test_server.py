"""The client against the real server."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image as Picture
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
from pixelwarden.resources import Fetch, Image

from tests.images import jpeg, photo_like, png
from tests.installation import Installation
from tests.receivers import Receiver

pytestmark = pytest.mark.processes


def picture(seed: int, size: tuple[int, int] = (160, 120)) -> bytes:
    return jpeg(photo_like(seed, size))


def copied_square() -> bytes:
    """Return noise with a square of it pasted elsewhere: copy-move finds both."""
    pixels = np.random.default_rng(7).integers(40, 216, (256, 320, 3))
    pixels[150:230, 200:290] = pixels[20:100, 20:110]
    return png(Picture.fromarray(pixels.astype(np.uint8)))


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
    with pytest.raises(ApiError) as inside:
        client.send_url("https://10.0.0.1/a.jpg")
    assert inside.value.code == "url_refused"
    with Client(server.url, "pw_wrong") as wrong, pytest.raises(AuthenticationFailed):
        list(wrong.images())


def open_case(server: Installation, image: str) -> None:
    """Open a case by hand, unless a policy has opened one."""
    server.manage(
        "shell",
        "-c",
        "from accounts.models import User; from forensics.models import Image;"
        "from moderation.services.opening import open_case;"
        f"image = Image.objects.get(pk='{image}');"
        "image.cases.exists() or open_case(because='odd', image=image,"
        "actor=User.objects.get(username='lead'))",
    )


def test_cases_are_claimed_decided_and_undone(
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    image = client.send(picture(50))
    client.wait_for_result(image)
    open_case(server, image.id)
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
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    sent = client.send(picture(70))
    client.wait_for_result(sent)
    with Client(server.url, key_of("administrator")) as admin:
        for rows in (
            admin.images(),
            admin.analyses(),
            admin.image_analyses(sent.id),
            admin.image_submissions(sent.id),
            admin.signals(name="metadata"),
            admin.evidence_files(),
            admin.cases(),
            admin.decisions(),
            admin.appeals(),
            admin.policies(),
            admin.queues(),
            admin.banks(),
            admin.models(),
            admin.endpoints(),
            admin.deliveries(),
            admin.keys(),
            admin.service_accounts(),
            admin.audit(page_size=200),
            admin.problem_types(),
            admin.listing("images/", page_size=200),
        ):
            assert all(isinstance(row.raw, dict) for row in rows)
        policy = next(admin.policies())
        version = admin.policy(policy.id).versions[0]
        assert version.state.is_known
        assert next(admin.policy_versions(policy.id)) == version
        assert admin.policy_version(policy.id, version.number) == version
        found = next(admin.signals(page_size=1))
        assert admin.signal(found.id).analysis == found.analysis
        model = next(admin.models())
        assert admin.model(model.name, model.version).card
        assert admin.audit_event(1).position == 1
        assert admin.problem_type("invalid").status == 400
        assert admin.request("GET", "images/", params={"page_size": 1})["results"]


def test_what_is_expanded_is_typed_and_ids_stay_ids(client: Client) -> None:
    analysis = client.wait_for_result(client.send(picture(71)))
    (row,) = client.analyses(image=analysis.image, expand="image", page_size=1)
    image = row.expanded("image", Image)
    assert image is not None
    assert row.image == image.id == analysis.image
    assert image.width == 160
    with pytest.raises(ValueError, match="expand='image'"):
        analysis.expanded("image", Image)
    (narrow,) = client.analyses(image=analysis.image, fields="id,verdict")
    assert narrow.raw == {"id": analysis.id, "verdict": analysis.verdict}
    with pytest.raises(AttributeError, match="sent no 'score'"):
        assert narrow.score


def test_where_it_was_edited_comes_as_outlines_and_as_a_picture(
    client: Client, tmp_path: Path
) -> None:
    analysis = client.wait_for_result(client.send(copied_square(), filename="a.jpg"))
    area = analysis.localization
    assert area is not None
    assert area.rle.size == (-(-area.height // area.cell), -(-area.width // area.cell))
    assert len(area.polygons[0].exterior) >= 3
    path = client.mask(analysis.id, tmp_path / "mask.png")
    assert isinstance(path, Path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert analysis.thresholds is not None
    assert analysis.thresholds.suspicious <= analysis.thresholds.fake


def test_a_picture_that_no_check_fits_says_so(client: Client) -> None:
    analysis = client.wait_for_result(client.send(png(Picture.new("RGB", (2, 2)))))
    assert analysis.status == "not_applicable"
    assert analysis.is_finished
    assert analysis.verdict == "inconclusive"


def test_the_server_fetches_from_an_address(client: Client, receiver: Receiver) -> None:
    fetch = client.send_url(receiver.url("/roof.jpg"), external_id="by-address")
    assert isinstance(fetch, Fetch)
    assert client.wait_for_result(fetch).is_finished
    assert client.fetch(fetch.id).status == "received"
    assert [one.external_id for one in client.fetches()] == ["by-address"]


def test_a_browser_can_put_what_a_program_has_announced(client: Client) -> None:
    data = picture(73)
    digest = hashlib.sha256(data).hexdigest()
    upload = client.begin_upload(len(data), digest, external_id="browser")
    assert upload.put is not None
    httpx.request(
        upload.put.method, upload.put.url, headers=upload.put.headers, content=data
    ).raise_for_status()
    image = client.complete_upload(upload.id, wait=1)
    assert client.upload(upload.id).image == image.id
    assert client.original(image.id) == data
    assert image.submissions[0].external_id == "browser"


def test_a_decision_is_appealed(
    server: Installation, client: Client, key_of: Callable[[str], str]
) -> None:
    image = client.send(picture(74))
    client.wait_for_result(image)
    open_case(server, image.id)
    taken = client.claim(next(client.cases(image=image.id)).id)
    decision = client.decide(
        taken.id, "fake", "content_edited", token=taken.claim_token
    )
    assert client.decision(decision.id).case == taken.id
    beside = client.image(image.id).decision
    assert beside is not None
    assert (beside.outcome, beside.final_at) == ("fake", decision.final_at)
    settle(server)
    with Client(server.url, key_of("lead")) as lead:
        appeal = lead.appeal(taken.id, "We have the raw file.", external_id="a-1")
        assert lead.get_appeal(appeal.id).decision == decision.id
        assert [one.id for one in lead.appeals(case=taken.id)] == [appeal.id]


def settle(server: Installation) -> None:
    """Let decisions be final, without the wait of 30 seconds."""
    server.manage(
        "shell",
        "-c",
        "from django.utils import timezone; from moderation.models import Decision,"
        "Event; now = timezone.now(); Decision.objects.update(final_at=now);"
        "Event.objects.filter(position=None).update(available_at=now)",
    )


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


def test_a_token_can_be_ended(server: Installation) -> None:
    made = server.manage("create_token", "moderator", "--days", "1")
    key = next(word for word in made.split() if word.startswith("pw_"))
    with Client(server.url, key) as client:
        next(client.images(), None)
        client.end_token()
        with pytest.raises(AuthenticationFailed):
            next(client.images(), None)
