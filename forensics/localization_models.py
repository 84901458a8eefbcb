"""Rows of where analyses saw edited places. Fields and constraints only."""

from django.db import models
from uuid6 import uuid7


class LocalizedArea(models.Model):
    """The marked cells of one signal, or of all joined: see ``analysis/mask.py``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    analysis = models.ForeignKey(
        "forensics.Analysis", on_delete=models.CASCADE, related_name="localized_areas"
    )
    signal = models.CharField(
        max_length=32, blank=True, help_text="the analyzer; empty: all joined"
    )
    rows = models.PositiveIntegerField()
    columns = models.PositiveIntegerField()
    cell = models.PositiveIntegerField(help_text="side of a cell, px")
    width = models.PositiveIntegerField(help_text="stored pixels, before orientation")
    height = models.PositiveIntegerField(help_text="stored pixels, before orientation")
    threshold = models.FloatField()
    share = models.FloatField(help_text="of the cells, 0 to 1")
    counts = models.TextField(help_text="run lengths as COCO compresses them")
    polygons = models.JSONField(default=list, blank=True)

    class Meta:
        default_permissions = ()
        ordering = ("analysis", "signal")
        constraints = (
            models.UniqueConstraint(
                fields=("analysis", "signal"), name="one_area_per_signal"
            ),
        )

    def __str__(self) -> str:
        return f"{self.signal or 'joined'}: {self.share:.1%}"
