"""Places that once had another JPEG quality than the rest of the picture."""

from forensics.analysis.jpeg_ghosts.analyzer import JpegGhostsAnalyzer

__all__ = ["JpegGhostsAnalyzer"]
