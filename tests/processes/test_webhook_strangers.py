"""Strangers' libraries verify what our own server and worker really send."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.installation import DEMO_PASSWORD, ROOT, Installation, wait_for
from tests.receivers import Receiver, Request, answering, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes
NODE = shutil.which("node")
FOLDER = ROOT / "tests" / "node"
IS_THERE = NODE is not None and (FOLDER / "node_modules/standardwebhooks").is_dir()


def by_pypi(secret: str, body: bytes, headers: dict[str, str]) -> Any:
    """Return what was said, or None where it is not genuine."""
    try:
        return Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return None


def by_npm(secret: str, body: bytes, headers: dict[str, str]) -> Any:
    if not IS_THERE and not os.environ.get("REQUIRE_NODE"):
        pytest.skip("needs Node.js and `make node`")
    delivery = {"secret": secret, "body": body.decode(), "headers": headers}
    done = subprocess.run(
        (str(NODE), "verify.mjs"),
        input=json.dumps(delivery).encode(),
        cwd=FOLDER,
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        assert b"No matching signature found" in done.stderr, done.stderr
        return None
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving(answering(204, b"")) as found:
        yield found


@pytest.fixture(scope="module")
def sent(
    receiver: Receiver, prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[list[str], Request]]:
    """Return both secrets of an endpoint in rotation, and what came to it."""
    installed = Installation(
        tmp_path_factory.mktemp("strangers") / "installation",
        settings={
            "OUTBOUND_SCHEMES": "http",
            "OUTBOUND_PORTS": str(receiver.port),
            "OUTBOUND_NETWORKS": "127.0.0.0/8,::1/128",
        },
    )
    installed.prepare(like=prepared)
    try:
        installed.start()
        yield told(installed, receiver)
    finally:
        installed.remove()


def told(installed: Installation, receiver: Receiver) -> tuple[list[str], Request]:
    token = httpx.post(
        f"{installed.url}/api/v1/auth/tokens/", auth=("lead", DEMO_PASSWORD)
    ).json()["token"]
    with httpx.Client(
        base_url=f"{installed.url}/api/v1/webhooks/endpoints/",
        headers={"Authorization": f"Bearer {token}"},
    ) as http:
        wish = {"url": receiver.url("/hook"), "description": "Zürich"}
        made = http.post("", json=wish).json()
        rotated = http.post(f"{made['id']}/rotate-secret/", json={}).json()
        queued = http.post(f"{made['id']}/test/")
        assert queued.status_code == 202, queued.text
    wait_for(lambda: receiver.requests, what=installed.output)
    return [made["secret"], rotated["secret"]], receiver.requests[0]


@pytest.mark.parametrize("verify", [by_pypi, by_npm])
def test_a_strangers_verifier_believes_our_server_and_nobody_else(
    sent: tuple[list[str], Request], verify: Any
) -> None:
    secrets, request = sent

    for secret in secrets:  # both are good while they overlap
        said = verify(secret, request.body, request.headers)
        assert said["type"] == "webhook.test"
        assert said["id"] == request.headers["webhook-id"]
    changed = request.body.replace(b"webhook.test", b"case.decided")
    assert verify(secrets[1], changed, request.headers) is None
    assert verify(secrets[1][:-4] + "AAA=", request.body, request.headers) is None
    another = request.headers | {"webhook-id": "msg_1"}
    assert verify(secrets[1], request.body, another) is None
