"""The evidence report for print: A4, with the pictures."""

from moderation.reports.pdf.build import as_pdf

__all__ = ["as_pdf"]
