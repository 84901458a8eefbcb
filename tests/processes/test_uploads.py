"""Many uploads through the real server, analyzed by two real workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.images import jpeg, photo_like
from tests.installation import DEMO_PASSWORD, Installation, wait_for

pytestmark = pytest.mark.processes

UPLOADS = 200
AT_ONCE = 4


def test_two_hundred_uploads_are_all_analyzed_none_twice(
    installation: Installation,
) -> None:
    installation.start("--workers", "2")
    with _signed_in(installation) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda n: _upload(client, n), range(UPLOADS)))

        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.headers["Location"] for answer in answers}) == UPLOADS
        wait_for(
            lambda: _count(installation, "status = 'completed'") == UPLOADS,
            seconds=90,
            what=lambda: f"{_by_status(installation)}\n{installation.output()}",
        )
        last = client.get(answers[-1].headers["Location"])

    assert last.json()["status"] == "completed"
    assert _by_status(installation) == [("completed", 1, UPLOADS)]
    assert installation.query("SELECT count(*) FROM forensics_image") == [(UPLOADS,)]
    for pid in installation.processes("gunicorn"):
        assert "tensorflow" not in Path(f"/proc/{pid}/maps").read_text()
    assert "Traceback" not in installation.output()
    assert "locked" not in installation.output()


def _signed_in(installation: Installation) -> httpx.Client:
    answer = httpx.post(
        f"{installation.url}/api/v1/auth/tokens/", auth=("moderator", DEMO_PASSWORD)
    )
    assert answer.status_code == 201, answer.text
    return httpx.Client(
        base_url=installation.url,
        headers={"Authorization": f"Bearer {answer.json()['token']}"},
        timeout=30,
    )


def _upload(client: httpx.Client, number: int) -> httpx.Response:
    picture = jpeg(photo_like(number, (160, 120)))
    files = {"file": (f"photo-{number}.jpg", picture, "image/jpeg")}
    return client.post("/api/v1/images/", files=files)


def _count(installation: Installation, condition: str) -> int:
    sql = f"SELECT count(*) FROM forensics_analysis WHERE {condition}"  # noqa: S608 # ours
    return int(installation.query(sql)[0][0])


def _by_status(installation: Installation) -> list[tuple[object, ...]]:
    return installation.query(
        "SELECT status, attempts, count(*) FROM forensics_analysis "
        "GROUP BY status, attempts ORDER BY status"
    )
