"""Narrowing a long list by what another table says, whatever the share that matches.

Few matches are read first and the list is asked for just these. Of many, some are met
soon enough by reading the list in its order and looking each row up. A planner has to
guess which; here it is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Exists, Q, TextField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

# Where both ways take equally long in a million rows, and in a hundred thousand.
_FEW = {"postgresql": 5_000, "sqlite": 1_000}


def few() -> int:
    """Return up to how many matches are read first."""
    return _FEW[connection.vendor]


def first_keys(rows: QuerySet[Any], column: str) -> list[str]:
    """Return the keys that rows hold in a column, no more than one beyond the few.

    As texts: thousands of objects would call the garbage collector.
    """
    keys = rows.order_by().values_list(Cast(column, TextField()), flat=True)
    return list(keys[: few() + 1])


def among(keys: Sequence[str], *, key: str = "pk") -> Q:
    """Return the condition that a row's key is one of these."""
    if connection.vendor == "postgresql" and keys:
        listed = RawSQL("SELECT unnest(%s::uuid[])", (list(keys),))
        return Q(**{f"{key}__in": listed})
    return Q(**{f"{key}__in": list(keys)})


def matching(rows: QuerySet[Any], column: str, *, probe: QuerySet[Any]) -> Q:
    """Return the condition that a row's key is in a column of ``rows``.

    ``probe`` is what there is of one row, by ``OuterRef``.
    """
    found = first_keys(rows, column)
    return among(found) if len(found) <= few() else Q(Probe(probe))


class Probe(Exists):
    """Whether a row matches, looked up row by row; ``OFFSET`` keeps it from a join."""

    template = "EXISTS(%(subquery)s OFFSET 0)"
