"""What a file says about itself, and the rules that weigh it."""

from forensics.analysis.metadata.analyzer import MetadataAnalyzer

__all__ = ["MetadataAnalyzer"]
