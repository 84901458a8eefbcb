"""Ends a child when its supervisor is gone, even one that could not say so.

The supervisor holds the other end of the child's standard input. Whatever ends the
supervisor, SIGKILL included, closes that end, on every system alike.
"""

import os
import threading
from collections.abc import Callable

VARIABLE = "SUPERVISED_THROUGH_STDIN"


def follow_supervisor(end: Callable[[], None]) -> None:
    """Call ``end`` from a thread once the supervisor is gone; else do nothing."""
    if os.environ.get(VARIABLE) == "1":
        threading.Thread(target=_wait, args=(end,), daemon=True).start()


def _wait(end: Callable[[], None]) -> None:
    while os.read(0, 1024):
        pass
    end()
