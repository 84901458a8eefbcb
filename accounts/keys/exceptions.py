"""Why something about keys is refused. Messages are for people."""

from __future__ import annotations


class KeyRefusedError(Exception):
    """What was asked of a key cannot be; nothing was changed.

    Attributes
    ----------
    field : str
        Which value is wrong; empty if none alone.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class KeyNotAllowedError(Exception):
    """Who asks may not do this with keys."""


class QuotaExceededError(Exception):
    """The key has sent as many pictures as it may.

    Attributes
    ----------
    wait : int
        Seconds until it may again.
    """

    def __init__(self, message: str, *, wait: int) -> None:
        super().__init__(message)
        self.wait = wait
