"""The whole way over a real connection to the real server and worker."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.images import photo_like, png
from tests.installation import DEMO_PASSWORD, Installation, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.processes
GENERATED = {"parameters": "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"}


@pytest.fixture(scope="module")
def client(
    prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    installed = Installation(tmp_path_factory.mktemp("api") / "installation")
    installed.prepare(like=prepared)
    installed.start()
    with httpx.Client(base_url=installed.url, timeout=30) as opened:
        answer = opened.post("/api/v1/auth/tokens/", auth=("moderator", DEMO_PASSWORD))
        opened.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        yield opened
    installed.remove()


def test_a_picture_is_sent_polled_flagged_decided_and_fetched(
    client: httpx.Client,
) -> None:
    data = png(photo_like(3, (160, 120)), GENERATED)

    accepted = client.post("/api/v1/images/", files={"file": ("cat.png", data)})
    assert accepted.status_code == 202
    location = accepted.headers["Location"]
    answers = []

    def finished() -> bool:
        answers.append(client.get(location))
        return "Retry-After" not in answers[-1].headers

    wait_for(finished, what=lambda: answers[-1].text)
    result = answers[-1].json()
    assert result["status"] == "completed", result["signals"]
    assert result["verdict"] == "fake"

    image = accepted.json()["id"]
    (case,) = client.get("/api/v1/cases/", params={"image": image}).json()["results"]
    fake = {"outcome": "fake", "reason": "ai_generated"}
    decided = client.post(f"{case['url']}decide/", json=fake)
    assert decided.status_code == 201
    assert client.get(decided.headers["Location"]).json()["machine_verdict"] == "fake"
    assert client.get(case["url"]).json()["outcome"] == "fake"

    original = client.get(accepted.json()["original_url"])
    assert original.content == data
    assert original.headers["Content-Disposition"].startswith("attachment")
    (preview, *_) = result["renditions"]
    picture = client.get(preview["content_url"])
    assert picture.headers["Content-Type"] == preview["media_type"]
    assert len(picture.content) == preview["byte_size"]


def test_requests_without_or_beyond_bounds_end_in_problems(
    client: httpx.Client,
) -> None:
    stranger = httpx.get(f"{client.base_url}/api/v1/images/")
    unknown = client.get("/api/v1/nowhere/")
    chunked = client.post(
        "/api/v1/images/",
        content=iter([b"--b\r\n", b"x"]),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    healthy = client.get("/healthz").json()

    assert (stranger.status_code, unknown.status_code) == (401, 404)
    for answer in (stranger, unknown, chunked):
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert chunked.json()["code"] == "invalid"
    assert healthy["worker"] == "alive"


@pytest.mark.parametrize("is_raw", [True, False])
def test_a_request_that_was_cut_off_takes_no_key(
    client: httpx.Client, *, is_raw: bool
) -> None:
    data = png(photo_like(11 + is_raw, (160, 120)))
    sent: dict[str, Any] = {"content": data} if is_raw else {"files": {"file": data}}
    kind = {"Content-Type": "image/png"} if is_raw else {}
    key = {"Idempotency-Key": f"cut-{is_raw}"}
    request = client.build_request(
        "POST", "/api/v1/images/", headers=kind | key, **sent
    )
    body = request.read()
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    there = (client.base_url.host, client.base_url.port or 80)
    with socket.create_connection(there, timeout=10) as half:
        half.sendall(f"POST /api/v1/images/ HTTP/1.1\r\n{head}\r\n".encode())
        half.sendall(body[: len(body) // 2])
    answers = []

    def accepted() -> bool:
        answers.append(client.send(request))
        return answers[-1].status_code != 409  # while the half is being read

    wait_for(accepted, what=lambda: answers[-1].text)
    assert answers[-1].status_code == 202, answers[-1].text
    assert "Idempotent-Replayed" not in answers[-1].headers
    original = client.get(answers[-1].json()["original_url"])
    assert original.content == data
