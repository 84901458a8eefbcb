"""Fields that the serializers of every app share."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

from django.urls import get_script_prefix, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class BlankAsNullField(serializers.ChoiceField):
    """A choice that is null where the row has none yet."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> Any:
        """Turn the column's empty string into null."""
        return super().to_representation(value) or None


@extend_schema_field(OpenApiTypes.STR)
class PersonField(serializers.RelatedField[Any, Any, Any]):
    """A person by user name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        """Return the user name."""
        return str(value.get_username())


@extend_schema_field({"type": "string", "format": "uri-reference"})
class LinkField(serializers.Field[Any, Any, str | None, Any]):
    """The path of a resource, on the host that was asked.

    Parameters
    ----------
    view_name : str
        Name of the address; its one argument is the value of ``source``.
    """

    def __init__(self, view_name: str, **kwargs: Any) -> None:
        self._view_name = view_name
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        """Return the path."""
        if isinstance(value, UUID):
            return str(value).join(_around(self._view_name, get_script_prefix()))
        return reverse(self._view_name, args=[value])


@cache
def _around(view_name: str, prefix: str) -> tuple[str, str]:
    """Return a path before and after its id: a page resolves hundreds of them."""
    before, _, after = reverse(view_name, args=[_ANY]).partition(str(_ANY))
    return before, after


_ANY = UUID(int=0)
