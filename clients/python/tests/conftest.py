"""A real server for all tests of the client, and one that misbehaves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pixelwarden import Client, Retries

from tests.images import jpeg, photo_like
from tests.installation import DEMO_PASSWORD, Installation
from tests.receivers import Receiver, Request, answer, receiving

QUICK = Retries(first_pause=0.01, longest_pause=0.05)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Return somebody's server: it takes webhooks, and gives a picture."""
    given = jpeg(photo_like(99, (160, 120)))

    def behave(connection: socket.socket, request: Request) -> None:
        is_asked = request.line.startswith("GET ")
        connection.sendall(answer(200, given) if is_asked else answer(204, b""))

    with receiving(behave) as found:
        yield found


@pytest.fixture(scope="session")
def server(
    receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """Return a running installation that may reach the receiver."""
    installed = Installation(
        tmp_path_factory.mktemp("client") / "installation",
        settings={
            "FETCH_URLS": "true",
            "OUTBOUND_SCHEMES": "https,http",
            "OUTBOUND_PORTS": f"443,{receiver.port}",
            "OUTBOUND_NETWORKS": "127.0.0.0/8,::1/128",
        },
    )
    installed.prepare()
    installed.start()
    yield installed
    installed.remove()


# What each group of people does with the API, so that a key of it does the same.
SCOPES: dict[str, tuple[str, ...]] = {
    "integrator": (
        *("images:read", "images:write", "analyses:read", "decisions:read"),
        *("appeals:read", "appeals:write"),
    ),
    "moderator": (
        *("images:read", "images:write", "analyses:read", "cases:read", "cases:write"),
        *("decisions:read", "decisions:write", "appeals:read", "appeals:write"),
        *("policies:read", "queues:read", "banks:read", "models:read"),
    ),
    "administrator": tuple(
        f"{what}:{verb}"
        for verb, names in {
            "read": "images analyses cases decisions appeals policies queues banks"
            " models audit events",
            "write": "images cases decisions appeals banks",
            "manage": "webhooks keys",
        }.items()
        for what in names.split()
    ),
}
SCOPES["lead"] = tuple(s for s in SCOPES["administrator"] if s != "keys:manage")


@pytest.fixture(scope="session")
def key_of(server: Installation) -> Callable[[str], str]:
    """Return a function that gives the key of a service account in a group."""
    keys: dict[str, str] = {}
    answer = httpx.post(
        f"{server.url}/api/v1/auth/tokens/", auth=("administrator", DEMO_PASSWORD)
    )
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}

    def post(path: str, body: dict[str, Any]) -> Any:
        made = httpx.post(f"{server.url}/api/v1/{path}", headers=headers, json=body)
        assert made.status_code == 201, made.text
        return made.json()

    def key(group: str) -> str:
        if group not in keys:
            name = f"{group}-program"
            post("service-accounts/", {"username": name, "groups": [group]})
            plan = {"account": name, "name": "tests", "scopes": SCOPES[group]}
            made = post("keys/", plan | {"per_minute": 60_000, "burst": 60_000})
            keys[group] = made["secret"]
        return keys[group]

    return key


@pytest.fixture
def client(server: Installation, key_of: Callable[[str], str]) -> Iterator[Client]:
    with Client(server.url, key_of("moderator"), timeout=60) as made:
        yield made


class Misbehaving:
    """Answers with what it is told, in this order, and then with 404.

    A plan is a status with headers and body, or a function that gets the handler.
    """

    def __init__(self) -> None:
        self.plan: list[Any] = []
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_any(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                headers = {n.lower(): v for n, v in self.headers.items()}
                outer.seen.append((self.command, self.path, headers, body))
                step = outer.plan.pop(0) if outer.plan else (404, {}, b"{}")
                if callable(step):
                    step(self)
                    return
                status, headers, content = step
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def misbehaving() -> Iterator[Misbehaving]:
    made = Misbehaving()
    yield made
    made.close()
