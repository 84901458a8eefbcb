"""Pages that begin after a row: equally fast however far in, stable while rows come.

A cursor names the ordering and the values of one row. Every value ends up in ``WHERE``,
as ranges that an index answers, so that no row before the page is read.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.core.exceptions import ValidationError as FieldError
from django.db.models import BooleanField, F, Field, Model, Q, QuerySet, Value
from django.db.models.expressions import Func
from django.utils import timezone

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

MAX_CURSOR = 1000

Ordering = Sequence[str]
Row = TypeVar("Row", bound=Model)
Details = Callable[[QuerySet[Any]], QuerySet[Any]]


class CursorError(ValueError):
    """No cursor of this list and ordering."""


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Some rows, and the cursors of the pages beside them; empty where none is."""

    rows: list[Row]
    next: str
    previous: str


def keyset_page(  # noqa: PLR0913 - what a page depends on, each by its name
    queryset: QuerySet[Row],
    *,
    name: str,
    fields: Ordering,
    cursor: str | None,
    size: int,
    details: Details | None = None,
) -> KeysetPage[Row]:
    """Return the page that a cursor names, or the first one.

    Parameters
    ----------
    queryset : QuerySet
        Rows of any order.
    name : str
        The ordering's name; a cursor of another one is refused.
    fields : sequence of str
        Columns without nulls, ``-`` for descending, of which the last is unique.
    cursor : str or None
        What an earlier page gave.
    size : int
        The most rows of a page.
    details : callable or None
        Adds to a queryset what else the rows of the page need. What narrows and orders
        the list reads no more than keys: only the page's rows are joined and loaded.

    Raises
    ------
    CursorError
        The cursor is not one of this ordering.
    """
    is_back, key = _decode(cursor, name, fields, queryset.model)
    order = _flip(fields) if is_back else list(fields)
    keys = _keys(queryset, order, key, size + 1)
    has_more, keys = len(keys) > size, keys[:size]
    rows_of = queryset if details is None else details(_all_of(queryset.model))
    found = {row.pk: row for row in rows_of.filter(pk__in=keys).order_by()}
    rows = [found[one] for one in keys if one in found]
    if is_back:
        rows.reverse()
    has_next = has_more if not is_back else True
    has_previous = has_more if is_back else key is not None
    return KeysetPage(
        rows,
        next=_encode(name, fields, rows[-1:], is_back=False) * has_next,
        previous=_encode(name, fields, rows[:1], is_back=True) * has_previous,
    )


def _all_of(model: type[Model]) -> QuerySet[Any]:
    return cast("QuerySet[Any]", model._default_manager.all())  # noqa: SLF001 - Django's


def _keys(
    queryset: QuerySet[Any], order: Ordering, key: list[Any] | None, count: int
) -> list[Any]:
    keys: list[Any] = []
    bare = queryset.select_related(None).prefetch_related(None)
    for condition in _ranges(queryset.model, order, key):
        part = bare.filter(condition) if condition is not None else bare
        listed = part.order_by(*order).values_list("pk", flat=True)
        keys += listed[: count - len(keys)]
        if len(keys) >= count:
            break
    return keys


class _Beyond(Func):
    """``(a, b) > (x, y)``: both databases read it as one range of an index."""

    output_field = BooleanField()
    arg_joiner = ", "

    def __init__(
        self, model: type[Model], names: list[str], key: list[Any], *, is_less: bool
    ) -> None:
        values = [Value(v, field_of(model, n)) for n, v in zip(names, key, strict=True)]
        columns: list[Combinable] = [F(name) for name in names]
        super().__init__(
            Func(*columns, template="(%(expressions)s)"),
            Func(*values, template="(%(expressions)s)"),
            template="%(expressions)s",
            arg_joiner=" < " if is_less else " > ",
        )


def cursor_after(row: Model, *, name: str, fields: Ordering) -> str:
    """Return the cursor of the page that begins after a row."""
    return _encode(name, fields, [row], is_back=False)


def field_of(model: type[Model], name: str) -> Field[Any, Any]:
    """Return a column of a model."""
    found = model._meta.get_field(name)  # noqa: SLF001 - Django's documented name
    return cast("Field[Any, Any]", found)


def _ranges(
    model: type[Model], order: Ordering, key: list[Any] | None
) -> Iterator[Q | None]:
    """Yield what comes after the key, nearest first, one range of the index each.

    A run of columns of one direction is compared at once. ``-priority, opened_at, id``
    makes two: the same priority and (opened_at, id) beyond, then a lower priority.
    """
    if key is None:
        yield None
        return
    runs = list(_runs(order))
    for end in range(len(runs), 0, -1):
        before, (names, values) = runs[: end - 1], _of(runs[end - 1], order, key)
        equal = Q()
        for run in before:
            for name, value in zip(*_of(run, order, key), strict=True):
                equal &= Q(**{name: value})
        is_less = order[runs[end - 1][0]].startswith("-")
        yield equal & Q(_Beyond(model, names, values, is_less=is_less))


def _runs(order: Ordering) -> Iterator[range]:
    start = 0
    for place in range(1, len(order) + 1):
        is_end = place == len(order)
        if is_end or order[place].startswith("-") != order[start].startswith("-"):
            yield range(start, place)
            start = place


def _of(run: range, order: Ordering, key: list[Any]) -> tuple[list[str], list[Any]]:
    return [order[n].removeprefix("-") for n in run], [key[n] for n in run]


def _flip(fields: Ordering) -> list[str]:
    return [f[1:] if f.startswith("-") else f"-{f}" for f in fields]


def _encode(name: str, fields: Ordering, row: Sequence[Model], *, is_back: bool) -> str:
    if not row:
        return ""
    values = [str(getattr(row[0], field.removeprefix("-"))) for field in fields]
    text = json.dumps([name, is_back, values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(
    cursor: str | None, name: str, fields: Ordering, model: type[Model]
) -> tuple[bool, list[Any] | None]:
    """Return the direction and the key; every part is checked, as input is hostile."""
    if cursor is None:
        return False, None
    try:
        raw = base64.urlsafe_b64decode(cursor[:MAX_CURSOR] + "=" * (-len(cursor) % 4))
        found = json.loads(raw)
        is_ours = isinstance(found, list) and found[:2] in ([name, True], [name, False])
        key = [
            _value(model, field.removeprefix("-"), text)
            for field, text in zip(fields, found[2] if is_ours else (), strict=True)
        ]
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        RecursionError,
        FieldError,
    ) as error:
        raise CursorError(name) from error
    return found[1] is True, key


def _value(model: type[Model], field_name: str, text: object) -> Any:
    field = field_of(model, field_name)
    value = field.to_python(str(text))
    field.run_validators(value)
    # A time without a zone raises, and one that does not exist in UTC overflows.
    return _in_utc(value) if isinstance(value, datetime) else value


def _in_utc(moment: datetime) -> datetime:
    if timezone.is_naive(moment):
        raise ValueError(moment)
    return moment.astimezone(UTC)
