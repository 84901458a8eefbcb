"""What every list page is made of: filters and order from the address, pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from forensics.keyset import CursorError, Details, KeysetPage, keyset_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import _StrPromise

    from accounts.models import User

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 20
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list: columns without nulls, the last one unique."""

    label: str | _StrPromise
    fields: tuple[str, ...]
    needs: str = ""  # a column; rows that have nothing there are not in this order


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Row]):
    """What a list page shows of the rows."""

    rows: list[Row]
    next: str
    previous: str
    is_lost: bool  # the address named a page that is none; this is the first one


class DayField(forms.DateField):
    """A day, of a time in which there are pictures."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=["%Y-%m-%d"],
            validators=[MinValueValidator(_FIRST_DAY), MaxValueValidator(_LAST_DAY)],
            **kwargs,
        )


class ListForm(forms.Form):
    """Filters and the order of a list. What is wrong in one says so and is left out."""

    sorts: ClassVar[Mapping[str, Sort]]
    # Fields behind "More filters".
    more: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user  # who asks: what can be chosen is theirs
        self.auto_id = "filter-%s"
        self.fields["sort"] = forms.ChoiceField(
            label=_("Order"),
            required=False,
            choices=[
                ("" if place == 0 else name, sort.label)
                for place, (name, sort) in enumerate(self.sorts.items())
            ],
        )

    @property
    def asked(self) -> dict[str, Any]:
        """Return the values that validate and say something."""
        self.is_valid()
        found = getattr(self, "cleaned_data", {})
        return {name: value for name, value in found.items() if value not in {None, ""}}

    @property
    def is_filtered(self) -> bool:
        """Return whether the list is narrowed, or was meant to be."""
        return bool(self.errors) or any(name != "sort" for name in self.asked)

    @property
    def shows_more(self) -> bool:
        """Return whether a filter behind "More filters" is in use."""
        return any(name in self.asked or name in self.errors for name in self.more)

    @property
    def order(self) -> tuple[str, Sort]:
        """Return the order by its name."""
        name = self.asked.get("sort") or next(iter(self.sorts))
        return name, self.sorts[name]

    @property
    def query(self) -> str:
        """Return what is asked as it stands in an address: valid, in one order."""
        names = [name for name in self.fields if name in self.asked]
        return urlencode([(name, self.data[name]) for name in names])

    def apply(self, rows: QuerySet[Any], *, user: User) -> QuerySet[Any]:
        """Narrow a list to what is asked."""
        raise NotImplementedError

    def ordered(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """Leave out what the order cannot place."""
        needs = self.order[1].needs
        return rows.filter(**{f"{needs}__isnull": False}) if needs else rows

    def page(
        self,
        rows: QuerySet[Row],
        *,
        cursor: str | None,
        details: Details,
        size: int = PAGE_SIZE,
    ) -> ListPage[Row]:
        """Return a page of narrowed rows; the first for a cursor that is none."""
        is_lost = False
        try:
            found = self._page(rows, cursor, size, details)
        except CursorError:
            is_lost, found = True, self._page(rows, None, size, details)
        return ListPage(found.rows, found.next, found.previous, is_lost)

    def _page(
        self, rows: QuerySet[Row], cursor: str | None, size: int, details: Details
    ) -> KeysetPage[Row]:
        name, sort = self.order
        return keyset_page(
            self.ordered(rows),
            name=name,
            fields=sort.fields,
            cursor=cursor,
            size=size,
            details=details,
        )


def days(field: str, first: date | None, last: date | None) -> dict[str, datetime]:
    """Return the conditions that a moment lies between two days, both included."""
    found = {}
    if first is not None:
        found[f"{field}__gte"] = datetime.combine(first, time.min, UTC)
    if last is not None:
        end = last + timedelta(days=1)
        found[f"{field}__lt"] = datetime.combine(end, time.min, UTC)
    return found
