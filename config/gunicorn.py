"""Gunicorn's configuration: ``gunicorn -c python:config.gunicorn config.wsgi``."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from config.lifeline import follow_supervisor

if TYPE_CHECKING:
    from gunicorn.workers.base import Worker

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


def post_worker_init(worker: Worker) -> None:
    """Take the whole server down when its supervisor is gone.

    The watch is kept by the workers: the parent must stay free of threads, because
    it forks.
    """
    follow_supervisor(lambda: os.kill(worker.ppid, signal.SIGTERM))
