"""``manage.py fingerprint_images``: hash the images from before there were hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.pdq import PDQ_VERSION
from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import StorageError
from forensics.known import images_without_fingerprint
from forensics.management.progress import ProgressBar
from forensics.services.known import fingerprint_image

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Can be stopped and started again: what has a hash is left out."""

    help = (
        "Compute the perceptual hash of every stored image that has none, or one of an "
        "older version. Ends with 1 where an original cannot be read."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say how many at most."""
        parser.add_argument("--limit", type=int, help="at most so many (default: all)")

    def handle(self, *_args: object, **options: Any) -> None:
        """Hash one after the other; one that fails does not end the run."""
        waiting = images_without_fingerprint(PDQ_VERSION)[: options["limit"]]
        total, failed, flat = waiting.count(), 0, 0
        bar = ProgressBar(self.stderr)
        for image in bar(
            waiting.iterator(chunk_size=500), total=total, label="Hashing"
        ):
            try:
                flat += not fingerprint_image(image=image).is_usable
            except (StorageError, ImageRejectedError) as error:
                failed += 1
                self.stderr.write(f"{image.sha256}: {error}")
        self.stdout.write(
            f"{total - failed} hashed, {flat} of them too flat to match anything; "
            f"{failed} failed."
        )
        if failed:
            raise CommandError(f"{failed} of {total} originals could not be read.")
