"""The real settings, with a file storage that can be held: slow at will.

While ``DATA_DIR/hold`` exists, whoever reads an original waits: an analysis is then
*running* for as long as a test wants.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from config.settings import *  # noqa: F403 # all of them
from config.settings import DATA_DIR, STORAGES
from forensics.storage import WholeFileStorage

if TYPE_CHECKING:
    from django.core.files.base import File

HOLD = DATA_DIR / "hold"


class HeldStorage(WholeFileStorage):
    """Local files whose originals open only when nothing holds them."""

    def _open(self, name: str, mode: str = "rb") -> File:
        while name.startswith("originals/") and HOLD.exists():
            time.sleep(0.02)
        return super()._open(name, mode)


STORAGES = STORAGES | {
    "default": STORAGES["default"] | {"BACKEND": f"{__name__}.HeldStorage"}
}
