"""Traces of earlier JPEG compressions, and places that lack or contradict them."""

from forensics.analysis.double_jpeg.analyzer import DoubleJpegAnalyzer

__all__ = ["DoubleJpegAnalyzer"]
