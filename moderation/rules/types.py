"""What a condition is, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = str | int | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must hold.

    Attributes
    ----------
    kind : str
        A key of ``KINDS``.
    name : str
        Of the signal or tag that it is about; empty for all others.
    value : str, int, float, tuple of str or None
        What it is compared with; its shape follows from the kind.
    """

    kind: str
    name: str = ""
    value: Value = None

    def as_json(self) -> dict[str, object]:
        """Return it as it is stored."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        stored: dict[str, object] = {"kind": self.kind}
        if self.name:
            stored["name"] = self.name
        return stored if value is None else stored | {"value": value}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The end of one analysis, with what is known of the picture's arrival.

    Attributes
    ----------
    score : float or None
        0.01 to 0.99.
    signals : mapping of str to float
        Analyzers with the score of their finding, where it has one.
    tags : mapping of str to sequence of (str, str)
        Names of tags, without case, with the block they stand in and their value.
    """

    verdict: str = ""
    score: float | None = None
    codes: frozenset[str] = frozenset()
    signals: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    tags: Mapping[str, Sequence[tuple[str, str]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    doors: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    sender_groups: frozenset[str] = frozenset()
    banks: frozenset[str] = frozenset()
    bank_purposes: frozenset[str] = frozenset()
    format: str = ""
    pixels: int = 0
    byte_size: int = 0
