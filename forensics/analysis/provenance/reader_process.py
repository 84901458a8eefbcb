"""The child process that reads manifests: the native library runs here and only here.

Started by path with ``python -I``, so it imports nothing of ours. A panic, a crash or
endless work in the library ends this process, not the worker. Before the first
stranger's byte it gives up what it does not need: it can open no file and no socket
any more, and has a limit of memory.

Frames in both directions: a big-endian length of four bytes, then the bytes. First the
library's settings as JSON; then a media type and a file, answered by JSON, until the
input ends.
"""

from __future__ import annotations

import io
import json
import os
import resource
import select
import sys
from typing import Any, Final

import c2pa

MEMORY: Final = 2 * 1024**3
CPU_SECONDS: Final = 20
IDLE_SECONDS: Final = 300
MAX_ANSWER: Final = 4 * 1024 * 1024
MAX_SIGNATURES: Final = 200
_RESULTS = ("active_manifest", "validation_state", "validation_results")


def main() -> None:
    """Answer until the input ends or nobody has asked for a while."""
    # Whatever the library prints must not land between the frames.
    out = os.dup(1)
    os.dup2(2, 1)
    context = c2pa.Context.from_dict(json.loads(_receive(0)))
    read_manifest(context, "image/jpeg", b"\xff\xd8\xff\xd9")  # loads what is lazy
    confine()
    _send(out, b"{}")
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        media_type = _receive(0).decode("ascii")
        data = _receive(0)
        _limit_cpu()
        _send(out, answer(context, media_type, data))


def answer(context: c2pa.Context, media_type: str, data: bytes) -> bytes:
    """Return what the library reads as JSON, the mere results where that is much."""
    found = read_manifest(context, media_type, data)
    encoded = json.dumps(found).encode()
    if len(encoded) > MAX_ANSWER and "store" in found:
        store = {name: found["store"].get(name) for name in _RESULTS}
        encoded = json.dumps({"store": store, "is_cut": True}).encode()
    if len(encoded) > MAX_ANSWER:
        encoded = json.dumps({"error": "the manifest says too much"}).encode()
    return encoded


def read_manifest(context: c2pa.Context, media_type: str, data: bytes) -> Any:
    """Validate a file's manifest store; errors of the library become an answer."""
    try:
        reader = c2pa.Reader.try_create(media_type, io.BytesIO(data), context=context)
        if reader is None:
            return {"is_missing": True}
        with reader:
            store = json.loads(reader.json())
            return {"store": store, "signatures": _signatures(reader)}
    except (c2pa.C2paError, ValueError, RecursionError) as error:
        return {"error": f"{type(error).__name__.strip('_')}: {error}"[:500]}


def _signatures(reader: c2pa.Reader) -> dict[str, Any]:
    """Return who signed each manifest, with issuer and validity, by its label."""
    found = json.loads(reader.crjson()).get("manifests", [])
    return {
        str(manifest.get("label")): manifest.get("signature")
        for manifest in found[:MAX_SIGNATURES]
    }


def confine() -> None:
    """Give up new files and sockets, core dumps, and memory without end."""
    lowest = os.dup(0)
    os.close(lowest)
    # Every descriptor below the limit is taken: the next open() or socket() fails.
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, lowest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _limit_cpu() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


def _receive(source: int) -> bytes:
    return _exactly(source, int.from_bytes(_exactly(source, 4), "big"))


def _exactly(source: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(source, min(size, 1 << 20))
        if not part:
            sys.exit(0)
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _send(target: int, data: bytes) -> None:
    rest = memoryview(len(data).to_bytes(4, "big") + data)
    while rest:
        rest = rest[os.write(target, rest) :]


if __name__ == "__main__":
    main()
