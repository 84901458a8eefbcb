"""Traces of smoothing: places without their detail, and the streaks of a median."""

from forensics.analysis.filtering.analyzer import FilteringAnalyzer

__all__ = ["FilteringAnalyzer"]
