"""Requests that wait for a result: as long as asked, but never in the way of others."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from rest_framework.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

MOST_SECONDS = 30
LONGEST_NUMBER = 9
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
_PREFERENCE = re.compile(r'\s*([a-z-]+)\s*(?:=\s*"?([0-9]{1,9})"?\s*)?(?:;[^,]*)?')
T = TypeVar("T")

# One for each process. Whoever finds none free is answered at once.
_places = threading.BoundedSemaphore(settings.WAITING_REQUESTS)


@dataclass(frozen=True, slots=True)
class Wish:
    """How long a sender wants to wait, and the words in which it was said."""

    seconds: int = 0
    preferences: tuple[str, ...] = ()

    def applied(self, *, is_done: bool, has_waited: bool) -> dict[str, str]:
        """Return the header that says which preferences were honored."""
        honored = [
            name
            for name in self.preferences
            if (has_waited if name.startswith("wait") else not is_done)
        ]
        return {"Preference-Applied": ", ".join(honored)} if honored else {}


def wish_of(request: Request) -> Wish:
    """Read ``?wait=`` and ``Prefer``; the first counts where both say something.

    Raises
    ------
    ValidationError
        ``wait`` in the address is no whole number.
    """
    seconds, honored = 0, []
    for part in request.headers.get("Prefer", "").lower().split(","):
        match = _PREFERENCE.fullmatch(part)
        if match is None:
            continue
        if match[1] == "wait" and match[2]:
            seconds = min(int(match[2]), MOST_SECONDS)
            honored.append(f"wait={seconds}")
        elif match[1] == "respond-async":
            honored.append("respond-async")
    asked = request.query_params.get("wait")
    if asked is not None:
        if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_NUMBER):
            raise ValidationError({"wait": "Expected whole seconds, such as 20."})
        seconds = min(int(asked), MOST_SECONDS)
    return Wish(seconds, tuple(honored))


def wait_for(look: Callable[[], T | None], *, seconds: int) -> tuple[T | None, bool]:
    """Look again and again until there is something, or the time is up.

    Returns
    -------
    found : object or None
        What was seen last.
    has_waited : bool
        False where all places to wait at were taken: it was looked for just once.
    """
    if seconds <= 0 or not _places.acquire(blocking=False):
        return (look() if seconds > 0 else None), False
    try:
        return _poll(look, time.monotonic() + seconds), True
    finally:
        _places.release()


def _poll(look: Callable[[], T | None], end: float) -> T | None:
    pause = SHORTEST_PAUSE
    while (found := look()) is None and time.monotonic() < end:
        time.sleep(min(pause, max(0.0, end - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return found
