"""Copy-move: regions of a picture that are copies of others in it."""

from forensics.analysis.copy_move.analyzer import CopyMoveAnalyzer

__all__ = ["CopyMoveAnalyzer"]
