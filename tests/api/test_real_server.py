"""The whole way over a real connection to the real server and worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
