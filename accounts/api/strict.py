"""Bodies whose values are of the kinds that the description names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

_TEXTS = (
    serializers.CharField,
    serializers.ChoiceField,
    serializers.DateTimeField,
    serializers.UUIDField,
)
_KINDS: tuple[tuple[Any, type, str], ...] = (
    (serializers.BooleanField, bool, "Expected true or false."),
    (serializers.IntegerField, int, "Expected a whole number."),
    (_TEXTS, str, "Expected a text."),
)


class Strict:
    """Reads JSON without converting: ``"5"`` is no number, and 0 is no text."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was sent, or say which value is of another kind."""
        if isinstance(data, Mapping):
            wrong = {
                str(name)[:64]: ["There is no such field."]
                for name in set(data) - set(self.fields)  # type: ignore[attr-defined]
            } | {
                name: [says]
                for name, field in self.fields.items()  # type: ignore[attr-defined]
                if name in data and (says := _complaint(field, data[name]))
            }
            if wrong:
                raise serializers.ValidationError(wrong)
        return super().to_internal_value(data)  # type: ignore[misc]


class StrictSerializer(Strict, serializers.Serializer[Any]):
    """A request of ours."""


def _complaint(field: Any, value: object) -> str:
    if value is None:
        return ""  # the field itself knows whether it may be
    if isinstance(field, serializers.ListField) and isinstance(value, list):
        return next(filter(None, (_complaint(field.child, v) for v in value)), "")
    for kind, expected, says in _KINDS:
        if isinstance(field, kind):
            is_bool = isinstance(value, bool)
            is_whole = isinstance(value, float) and value.is_integer()
            fits = isinstance(value, expected) and is_bool == (expected is bool)
            fits = fits or (is_whole and expected is int)
            return "" if fits else says
    return ""
