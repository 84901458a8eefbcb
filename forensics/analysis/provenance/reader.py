"""The parent's side of the process that reads manifests: start, ask, give up."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from subprocess import Popen

    from forensics.analysis.provenance.trust import TrustList

_SCRIPT: Final = Path(__file__).with_name("reader_process.py")
_MAX_ANSWER: Final = 8 * 1024 * 1024
_START_SECONDS: Final = 60.0
_PIECE: Final = 1 << 20
# The child gets no secret of ours: only what finds programs and libraries.
_KEPT: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
# What a certificate may be for: claim signing by the C2PA's profile and, before it, by
# RFC 9336 (documents) and the protection of mail; time stamping. The library by itself
# takes none of the C2PA's own, so that no signer of its trust list would be fit.
_PURPOSES: Final = (
    "1.3.6.1.4.1.62558.2.1",
    "1.3.6.1.5.5.7.3.36",
    "1.3.6.1.5.5.7.3.4",
    "1.3.6.1.5.5.7.3.8",
)
_NO_NETWORK: Final = {
    "verify": {
        "verify_after_reading": True,
        "verify_trust": True,
        "verify_timestamp_trust": True,
        "ocsp_fetch": False,
        "remote_manifest_fetch": False,
    },
    "core": {
        "allowed_network_hosts": [],
        "allow_redirects": False,
        "decode_identity_assertions": False,
        "max_decompressed_manifest_size_in_mb": 32,
    },
}


class ReaderError(ForensicsError):
    """The process that reads manifests ended or did not answer in time."""


def reader_settings(trust: TrustList | None) -> dict[str, Any]:
    """Return the library's settings: nothing from a network, these anchors or none."""
    anchors = []
    if trust is not None:
        anchors.append({"trust_kind": "manifest", "trust_anchors": trust.signers})
        if trust.authorities:
            anchors.append({"trust_kind": "tsa", "trust_anchors": trust.authorities})
    purposes = "\n".join(_PURPOSES)
    return {**_NO_NETWORK, "trust": {"anchors": anchors, "trust_config": purposes}}


class ManifestReader:
    """Asks a child process, started with the first question and kept for the next.

    One question at a time; safe to use from several threads. A child that has died
    since the last question (it leaves when idle) is replaced once.

    Parameters
    ----------
    settings : mapping
        For the library, see :func:`reader_settings`.
    time_limit : float
        Seconds for one file; then the child is killed.
    """

    def __init__(
        self, settings: Mapping[str, Any], *, time_limit: float = 10.0
    ) -> None:
        self._settings = json.dumps(settings).encode()
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._process: Popen[bytes] | None = None
        self._owner = os.getpid()

    def read(self, data: bytes, media_type: str) -> dict[str, Any]:
        """Return the library's answer about one file.

        Raises
        ------
        ReaderError
            The child crashed, hung or answered nonsense; the next call starts another.
        """
        with self._lock:
            try:
                return self._ask(data, media_type)
            except BrokenPipeError:
                # It went while idle. What crashed or hung on this file is not repeated.
                return self._ask(data, media_type)

    def close(self) -> None:
        """End the child; the next question starts another."""
        with self._lock:
            self._drop()

    def _ask(self, data: bytes, media_type: str) -> dict[str, Any]:
        process = self._started()
        question = _frame(media_type.encode("ascii")) + _frame(data)
        try:
            return _answer(_exchange(process, question, self._time_limit))
        except BaseException:
            self._drop()
            raise

    def _started(self) -> Popen[bytes]:
        if self._owner != os.getpid():  # a fork's child must not use its parent's pipes
            self._process, self._owner = None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self._drop()
        if self._process is None:
            self._process = _start()
            weakref.finalize(self, _end, self._process)
            try:
                _exchange(self._process, _frame(self._settings), _START_SECONDS)
            except BaseException:
                self._drop()
                raise
        return self._process

    def _drop(self) -> None:
        if self._process is not None:
            _end(self._process)
            self._process = None


def _start() -> Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", str(_SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        bufsize=0,
    )
    for pipe in _pipes(process):
        os.set_blocking(pipe, False)
        with contextlib.suppress(OSError):  # pages are few and a file is large
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIECE)
    return process


def _pipes(process: Popen[bytes]) -> tuple[int, int]:
    if process.stdin is None or process.stdout is None:
        raise ReaderError("The process that reads manifests has no pipes.")
    return process.stdin.fileno(), process.stdout.fileno()


def _end(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _frame(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _exchange(process: Popen[bytes], question: bytes, seconds: float) -> bytes:
    """Write the question and read one frame, both before the time is up."""
    target, source = _pipes(process)
    unsent, received = memoryview(question), bytearray()
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        readable, writable, _ = select.select(
            [source], [target] if unsent else [], [], max(0.0, left)
        )
        if left <= 0.0:
            raise ReaderError(f"Reading the manifest took more than {seconds:g} s.")
        if writable:
            unsent = unsent[os.write(target, unsent[:_PIECE]) :]
        if readable:
            _take(source, received)
        size = int.from_bytes(received[:4], "big")
        if len(received) >= 4 and len(received) >= 4 + size:
            return bytes(received[4 : 4 + size])


def _take(source: int, received: bytearray) -> None:
    part = os.read(source, _PIECE)
    if not part:
        raise ReaderError("The process that reads manifests crashed on this file.")
    received += part
    if len(received) > _MAX_ANSWER:
        raise ReaderError("The process that reads manifests answers without end.")


def _answer(frame: bytes) -> dict[str, Any]:
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise ReaderError("The manifest reader's answer cannot be read.") from error
    if not isinstance(found, dict):
        raise ReaderError("The manifest reader's answer cannot be read.")
    return found
