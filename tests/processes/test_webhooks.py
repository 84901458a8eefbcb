"""A real worker, killed after it has sent a webhook and before it could note that."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installation import ROOT, Installation, wait_for
from tests.receivers import Request, answer, receiving

pytestmark = pytest.mark.processes

MAKE = """
from accounts.models import User
from moderation.models import Event
from moderation.services.endpoints import Wish, create_endpoint
lead = User.objects.filter(groups__name="lead").first()
create_endpoint(wish=Wish(url="{url}"), actor=lead)
Event.objects.create(type="analysis.completed", organization_id=1, data={{}})
"""
END_LEASES = """
from django.utils import timezone
from moderation.models import Delivery
print("ended", Delivery.objects.update(leased_until=timezone.now()))
"""
TELL = """
from moderation.models import Delivery
one = Delivery.objects.get()
print("state", one.state, one.attempts_made)
"""


def start_worker(installed: Installation) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, str(ROOT / "manage.py"), "worker"),
        env=installed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_an_event_is_sent_again_under_its_id(
    prepared: Installation, tmp_path: Path
) -> None:
    running: list[subprocess.Popen[bytes]] = []

    def kill_the_first(connection: socket.socket, request: Request) -> None:
        if len(running) == 1:
            os.kill(running[0].pid, signal.SIGKILL)
            return
        connection.sendall(answer())

    with receiving(kill_the_first) as receiver:
        installed = Installation(
            tmp_path / "installation",
            settings={
                "OUTBOUND_SCHEMES": "http",
                "OUTBOUND_PORTS": str(receiver.port),
                "OUTBOUND_NETWORKS": "127.0.0.0/8,::1/128",
            },
        )
        installed.prepare(like=prepared)
        try:
            installed.manage("shell", "-c", MAKE.format(url=receiver.url("/x")))
            running.append(start_worker(installed))
            running[0].wait(60)
            assert "state pending 0" in installed.manage("shell", "-c", TELL)
            assert "ended 1" in installed.manage("shell", "-c", END_LEASES)
            running.append(start_worker(installed))
            wait_for(
                lambda: len(receiver.requests) == 2, what=lambda: "again", seconds=60
            )
            wait_for(
                lambda: "state delivered 1" in installed.manage("shell", "-c", TELL),
                what=lambda: "settled",
                seconds=30,
            )
        finally:
            for worker in running:
                worker.kill()
                worker.communicate()
            installed.remove()
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
