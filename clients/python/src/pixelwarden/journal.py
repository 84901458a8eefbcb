"""What was sent already, in a file: one line of JSON each, added and never changed."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING

from pixelwarden.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

_KIND = "pixelwarden-journal"


class Journal:
    """Remembers files by a mark that changes when they do.

    In memory is 16 bytes of each mark and two ids, not the names.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Raises
    ------
    ConfigurationError
        The file is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: dict[bytes, tuple[str, str]] = {}
        is_torn = self._read() if path.exists() and path.stat().st_size else False
        self._file = path.open("a", encoding="utf-8")
        if is_torn:
            self._file.write("\n")
        if not self._known and not path.stat().st_size:
            self.name = uuid.uuid4()
            self._write({"kind": _KIND, "name": str(self.name)})

    def find(self, mark: str) -> dict[str, str] | None:
        """Return what was written of a mark."""
        found = self._known.get(_short(mark))
        return None if found is None else {"image": found[0], "analysis": found[1]}

    def add(self, mark: str, *, image: str, analysis: str) -> None:
        """Write down that something was sent."""
        short = _short(mark)
        self._known[short] = (image, analysis)
        name = mark.partition("\0")[0]
        self._write(
            {"mark": short.hex(), "file": name, "image": image, "analysis": analysis}
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self) -> bool:
        """Read all lines; return whether the last one was cut off by a crash."""
        with self.path.open(encoding="utf-8", errors="replace") as file:
            head = _parsed(file.readline())
            try:
                self.name = uuid.UUID(head["name"] if head["kind"] == _KIND else "")
            except (KeyError, ValueError):
                raise ConfigurationError(
                    f"{self.path} is no journal of this program. Name another file."
                ) from None
            line = "\n"
            for line in file:  # the last one is looked at below
                words = _parsed(line)
                if {"mark", "image", "analysis"} <= words.keys():
                    self._known[bytes.fromhex(words["mark"])] = (
                        words["image"],
                        words["analysis"],
                    )
        return not line.endswith("\n")

    def _write(self, words: dict[str, str]) -> None:
        self._file.write(json.dumps(words) + "\n")
        self._file.flush()


def _parsed(line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    is_words = isinstance(found, dict) and all(
        isinstance(value, str) for value in found.values()
    )
    return found if is_words else {}


def _short(mark: str) -> bytes:
    content = mark.encode(errors="surrogateescape")
    return hashlib.sha256(content).digest()[:16]
