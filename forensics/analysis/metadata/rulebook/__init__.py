"""The rule book: every signature that metadata are searched for, as data."""

from forensics.analysis.metadata.rulebook.loading import RuleBookError, rule_book
from forensics.analysis.metadata.rulebook.model import (
    BookRule,
    Chapter,
    Code,
    MatchKind,
    RuleBook,
    Weighing,
)

__all__ = [
    "BookRule",
    "Chapter",
    "Code",
    "MatchKind",
    "RuleBook",
    "RuleBookError",
    "Weighing",
    "rule_book",
]
