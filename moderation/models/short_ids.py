"""The end of a case's id, by which pages call it: indexed, so that it can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import CharField, F, Func, Lookup, Value
from django.db.models.lookups import Exact

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

LENGTH = 8


class ShortId(Func):
    """The last characters of an id. Written without parameters, as its index is."""

    template = f"SUBSTR(%(expressions)s, -{LENGTH})"
    output_field = CharField()
    arity = 1

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        """Write it for a column of type uuid."""
        template = f"RIGHT(%(expressions)s::text, {LENGTH})"
        return self.as_sql(compiler, connection, template=template, **context)

    @classmethod
    def matches(cls, text: str) -> Lookup[Any]:
        """Return the condition that an id ends so."""
        return Exact(cls(F("id")), Value(text))
