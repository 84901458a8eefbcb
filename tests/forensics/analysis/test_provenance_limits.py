"""Content Credentials kept elsewhere, too large, or hidden behind a decoy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from forensics.analysis.provenance import analyzer as analyzer_module
from forensics.analysis.provenance.locate import _STORE
from forensics.analysis.types import (
    FindingStatus,
)
from tests.credentials import (
    GENERATED,
    action,
    identity,
    signed,
)
from tests.forensics.analysis.provenance_findings import (
    analyze,
    analyzer,
    plain,
    two,
)


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that notes who asks."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join()


def test_a_credential_kept_elsewhere_is_explained_and_not_fetched(
    server: tuple[str, list[str]],
) -> None:
    address, asked = server
    finding = analyze(signed(plain(), remote=f"{address}/secret.c2pa"))
    assert two(finding) == ("unknown", "unknown")
    assert finding.codes == ("credential_remote",)
    assert "not fetched" in finding.summary
    assert asked == []


def test_the_library_itself_asks_nobody(server: tuple[str, list[str]]) -> None:
    address, asked = server
    reader = analyzer().reader
    answer = reader.read(signed(plain(), remote=f"{address}/x.c2pa"), "image/jpeg")
    assert "error" in answer
    who = identity(ocsp=f"{address}/ocsp")
    assert two(analyze(signed(plain(), by=who)))[0] == "valid"
    assert asked == []


def test_a_manifest_larger_than_the_cap_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analyzer_module, "MAX_MANIFEST", 5000)
    finding = analyze(signed(plain()))
    assert two(finding) == ("unknown", "unknown")
    assert "are not read" in finding.summary
    assert finding.status is FindingStatus.OK


def test_a_decoy_in_front_does_not_hide_the_manifest() -> None:
    data = signed(plain(), action(source=GENERATED))
    store = data.index(_STORE)
    text = b"\xff\xff\xff\xffjumb" + data[store - 8 : store + len(_STORE)]
    comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2) + text
    finding = analyze(data[:2] + comment + data[2:])
    assert "are not read" not in finding.summary
    assert finding.codes


def test_what_is_too_large_to_check_still_declares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(analyzer_module, "MAX_MANIFEST", 5000)
    finding = analyze(signed(plain(), action(source=GENERATED)))
    assert finding.codes == ("ai_declared_unverified",)
