"""Invisible watermarks that open generators write."""

from forensics.analysis.watermark.analyzer import WatermarkAnalyzer

__all__ = ["WatermarkAnalyzer"]
