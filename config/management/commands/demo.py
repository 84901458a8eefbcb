"""``manage.py demo``: a dozen pictures, some forged on the spot, sent in."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from forensics.demo import DemoPicture, make_pictures
from forensics.models import Analysis, Door
from forensics.selectors import unfinished_among, worker_is_alive
from forensics.services import Receipt, submit_image
from moderation.models import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBMITTER = "moderator"
POLL_SECONDS = 0.3
ROW = "{:<21} {:<7} {:<13} {:>5}  {:<5} {}"


class Command(BaseCommand):
    """Submit as the demo moderator; wait for a running worker, or analyze here."""

    help = (
        "Send in a dozen pictures, some of them forged on the spot, and show verdicts."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Submit, wait, show."""
        moderator = User.objects.filter(username=SUBMITTER).first()
        if moderator is None:
            raise CommandError(
                "There are no demo users. Run: manage.py create_demo_users"
            )
        logging.getLogger(submit_image.__module__).setLevel(logging.WARNING)
        sent = [(picture, _submit(picture, moderator)) for picture in make_pictures()]
        self.stdout.write(f"{len(sent)} pictures sent in.")
        self._wait([receipt for _, receipt in sent])
        self._show(sent)

    def _wait(self, receipts: Sequence[Receipt]) -> None:
        ids = [receipt.analysis.id for receipt in receipts]
        while unfinished_among(ids) and worker_is_alive():
            time.sleep(POLL_SECONDS)
        if unfinished_among(ids):
            self.stdout.write("No worker is running; analyzing here ...")
            call_command("worker", once=True, skip_checks=True)

    def _show(self, sent: Sequence[tuple[DemoPicture, Receipt]]) -> None:
        header = ROW.format(
            "file", "truth", "verdict", "score", "case", "what was done"
        )
        self.stdout.write(header)
        for picture, receipt in sent:
            self.stdout.write(_row(picture, receipt))
        self.stdout.write(
            "Truth and verdict differ where today's signals find nothing: no trace "
            "found is not proof.\nReview the cases in the dashboard as 'moderator'."
        )


def _submit(picture: DemoPicture, user: User) -> Receipt:
    return submit_image(
        data=picture.data,
        original_name=picture.name,
        door=Door.COMMAND,
        submitted_by=user,
    )


def _row(picture: DemoPicture, receipt: Receipt) -> str:
    analysis = Analysis.objects.get(id=receipt.analysis.id)
    has_case = Case.objects.filter(image=analysis.image_id).exists()
    return ROW.format(
        picture.name,
        picture.truth.value,
        analysis.verdict or analysis.status,
        "" if analysis.score is None else f"{analysis.score:.0%}",
        "yes" if has_case else "no",
        picture.done,
    )
