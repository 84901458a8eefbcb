"""The command ``pixelwarden``.

Exit status: 0 all is well; 1 something failed; 2 the command itself is wrong; 3 a
picture was flagged (``--fail-on``), whatever else failed; 130 interrupted.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelwarden import cli_watching
from pixelwarden.cli_output import Output
from pixelwarden.cli_sending import LEVELS, is_flagged, send
from pixelwarden.client import Client
from pixelwarden.errors import ConfigurationError, PixelwardenError
from pixelwarden.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pixelwarden.decoding import Resource

OK, FAILED, USAGE, FLAGGED, INTERRUPTED = 0, 1, 2, 3, 130
LISTS = (
    *("images", "analyses", "signals", "cases", "queues", "decisions", "appeals"),
    *("policies", "banks", "models", "endpoints", "deliveries", "keys", "audit"),
)
UNPAGED = {"models"}
_EXIT_CODES = "exit status: 0 ok, 1 failed, 2 usage, 3 flagged (--fail-on)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    output = Output(as_json=options.json)
    run: Callable[[Client, argparse.Namespace, Output], int] = options.run
    try:
        with Client(options.url, timeout=options.timeout) as client:
            return run(client, options, output)
    except ConfigurationError as error:
        output.error(error)
        return USAGE
    except (PixelwardenError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # `| head` has seen enough
            sys.stderr.close()
            return OK
        output.error(error)
        return FAILED
    except KeyboardInterrupt:
        output.error("Interrupted.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object a line")
    common.add_argument("--url", help="of the server; else PIXELWARDEN_URL")
    common.add_argument(
        "--timeout", type=_seconds, default=30, help="seconds without a sign of life"
    )
    parser = argparse.ArgumentParser(
        prog="pixelwarden",
        description="Send pictures to Pixelwarden and read what it found."
        " The key comes from PIXELWARDEN_KEY.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_send(commands, common)
    _add_result(commands, common)
    for name in LISTS:
        _add_list(commands, common, name)
    _add_report(commands, common)
    cli_watching.add(commands, common)
    return parser


def _add_send(commands: Any, common: argparse.ArgumentParser) -> None:
    made = commands.add_parser(
        "send",
        parents=[common],
        help="send files, folders and https addresses",
        epilog=_EXIT_CODES,
    )
    made.add_argument("what", nargs="+", metavar="FILE|FOLDER|URL")
    made.add_argument("--wait", action="store_true", help="until the results are there")
    made.add_argument(
        "--wait-timeout", type=_seconds, default=300, help="seconds for each result"
    )
    made.add_argument(
        "--fail-on",
        choices=LEVELS,
        help="wait, and exit with 3 if a verdict is this or worse",
    )
    made.add_argument("--external-id", help="your own id (one file or address)")
    made.add_argument("--context", type=_context, help="a JSON object, kept with each")
    made.add_argument(
        "--journal", type=Path, help="remember here what was sent of a folder; go on"
    )
    made.add_argument(
        "--concurrency", type=_count, default=4, help="files of a folder at a time"
    )
    made.set_defaults(run=send)


def _add_result(commands: Any, common: argparse.ArgumentParser) -> None:
    made = commands.add_parser(
        "result",
        parents=[common],
        help="wait for a result and show it",
        epilog=_EXIT_CODES,
    )
    made.add_argument("id", help="of an analysis or an image")
    made.add_argument("--wait-timeout", type=_seconds, default=300)
    made.add_argument("--fail-on", choices=LEVELS)
    made.set_defaults(run=_result)


def _add_list(commands: Any, common: argparse.ArgumentParser, name: str) -> None:
    made = commands.add_parser(name, parents=[common], help=f"list {name}")
    made.add_argument(
        "filters", nargs="*", type=_filter, metavar="NAME=VALUE", help="as in the API"
    )
    made.add_argument("--limit", type=_count, default=50, help="rows (50)")
    made.set_defaults(run=_list, list=name)


def _add_report(commands: Any, common: argparse.ArgumentParser) -> None:
    made = commands.add_parser(
        "report", parents=[common], help="download the evidence report (PDF)"
    )
    made.add_argument("id", help="of an analysis")
    made.add_argument("--output", "-o", type=Path, required=True)
    made.set_defaults(run=_report)


def _result(client: Client, options: argparse.Namespace, output: Output) -> int:
    analysis = client.wait_for_result(options.id, timeout=options.wait_timeout)
    output.analysis(analysis, with_reasons=True)
    if is_flagged(analysis, options.fail_on):
        return FLAGGED
    return FAILED if analysis.status == "failed" else OK


def _list(client: Client, options: argparse.Namespace, output: Output) -> int:
    filters: dict[str, Any] = {}
    for name, value in options.filters:
        filters.setdefault(name, []).append(value)
    if options.list not in UNPAGED:
        filters.setdefault("page_size", str(min(options.limit, 200)))
    rows: Iterator[Resource] = getattr(client, options.list)(**filters)
    for row in itertools.islice(rows, options.limit):
        output.row(row)
    return OK


def _report(client: Client, options: argparse.Namespace, output: Output) -> int:
    client.report_pdf(options.id, options.output)
    output.line(f"Written to {options.output}.", {"written": str(options.output)})
    return OK


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 86_400:
        raise argparse.ArgumentTypeError("expected seconds above 0, a day at most")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return value


def _filter(text: str) -> tuple[str, str]:
    name, is_there, value = text.partition("=")
    if not (name and is_there):
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, received {text!r}")
    return name, value


def _context(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError("expected a JSON object")
    return found
