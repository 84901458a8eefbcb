"""What of the API will go, since when that is known, and when it goes.

One line in ``DEPRECATED`` does everything: headers, the description, the list under
``/api/v1/deprecations/`` and, from the day of its sunset on, the refusal. The promise
behind it is docs/api/deprecation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

SHORTEST_NOTICE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One operation that will go, or one parameter or field of it.

    Attributes
    ----------
    method, path : str
        The operation as the description has it: ``GET``, ``/api/v1/images/{id}/``.
    since, sunset : datetime
        When it was announced, and from when on it is refused.
    instead : str
        What to use, in a sentence.
    parameter : str
        The name of a query parameter, where only that goes.
    field : str
        The name of a field of the answer, where only that goes: the release after its
        sunset leaves it out.
    """

    method: str
    path: str
    since: datetime
    sunset: datetime
    instead: str
    parameter: str = ""
    field: str = ""

    def __post_init__(self) -> None:
        if self.sunset - self.since < SHORTEST_NOTICE:
            raise ValueError(f"{self.method} {self.path}: a year's notice at least.")
        if self.parameter and self.field:
            raise ValueError(f"{self.method} {self.path}: one line for each part.")


# Nothing goes today.
DEPRECATED: tuple[Deprecation, ...] = ()
