"""How often the whole picture was saved as JPEG, and where its grids lie."""

from forensics.analysis.jpeg_history.analyzer import JpegHistoryAnalyzer

__all__ = ["JpegHistoryAnalyzer"]
