"""``manage.py worker``: analyzes what was sent in."""

import os
import signal
import socket
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.checks import TAG
from config.courier import couriers
from config.lifeline import follow_supervisor
from config.pruning import Pruner
from config.worker import AnalysisWorker, Pulse, ending_on_signals
from forensics.services import warm_up

END_WITHIN = 12.0


class Command(BaseCommand):
    """Run jobs until told to stop."""

    # The worker serves no pages: their checks would load all of the web.
    requires_system_checks = (TAG,)
    help = "Analyze queued images until stopped (Ctrl-C or SIGTERM)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how long to work."""
        parser.add_argument(
            "--once", action="store_true", help="end when the queue is empty"
        )
        parser.add_argument(
            "--max-tasks", type=int, help="end after so many jobs (default: never)"
        )
        parser.add_argument(
            "--nice",
            type=int,
            default=5,
            help="leave the processor to the web server first, 0 to 19 (default: 5)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Warm up, then work."""
        if not options["once"]:
            os.nice(options["nice"])
        name = f"{socket.gethostname()[:40]}-{os.getpid()}"
        worker = AnalysisWorker(
            name=name, batch=options["once"], max_tasks=options["max_tasks"]
        )
        follow_supervisor(_end_this_process)
        with ending_on_signals(worker), Pulse(name), Pruner(), couriers():
            warm_up()
            worker.run()


def _end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_WITHIN)
    os._exit(1)
