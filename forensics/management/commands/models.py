"""``manage.py models``: lists the model store, files held to their manifests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.model_listing import ListedModel, list_models

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Prints a line a version; the reading is `forensics.analysis`'s."""

    help = (
        "List the models in the store: name, version, kind, whether they are active "
        "and for research only, and whether their files are what the manifest says. "
        "Ends with 1 where one is not."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the store and the form of the answer."""
        parser.add_argument(
            "--store", type=Path, default=settings.MODEL_STORE, help="model store"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a line"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        """Print them."""
        found = list(list_models(options["store"]))
        for listed in found:
            row = _row(listed)
            self.stdout.write(json.dumps(row) if options["json"] else _line(row))
        bad = sum(bool(listed.problem) for listed in found)
        if bad:
            raise CommandError(f"{bad} of {len(found)} models cannot be used.")
        if not found and not options["json"]:
            self.stdout.write("The model store is empty.")


def _row(listed: ListedModel) -> dict[str, Any]:
    return {
        "name": listed.name,
        "version": listed.version,
        "kind": listed.kind,
        "active": listed.is_active,
        "research_only": listed.research_only,
        "terms": listed.terms,
        "files_ok": not listed.problem,
        "problem": listed.problem,
    }


def _line(row: dict[str, Any]) -> str:
    marks = [row["kind"] or "unknown kind"]
    marks += ["active"] if row["active"] else []
    marks += ["RESEARCH ONLY"] if row["research_only"] else []
    marks += ["files ok"] if row["files_ok"] else [f"NOT USABLE: {row['problem']}"]
    return f"{row['name']} {row['version']}: {', '.join(marks)}"
