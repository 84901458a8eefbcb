"""Forgeries made from authentic photographs, with masks, for training and tests."""

from forensics.training.forgeries.generator import ForgeryGenerator
from forensics.training.forgeries.kinds import DEFAULT_KINDS, Forgery, ForgeryKind
from forensics.training.forgeries.sources import LEAST_VIEW
from forensics.training.forgeries.writing import write_set

__all__ = [
    "DEFAULT_KINDS",
    "LEAST_VIEW",
    "Forgery",
    "ForgeryGenerator",
    "ForgeryKind",
    "write_set",
]
