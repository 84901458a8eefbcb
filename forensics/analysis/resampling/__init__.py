"""The rhythm that scaling leaves in pixels: of the whole picture, and of places."""

from forensics.analysis.resampling.analyzer import ResamplingAnalyzer

__all__ = ["ResamplingAnalyzer"]
