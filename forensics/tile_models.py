"""Rows about the tiles of large originals. Fields and constraints only."""

from collections.abc import Mapping

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7


class TilesStatus(models.TextChoices):
    """Where the tiles of a picture stand."""

    WAITING = "waiting", _("Waiting")
    BUILDING = "building", _("Building")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")


NEXT: Mapping[TilesStatus, tuple[TilesStatus, ...]] = {
    TilesStatus.WAITING: (TilesStatus.BUILDING,),
    TilesStatus.BUILDING: (
        TilesStatus.READY,
        TilesStatus.FAILED,
        TilesStatus.WAITING,
    ),
    TilesStatus.READY: (),
    TilesStatus.FAILED: (),
}


class TilePyramid(models.Model):
    """One original as tiles of several sizes in one stored file.

    It shows pixels larger than the display copy does, and decides nothing. Its id is
    part of each tile's address: a file built anew is another row.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    image = models.OneToOneField(
        "forensics.Image", on_delete=models.CASCADE, related_name="tiles"
    )
    status = models.CharField(
        max_length=16, choices=TilesStatus.choices, default=TilesStatus.WAITING
    )
    file = models.FileField(max_length=200, blank=True)
    width = models.PositiveIntegerField(default=0, help_text=_("upright"))
    height = models.PositiveIntegerField(default=0, help_text=_("upright"))
    tile_size = models.PositiveIntegerField(default=0)
    overlap = models.PositiveIntegerField(default=0)
    levels = models.PositiveSmallIntegerField(default=0)
    byte_size = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-requested_at",)

    def __str__(self) -> str:
        return f"{self.get_status_display()}, {self.width} x {self.height}"
