"""Noise that does not fit the rest of the picture: more, or less, than expected."""

from forensics.analysis.noise.analyzer import NoiseAnalyzer

__all__ = ["NoiseAnalyzer"]
