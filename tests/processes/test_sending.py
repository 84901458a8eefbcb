"""Sending through the real server: streamed bodies, waiting, and killed workers."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.images import jpeg, photo_like
from tests.installation import DEMO_PASSWORD, Installation, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes
IMAGES = "/api/v1/images/"


@pytest.fixture
def client(installation: Installation) -> Iterator[httpx.Client]:
    installation.start()
    answer = httpx.post(
        f"{installation.url}/api/v1/auth/tokens/", auth=("moderator", DEMO_PASSWORD)
    )
    with httpx.Client(
        base_url=installation.url,
        headers={"Authorization": f"Bearer {answer.json()['token']}"},
        timeout=60,
    ) as made:
        yield made


def picture(seed: int, size: tuple[int, int] = (160, 120)) -> bytes:
    return jpeg(photo_like(seed, size))


def test_the_result_is_waited_for_and_waiting_never_stands_in_the_way(
    installation: Installation, client: httpx.Client
) -> None:
    waited = client.post(
        IMAGES,
        content=picture(1),
        headers={"Content-Type": "image/jpeg", "Prefer": "wait=30"},
    )
    assert waited.status_code == 200, waited.text
    assert waited.json()["analysis"]["verdict"]
    assert waited.headers["Preference-Applied"] == "wait=30"

    # Without workers nothing gets ready: whoever may wait, waits all its time.
    for pid in installation.processes("db_worker") + installation.processes("run_w"):
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(12) as pool:
        waiting = [
            pool.submit(
                client.post,
                f"{IMAGES}?wait=6",
                files={"file": (f"{n}.jpg", picture(10 + n))},
            )
            for n in range(10)
        ]
        time.sleep(2)
        began = time.monotonic()
        plain = client.post(IMAGES, files={"file": ("a.jpg", picture(50))})
        took = time.monotonic() - began
        answers = [one.result() for one in waiting]

    assert plain.status_code == 202
    assert took < 4, took
    assert {answer.status_code for answer in answers} <= {200, 202}


def test_a_direct_upload_on_a_local_disk(client: httpx.Client) -> None:
    data = picture(2, (1200, 900))
    begun = client.post(
        "/api/v1/uploads/",
        json={"byte_size": len(data), "sha256": hashlib.sha256(data).hexdigest()},
    ).json()
    put = begun["put"]

    sent = httpx.request(
        put["method"], put["url"], headers=put["headers"], content=data
    )
    done = client.post(begun["complete_url"])

    assert sent.status_code == 200, sent.text
    assert done.status_code == 202, done.text
    assert done.json()["byte_size"] == len(data)


def test_repeated_after_lost_answers_and_killed_processes_each_is_stored_once(
    installation: Installation, client: httpx.Client
) -> None:
    count = 24

    def send(number: int) -> httpx.Response:
        data = picture(100 + number)
        headers = {"Idempotency-Key": f"sending-{number}"}
        for attempt in range(60):
            files = {"file": (f"{number}.jpg", io.BytesIO(data), "image/jpeg")}
            # Every third first attempt hangs up before it can have the answer.
            timeout = 0.02 if attempt == 0 and number % 3 == 0 else 30
            try:
                answer = client.post(
                    IMAGES, files=files, headers=headers, timeout=timeout
                )
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code == 202:
                return answer
            assert answer.status_code in {409, 500, 502, 503}, answer.text
            time.sleep(1)
        raise AssertionError("never answered")

    with ThreadPoolExecutor(6) as pool:
        sent = [pool.submit(send, number) for number in range(count)]
        time.sleep(0.5)
        victims = installation.processes("gunicorn")
        os.kill(max(victims), signal.SIGKILL)
        answers = [one.result() for one in sent]

    assert len({answer.headers["Location"] for answer in answers}) == count
    sql = "SELECT count(*) FROM forensics_image"
    assert installation.query(sql) == [(count,)]
    done = "SELECT count(*) FROM forensics_analysis WHERE status = 'completed'"
    wait_for(lambda: installation.query(done) == [(count,)], seconds=120)
