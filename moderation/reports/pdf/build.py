"""Lays the report out on A4, with page numbers and the original's hash on each page."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from moderation.reports.pdf.sections import WIDTH, story
from moderation.reports.pdf.text import MONO, REGULAR, register_fonts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moderation.reports.document import EvidenceReport

_SIDE, _TOP, _FOOT = 18 * mm, 16 * mm, 22 * mm
_SOFT, _LINE = HexColor(0x525E6C), HexColor(0xDDE2E8)


def as_pdf(report: EvidenceReport) -> bytes:
    """Return the report for print; the same report gives the same bytes."""
    register_fonts()
    document, buffer = report.document, BytesIO()
    template = BaseDocTemplate(
        buffer,
        pagesize=A4,
        title=f"Evidence report {document['original']['sha256'][:16]}",
        author="Pixelwarden",
        subject=f"SHA-256 {document['original']['sha256']}",
        creator="Pixelwarden",
        invariant=1,
        lang="en",
    )
    room = A4[1] - _TOP - _FOOT
    frame = Frame(_SIDE, _FOOT, WIDTH, room, 0, 0, 0, 0, id="page")
    template.addPageTemplates([PageTemplate("page", [frame])])
    template.build(story(report), canvasmaker=_footed(document))
    return buffer.getvalue()


def _footed(document: Mapping[str, Any]) -> type[Canvas]:
    """Return a canvas that draws the foot of every page once their number is known."""

    class FootedCanvas(Canvas):  # type: ignore[misc]  # reportlab ships no types
        """Keeps the pages until the end."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            """Keep the page."""
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Draw every kept page with its foot."""
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                _draw_foot(self, document, f"Page {number} of {len(self._pages)}")
                super().showPage()
            super().save()

    return FootedCanvas


def _draw_foot(canvas: Canvas, document: Mapping[str, Any], page: str) -> None:
    right, top = A4[0] - _SIDE, _FOOT - 5 * mm
    canvas.saveState()
    canvas.setStrokeColor(_LINE)
    canvas.line(_SIDE, top, right, top)
    canvas.setFillColor(_SOFT)
    canvas.setFont(MONO, 6.5)
    original, digest = document["original"]["sha256"], document["digest"]
    canvas.drawString(_SIDE, top - 9, f"Original  SHA-256 {original}")
    canvas.drawString(_SIDE, top - 18, f"Report    SHA-256 {digest}")
    canvas.setFont(REGULAR, 7.5)
    canvas.drawRightString(right, top - 9, page)
    canvas.restoreState()
