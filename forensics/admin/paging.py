"""Pages of long lists: nothing is counted that nobody looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGES_AHEAD = 4


class LookAheadPaginator(Paginator[Any]):
    """Counts a few pages beyond the one that is shown; a million rows cost the same.

    Parameters
    ----------
    rows : QuerySet
        What is listed.
    per_page : int
        Rows on a page.
    page : int
        The page that is asked for, beginning with 1.
    """

    def __init__(
        self, rows: QuerySet[Any], per_page: int, *, page: int = 1, **options: Any
    ) -> None:
        super().__init__(rows, per_page, **options)
        self._most = (max(1, page) + PAGES_AHEAD) * per_page

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self._most + 1].count())

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, as far as it was counted."""
        return min(self._found, self._most)

    @property
    def has_more(self) -> bool:
        """Return whether there are more than were counted."""
        return self._found > self._most
