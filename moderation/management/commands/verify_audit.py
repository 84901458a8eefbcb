"""Checks that nothing in the record was altered, taken out, moved or added."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from moderation.audit_chain import Head
from moderation.audit_selectors import chain_breaks, stored_head

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from moderation.audit_chain import Break

MOST_SHOWN = 100
_NOTED = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


class Command(BaseCommand):
    """Verify the audit record. Exit status 0: it holds; 1: it does not."""

    help = (
        "Verifies the hash chain of the audit record. Note the newest hash it prints "
        "elsewhere, and hold the record to it later with --expect."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a part of the record, a noted hash, and the form of the answer."""
        parser.add_argument("--from", dest="first", type=int, default=1, metavar="N")
        parser.add_argument("--to", dest="last", type=int, metavar="N")
        parser.add_argument(
            "--expect",
            metavar="N:HASH",
            help="a row's number and hash, noted at an earlier verification",
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(
        self,
        *args: Any,
        first: int,
        last: int | None,
        expect: str | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Check, and say what was found."""
        noted = _noted(expect)
        breaks = chain_breaks(
            first=first, last=last, noted=noted, passed=self._tell_progress
        )
        found = list(islice(breaks, MOST_SHOWN + 1))
        head = stored_head() or Head(0, "")
        if as_json:
            self.stdout.write(_as_json(head, found))
        else:
            self._say(head, found)
        if found:
            raise SystemExit(1)

    def _tell_progress(self, rows: int) -> None:
        if rows % 100_000 == 0:
            self.stderr.write(f"{rows:,} rows checked")

    def _say(self, head: Head, found: list[Break]) -> None:
        for broken in found[:MOST_SHOWN]:
            self.stdout.write(
                self.style.ERROR(f"row {broken.position:,}: {broken.words}")
            )
        if len(found) > MOST_SHOWN:
            self.stdout.write("There is more; only the first places are shown.")
        if found:
            self.stdout.write(self.style.ERROR("The record does not hold."))
            return
        self.stdout.write(f"The record holds: {head.count:,} rows.")
        self.stdout.write(f"Note this elsewhere: {head.count}:{head.hash}")


def _as_json(head: Head, found: list[Break]) -> str:
    return json.dumps(
        {
            "holds": not found,
            "rows": head.count,
            "hash": head.hash,
            "breaks": [asdict(broken) for broken in found[:MOST_SHOWN]],
            "has_more": len(found) > MOST_SHOWN,
        }
    )


def _noted(text: str | None) -> Head | None:
    if text is None:
        return None
    match = _NOTED.fullmatch(text.strip().lower())
    if match is None:
        raise CommandError(
            "--expect: Expected a number, a colon and 64 hexadecimal digits, as "
            f"verify_audit prints them. Received {text[:80]!r}."
        )
    return Head(int(match[1]), match[2])
