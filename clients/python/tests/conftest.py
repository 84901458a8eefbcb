"""A real server for all tests of the client, and one that misbehaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pixelwarden import Client, Retries

from tests.installation import DEMO_PASSWORD, Installation

QUICK = Retries(first_pause=0.01, longest_pause=0.05)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return a running installation."""
    installed = Installation(tmp_path_factory.mktemp("client") / "installation")
    installed.prepare()
    installed.start()
    yield installed
    installed.remove()


@pytest.fixture(scope="session")
def key_of(server: Installation) -> Callable[[str], str]:
    """Return a function that gives the key of a demo user."""
    keys: dict[str, str] = {}

    def key(name: str) -> str:
        if name not in keys:
            answer = httpx.post(
                f"{server.url}/api/v1/auth/tokens/", auth=(name, DEMO_PASSWORD)
            )
            keys[name] = answer.json()["token"]
        return keys[name]

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
