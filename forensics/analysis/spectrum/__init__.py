"""Periodic traces of up-samplers in the noise."""

from forensics.analysis.spectrum.analyzer import SpectrumAnalyzer

__all__ = ["SpectrumAnalyzer"]
