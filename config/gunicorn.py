"""Gunicorn's configuration: ``gunicorn -c python:config.gunicorn config.wsgi``."""

from __future__ import annotations

import json
import os
import signal
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from gunicorn import util
from uuid6 import uuid7

from config.lifeline import follow_supervisor

if TYPE_CHECKING:
    import socket

    from gunicorn.workers.base import Worker

CODES = {413: "too_many_bytes", 414: "uri_too_long", 431: "headers_too_large"}
INTERNAL = "internal_error"
worker_class = "gthread"
workers = 2
threads = 4
# Each process loads the application itself: nothing native is shared over a fork.
preload_app = False
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
loglevel = "warning"
control_socket_disable = True
# Its sign-of-life file must not wait for a slow disk.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 # memory


def answer_problem(sock: socket.socket, status: int, reason: str, mesg: str) -> None:
    """Answer what never reaches the application as the application does."""
    from config.problems import (  # noqa: PLC0415 - needs the settings
        MEDIA_TYPE,
        SERVER_SIDE,
        Problem,
    )

    is_theirs = status < SERVER_SIDE or status == HTTPStatus.NOT_IMPLEMENTED
    code = CODES.get(status, "bad_request" if is_theirs else INTERNAL)
    body = json.dumps(Problem(code, "", status).body(str(uuid7()))).encode()
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(sock, head.encode("latin1") + body)


# Gunicorn has no hook for it: a line or header too long, or no HTTP at all.
util.write_error = answer_problem


def post_worker_init(worker: Worker) -> None:
    """Take the whole server down when its supervisor is gone; keep collections short.

    The watch is kept by the workers: the parent must stay free of threads, because
    it forks.
    """
    from config.heap import freeze_loaded  # noqa: PLC0415 - needs the settings

    follow_supervisor(lambda: os.kill(worker.ppid, signal.SIGTERM))
    freeze_loaded()
