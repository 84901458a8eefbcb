"""What a result looks like where it says where, and by which bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

if TYPE_CHECKING:
    from forensics.localization_models import LocalizedArea

PAIR = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}


class RunLengthsSerializer(serializers.Serializer[Any]):
    """A mask as COCO's tools read it: `size` is rows and columns, in cells."""

    size = serializers.SerializerMethodField()
    counts = serializers.CharField(
        help_text="compressed run lengths, column by column, unmarked first"
    )

    @extend_schema_field(PAIR)
    def get_size(self, area: LocalizedArea) -> list[int]:
        """Return rows and columns."""
        return [area.rows, area.columns]


class RingsSerializer(serializers.Serializer[Any]):
    """One marked place: its outline, and what is left out within."""

    exterior = serializers.ListField(
        child=serializers.ListField(
            child=serializers.IntegerField(), min_length=2, max_length=2
        ),
        help_text="`[x, y]` in px of the original as stored",
    )
    holes = serializers.ListField(
        child=serializers.ListField(
            child=serializers.ListField(
                child=serializers.IntegerField(), min_length=2, max_length=2
            )
        )
    )


class LocalizationSerializer(serializers.Serializer[Any]):
    """Where the picture seems edited: one mask, in three shapes.

    Cells of `cell` px a side lie over the original as stored (`width` x `height` px,
    before EXIF orientation) from its upper left; the last may reach past it.
    """

    cell = serializers.IntegerField(help_text="side of a cell, px")
    width = serializers.IntegerField(help_text="of the original as stored, px")
    height = serializers.IntegerField()
    threshold = serializers.FloatField(help_text="from which on a cell is marked")
    share = serializers.FloatField(help_text="of the cells that are marked, 0 to 1")
    rle = RunLengthsSerializer(source="*")
    polygons = RingsSerializer(
        many=True, help_text="simplified; the largest 64. The RLE is exact"
    )
    png_url = serializers.SerializerMethodField(
        help_text="the mask as a PNG, one px a cell, white is marked"
    )

    @extend_schema_field({"type": "string", "format": "uri-reference"})
    def get_png_url(self, area: LocalizedArea) -> str:
        """Return the path of the mask as a picture."""
        path = reverse("api:analysis-mask", args=[area.analysis_id])
        return f"{path}?signal={area.signal}" if area.signal else path


def area_of(analysis: Any, signal: str) -> Any:
    """Return the localization of one signal, or of all joined for ``""``."""
    areas = analysis.localized_areas.all()
    area = next((one for one in areas if one.signal == signal), None)
    return None if area is None else LocalizationSerializer(area).data
