"""``manage.py rebuild_search``: write anew what searches read."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from moderation.services.search import rebuild_search


class Command(BaseCommand):
    """After an upgrade, or when somebody changed texts past the services."""

    help = (
        "Write every image's search document anew from names, tags, notes and comments."
        " May run while people work."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and say how many."""
        with tqdm(unit=" images", disable=options["verbosity"] < 1) as bar:
            count = rebuild_search(progress=lambda _done: bar.update(1))
        self.stdout.write(f"{count:,} images can be searched.")
