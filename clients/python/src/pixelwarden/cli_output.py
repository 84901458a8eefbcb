"""What the command writes: lines for people, or JSON; progress on terminals only."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pixelwarden.errors import ApiError, PixelwardenError

if TYPE_CHECKING:
    from pixelwarden.decoding import Resource
    from pixelwarden.resources import Analysis, Event

# What a line of a list shows, in this order, where it is there.
_COLUMNS = [
    "id",
    "position",
    "at",
    "opened_at",
    "created_at",
    "queued_at",
    "status",
    "state",
    "priority",
    "verdict",
    "score",
    "outcome",
    "reason",
    "name",
    "action_words",
    "actor_name",
    "sha256",
    "event_type",
    "last_error",
]

# What a line of an event shows of its data.
_ABOUT = (
    *("image_id", "case_id", "policy_id", "change", "verdict", "machine_verdict"),
    *("outcome", "resolution", "flagged"),
)


class Output:
    """Writes results to standard output, everything else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._shows_progress = not as_json and sys.stderr.isatty()
        self._width = 0

    def line(self, words: str, raw: Any) -> None:
        """Write one result."""
        self.progress("")
        text = json.dumps(raw, ensure_ascii=False) if self._as_json else plain(words)
        sys.stdout.write(_encodable(text) + "\n")
        sys.stdout.flush()

    def row(self, resource: Resource) -> None:
        """Write one row of a list."""
        raw = resource.raw
        shown = [str(raw[name]) for name in _COLUMNS if raw.get(name) not in (None, "")]
        self.line("  ".join(shown), raw)

    def event(self, event: Event) -> None:
        """Write what happened."""
        shown = [str(event.raw.get(name, "")) for name in ("timestamp", "type", "id")]
        about = event.data.raw
        shown += [
            f"{name}={about[name]}"
            for name in _ABOUT
            if about.get(name) not in (None, "")
        ]
        said = [one["external_id"] for one in about.get("submissions", ())]
        shown += [f"external_id={text}" for text in dict.fromkeys(said) if text]
        self.line("  ".join(shown), event.raw)

    def analysis(
        self, analysis: Analysis, *, with_reasons: bool, name: str = ""
    ) -> None:
        """Write a result."""
        score = f" {analysis.score:.2f}" if analysis.score is not None else ""
        said = f"{analysis.verdict or 'no verdict'}{score}  ({analysis.status})"
        lines = [f"{name or analysis.id}  {said}"]
        if analysis.error is not None:
            lines.append(f"  {analysis.error.code}: {analysis.error.detail}")
        if with_reasons:
            lines += [
                f"  {r.weight:+.2f}  {r.code}: {r.text}" for r in analysis.reasons
            ]
        raw = dict(analysis.raw) | ({"source": name} if name else {})
        self.line("\n".join(plain(line) for line in lines), raw)

    def error(self, error: Exception | str, *, name: str = "") -> None:
        """Write what went wrong."""
        self.progress("")
        words = f"{name}: {error}" if name else str(error)
        raw: dict[str, Any] = {"error": str(error)} | ({"source": name} if name else {})
        if isinstance(error, ApiError):
            raw["problem"] = dict(error.raw)
            for one in error.errors:
                words += f"\n  {one.pointer or one.parameter}: {one.detail}"
        elif not isinstance(error, PixelwardenError | OSError | str):
            raw["error"] = type(error).__name__
        text = json.dumps(raw) if self._as_json else plain(words)
        sys.stderr.write(_encodable(text) + "\n")

    def progress(self, words: str) -> None:
        """Write over the last progress line, on a terminal."""
        if self._shows_progress and (words or self._width):
            words = plain(words)[:78]
            sys.stderr.write("\r" + words.ljust(self._width))
            if not words:
                sys.stderr.write("\r")
            sys.stderr.flush()
            self._width = len(words)


def plain(text: str) -> str:
    """Return words of strangers without what a terminal would obey."""
    return "".join(
        char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}"
        for char in text
    )


def _encodable(text: str) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
