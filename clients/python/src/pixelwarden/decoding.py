"""From JSON to typed resources that neither lose nor trip over what is new."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeVar

R = TypeVar("R", bound="Resource")
_HINTS: dict[type, Mapping[str, Any]] = {}
_SHOWN = ("id", "code", "name", "status", "state", "verdict", "outcome", "action")


class Word(StrEnum):
    """An enumerated word. Words that this version does not know are kept as they are.

    Compare with members or with plain text: ``verdict == "fake"``.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self:
        made = str.__new__(cls, value)
        made._name_ = str(value).upper()
        made._value_ = str(value)
        return made

    @property
    def is_known(self) -> bool:
        """Whether this version of the package knows the word."""
        return self._value_ in type(self)._value2member_map_


class Resource:
    """What the server answered.

    Attributes are those the class names. ``raw`` is the whole JSON; members that this
    version does not know are attributes, too, as plain JSON. A member that was not sent
    is an ``AttributeError``, unless the class has a value for it. Where ``expand`` put
    an object in the place of an id, the attribute stays the id: see ``expanded``.
    """

    raw: Mapping[str, Any]

    def __init__(self, raw: Mapping[str, Any]) -> None:
        hints = hints_of(type(self))
        values = {
            name: decode(value, hints[name]) if name in hints else value
            for name, value in raw.items()
        }
        self.__dict__.update(values | {"raw": raw})

    def expanded(self, name: str, kind: type[R]) -> R | None:
        """Return what ``expand`` put here, such as ``case.expanded("image", Image)``.

        None: there is none that you may see.
        """
        found = self.raw.get(name, ...)
        if found is not None and not isinstance(found, Mapping):
            raise ValueError(f"Nothing was expanded here: ask with expand={name!r}.")
        return None if found is None else kind(found)

    if not TYPE_CHECKING:  # or every misspelt attribute would pass as Any

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            kind = type(self).__name__
            raise AttributeError(f"The server sent no {name!r} with this {kind}.")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A {type(self).__name__} cannot be changed.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash((type(self), self.raw.get("id"), self.raw.get("url")))

    def __repr__(self) -> str:
        shown = [name for name in _SHOWN if self.raw.get(name) is not None]
        parts = [f"{name}={self.raw[name]!r}" for name in shown]
        return f"<{type(self).__name__} {' '.join(parts)}>"


def hints_of(kind: type) -> Mapping[str, Any]:
    """Return the types of a resource's members."""
    if kind not in _HINTS:
        hints = typing.get_type_hints(kind)
        _HINTS[kind] = {name: hints[name] for name in hints if name != "raw"}
    return _HINTS[kind]


def decode(value: Any, kind: Any) -> Any:
    """Return ``value`` as ``kind`` where it fits, and as it came where it does not."""
    if value is None:
        return None
    if isinstance(kind, types.UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not types.NoneType)
    origin = typing.get_origin(kind)
    if origin is tuple and isinstance(value, list):
        inner = typing.get_args(kind)[0]
        return tuple(decode(item, inner) for item in value)
    if isinstance(value, dict):
        return _from_object(value, kind)
    if isinstance(value, str) and isinstance(kind, type):
        return _from_text(value, kind)
    return value


def _from_object(value: dict[str, Any], kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, Resource):
        return kind(value)
    is_id = isinstance(kind, type) and issubclass(kind, str | int)
    return value.get("id", value) if is_id else value


def _from_text(value: str, kind: type) -> Any:
    if issubclass(kind, Word):
        return kind(value)
    if kind is datetime:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
