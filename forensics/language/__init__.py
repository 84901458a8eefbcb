"""Analyses speak English, and that is kept; pages say it in other languages, too."""

from forensics.language.retelling import retold

__all__ = ["retold"]
