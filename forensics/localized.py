"""Marked cells between the report, the row that keeps them, and the picture of them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as PillowImage

from forensics.analysis.mask import (
    compressed,
    expanded,
    marked_from,
    masks_of,
    polygons,
    run_lengths,
)
from forensics.localization_models import LocalizedArea

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from forensics.analysis.types import Report


def areas_of(report: Report, analysis_id: UUID) -> Iterator[LocalizedArea]:
    """Yield the rows, not yet stored, that keep where a report saw edited places."""
    for mask in masks_of(report.findings, width=report.width, height=report.height):
        rows, columns = mask.marked.shape
        yield LocalizedArea(
            analysis_id=analysis_id,
            signal=mask.signal,
            rows=rows,
            columns=columns,
            cell=mask.cell,
            width=mask.width,
            height=mask.height,
            threshold=mask.threshold,
            share=round(mask.share, 6),
            counts=compressed(run_lengths(mask.marked)),
            polygons=polygons(mask),
        )


def as_png(area: LocalizedArea) -> bytes:
    """Draw the mask, one px a cell: white is marked."""
    marked = marked_from(expanded(area.counts), (area.rows, area.columns))
    buffer = BytesIO()
    shades = np.where(marked, 255, 0).astype(np.uint8)
    PillowImage.fromarray(shades).convert("1").save(buffer, "PNG")
    return buffer.getvalue()
