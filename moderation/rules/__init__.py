"""PURE: the conditions of policies and queues. Checked, evaluated, never executed."""

from moderation.rules.checking import ConditionError, checked
from moderation.rules.evaluating import holds
from moderation.rules.kinds import KINDS, Kind, Shape
from moderation.rules.types import Condition, Evidence

__all__ = [
    "KINDS",
    "Condition",
    "ConditionError",
    "Evidence",
    "Kind",
    "Shape",
    "checked",
    "holds",
]
