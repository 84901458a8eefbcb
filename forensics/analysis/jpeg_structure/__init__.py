"""How a JPEG file is built: tables, coding, segments, and what it carries along."""

from forensics.analysis.jpeg_structure.analyzer import JpegStructureAnalyzer

__all__ = ["JpegStructureAnalyzer"]
