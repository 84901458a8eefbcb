"""``manage.py import_images DIR``: submit every picture of a folder."""

from __future__ import annotations

import logging
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.management.organizations import add_organization, chosen_organization
from accounts.models import User
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import StorageError
from forensics.folders import files_below, read_plain_file
from forensics.models import Door
from forensics.selectors import unfinished_among, verdicts_among, worker_is_alive
from forensics.services import submit_image

if TYPE_CHECKING:
    from uuid import UUID

REFUSED_SOME = 2
NOT_WAITED_FOR = 3
POLL_SECONDS = 0.5
# Waiting without any worker ends after this long.
PATIENCE_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Exit status: 0 all accepted, 1 nothing tried, 2 some refused, 3 no worker."""

    help = (
        "Submit the pictures of a folder for analysis. Exit status 0: all accepted; "
        "2: some were refused; 1: the folder or the user is not there; 3: with --wait, "
        "all was submitted but no worker runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what to import, for whom."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--user", help="user name of the submitter (default: none)")
        add_organization(parser)
        parser.add_argument(
            "--recursive",
            action=BooleanOptionalAction,
            default=True,
            help="look into folders below (default: yes)",
        )
        parser.add_argument(
            "--wait", action="store_true", help="wait until all are analyzed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Submit file by file; one bad file never ends the run."""
        folder: Path = options["folder"]
        self.submitter = _user_named(options["user"])
        self.owner = chosen_organization(options)
        self.counts: Counter[str] = Counter()
        self.analyses: set[UUID] = set()
        # The service's line for each image would tear the progress bar apart.
        logging.getLogger(submit_image.__module__).setLevel(logging.WARNING)
        try:
            paths = list(files_below(folder, is_recursive=options["recursive"]))
        except OSError as error:
            raise CommandError(f"{folder} is not a readable folder.") from error
        with tqdm(paths, unit="file", disable=None) as progress:
            for path in progress:
                self._submit(path, folder)
        self._summarize()
        if options["wait"]:
            self._wait()
        if self.counts["refused"]:
            sys.exit(REFUSED_SOME)

    def _submit(self, path: Path, folder: Path) -> None:
        try:
            receipt = submit_image(
                data=read_plain_file(path, max_bytes=settings.MAX_UPLOAD_BYTES),
                original_name=path.name,
                door=Door.COMMAND,
                submitted_by=self.submitter,
                organization_id=self.owner.pk,
            )
        except (ImageRejectedError, StorageError) as error:
            self._refused(path.relative_to(folder), str(error))
            return
        except Exception as error:  # one file's surprise must not cost the others
            with tqdm.external_write_mode():
                logger.exception("One file could not be submitted.")
            self._refused(path.relative_to(folder), f"An unexpected error: {error!r}")
            return
        self.counts["known" if receipt.is_duplicate else "new"] += 1
        self.analyses.add(receipt.analysis.id)

    def _refused(self, path: Path, reason: str) -> None:
        self.counts["refused"] += 1
        with tqdm.external_write_mode():
            self.stderr.write(f"{_printable(path)}: {reason}")

    def _summarize(self) -> None:
        new, known, refused = (self.counts[n] for n in ("new", "known", "refused"))
        self.stdout.write(f"{new} new, {known} already known, {refused} refused.")

    def _wait(self) -> None:
        alive_at = time.monotonic()
        if unfinished_among(self.analyses) and not worker_is_alive():
            self.stderr.write("No worker runs. Start one: manage.py worker")
        with tqdm(total=len(self.analyses), unit="analysis", disable=None) as progress:
            while left := unfinished_among(self.analyses):
                progress.update(len(self.analyses) - left - progress.n)
                if worker_is_alive():
                    alive_at = time.monotonic()
                elif time.monotonic() - alive_at >= PATIENCE_SECONDS:
                    self._give_up(left)
                time.sleep(POLL_SECONDS)
            progress.update(len(self.analyses) - progress.n)
        for verdict, count in verdicts_among(self.analyses).items():
            self.stdout.write(f"{verdict or 'no verdict'}: {count}")

    def _give_up(self, left: int) -> None:
        self.stderr.write(
            f"No worker runs: {left} analyses are queued and keep waiting for one."
        )
        sys.exit(NOT_WAITED_FOR)


def _user_named(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


def _printable(path: Path) -> str:
    text = str(path).encode(errors="backslashreplace").decode()
    return "".join(char if char.isprintable() else "?" for char in text)
