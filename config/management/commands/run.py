"""``manage.py run``: the web server and the analysis worker under one supervisor."""

import errno
import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.supervisor import Program, Supervisor, address

TASKS_PER_WORKER = 500


class Command(BaseCommand):
    """Start everything; end everything on Ctrl-C."""

    # All of Django's checks: gunicorn makes none.
    requires_system_checks = "__all__"
    help = "Run the web server and the analysis worker until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say where to listen, and with how many processes."""
        parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
        parser.add_argument("--port", type=int, default=8000, help="default: 8000")
        parser.add_argument(
            "--workers", type=int, default=1, help="analysis workers (default: 1)"
        )
        parser.add_argument(
            "--web-processes", type=int, default=2, help="web processes (default: 2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check what can be checked, then supervise."""
        host, port = options["host"], options["port"]
        _require_at_least_one("--workers", options["workers"])
        _require_at_least_one("--web-processes", options["web_processes"])
        _require_static_files()
        _require_migrations()
        _require_free(host, port)
        connection.close()
        programs = [
            _web(host, port, options["web_processes"]),
            *(_worker(n, options["workers"]) for n in range(options["workers"])),
        ]
        self.say(f"Starting on {address(host, port)}; Ctrl-C stops everything.")
        sys.exit(Supervisor(programs, say=self.say).run(host=host, port=port))

    def say(self, line: str) -> None:
        """Write one line at once."""
        self.stdout.write(line)
        self.stdout.flush()


def _web(host: str, port: int, processes: int) -> Program:
    command = (
        *(sys.executable, "-m", "gunicorn"),
        *("--config", "python:config.gunicorn"),
        *("--bind", address(host, port), "--workers", str(processes)),
        "config.wsgi:application",
    )
    return Program("web server", command, settings.BASE_DIR)


def _worker(number: int, count: int) -> Program:
    manage = str(settings.BASE_DIR / "manage.py")
    name = "worker" if count == 1 else f"worker {number + 1}"
    command = (sys.executable, manage, "worker", "--max-tasks", str(TASKS_PER_WORKER))
    return Program(name, command, settings.BASE_DIR)


def _require_at_least_one(option: str, value: int) -> None:
    if value < 1:
        raise CommandError(f"{option} is {value}; use 1 or more.")


def _require_static_files() -> None:
    read_manifest = getattr(staticfiles_storage, "read_manifest", None)
    if read_manifest is not None and read_manifest() is None:
        raise CommandError(
            "The style sheets and scripts are not collected. "
            "Run: manage.py collectstatic --noinput"
        )


def _require_migrations() -> None:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations. Run: manage.py migrate"
        )


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            raise CommandError(_why_not(host, port, error)) from error


def _why_not(host: str, port: int, error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EADDRINUSE:
        return f"Port {port} is in use. Choose another: make run PORT={port + 1}"
    place = address(host, port)
    return f"Cannot listen on {place}: {error}. Choose another --host or --port."
