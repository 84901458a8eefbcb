"""``pixelwarden watch``: what happens, a line an event, and where one was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelwarden.errors import ConfigurationError
from pixelwarden.transport import written
from pixelwarden.words import EventType

if TYPE_CHECKING:
    import argparse

    from pixelwarden.cli_output import Output
    from pixelwarden.client import Client

_LONGEST_ID = 100


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    made = commands.add_parser(
        "watch",
        parents=[common],
        help="show what happens, an event a line, until it is interrupted",
        description="Shows what happens from now on, or from --after. With --state"
        " nothing is missed between two runs.",
    )
    made.add_argument("--after", metavar="ID", help="of the last event that you know")
    made.add_argument(
        "--type", choices=[str(one) for one in EventType], help="only this type"
    )
    made.add_argument(
        "--state", type=Path, help="a file that remembers the last event; go on"
    )
    made.add_argument(
        "--poll", type=float, default=5.0, help="seconds between questions (5)"
    )
    made.add_argument(
        "--once", action="store_true", help="show what has happened, and end"
    )
    made.set_defaults(run=watch)


def watch(client: Client, options: argparse.Namespace, output: Output) -> int:
    """Show what happens."""
    after = options.after or _remembered(options.state)
    if options.once:
        found = client.events(after=after, type=options.type)
    else:
        found = client.watch(after=after, type=options.type, poll=options.poll)
    for event in found:
        output.event(event)
        if options.state is not None:  # after it was shown: twice rather than never
            with written(options.state) as file:
                file.write(f"{event.id}\n".encode())
    return 0


def _remembered(state: Path | None) -> str | None:
    if state is None or not state.exists():
        return None
    text = state.read_text(errors="replace").strip()
    if not (text.isascii() and text.isprintable() and len(text) <= _LONGEST_ID):
        raise ConfigurationError(f"{state} is no state of this command.")
    return text or None
