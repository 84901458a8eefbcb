"""Events: what has happened, and what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pixelwarden import resources as r
from pixelwarden.calls import Listing, parameters
from pixelwarden.errors import (
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    RateLimited,
    ServerError,
    UnexpectedAnswer,
)
from pixelwarden.protocol import Answer, Pause, Request, Steps

if TYPE_CHECKING:
    from pixelwarden.words import EventType

Page: TypeAlias = "tuple[tuple[r.Event, ...], str | None]"
_PATH = "events/"
_MOST = 500
_SHORTEST_POLL, _LONGEST_PAUSE = 0.05, 60.0


def events(
    *, after: str | None = None, type: EventType | str | None = None
) -> Listing[r.Event]:
    """List what has happened, the oldest first, up to now.

    Parameters
    ----------
    after : str, optional
        The id of the last event that you know; by default all that are kept.
    type : EventType or str, optional
        Only this one.
    """
    return _Events(_PATH, _params(type), r.Event, after=after)


def watch(
    *,
    after: str | None = None,
    type: EventType | str | None = None,
    poll: float = 5.0,
) -> Listing[r.Event]:
    """Wait for what happens, without an end, also through outages of the server.

    Keep the ``id`` of each event that you have handled: ``after`` goes on from there,
    and none is missed.

    Parameters
    ----------
    after : str, optional
        The id of the last event that you know; by default only what is new comes,
        from the moment on in which you ask for the first.
    type : EventType or str, optional
        Only this one.
    poll : float
        Seconds between questions.

    Raises
    ------
    InvalidRequest
        ``after`` is older than events are kept: you may have missed some.
    """
    if not poll >= _SHORTEST_POLL:
        raise ConfigurationError(f"Expected {_SHORTEST_POLL} seconds or more.")
    return _Watch(_PATH, _params(type), r.Event, after=after, poll=poll)


def _params(type: EventType | str | None) -> tuple[tuple[str, str], ...]:
    return parameters({"limit": _MOST, "type": type})


@dataclass(frozen=True, kw_only=True)
class _Events(Listing[r.Event]):
    """Events; the link to a page is the id of the event before it."""

    after: str | None

    def page(self, link: str | None = None) -> Steps[Page]:
        rows, last, has_more = yield from self._read(link or self.after)
        return rows, last if has_more else None

    def _read(
        self, after: str | None
    ) -> Steps[tuple[tuple[r.Event, ...], str | None, bool]]:
        params = (*self.params, *parameters({"after": after}))
        answer: Answer = yield Request(path=self.path, params=params)
        found = answer.object()
        if not isinstance(found.get("results"), list):
            raise UnexpectedAnswer("Expected events.")
        rows = tuple(r.Event(item) for item in found["results"])
        return rows, found.get("after"), bool(found.get("has_more"))


@dataclass(frozen=True, kw_only=True)
class _Watch(_Events):
    """Events as they come."""

    poll: float

    def page(self, link: str | None = None) -> Steps[Page]:
        """Wait until there is something; there is always a next page."""
        last, is_known, pause = link or self.after, link is not None, self.poll
        while True:
            try:
                if last is None and not is_known:
                    last = yield from self._newest()
                    is_known = True
                rows, last, _ = yield from self._read(last)
                is_known, pause = True, self.poll
                if rows:
                    return rows, last
            except (ConnectionFailed, ServerError, RateLimited) as error:
                asked = getattr(error, "retry_after", None) or 0.0
                pause = max(asked, min(_LONGEST_PAUSE, pause * 2))
            except InvalidRequest as error:
                if not (is_known and last is not None and _is_gone(error)):
                    raise
                last = None  # it was read to the end, and has become too old since
            yield Pause(pause)

    def _newest(self) -> Steps[str | None]:
        answer: Answer = yield Request(path=self.path, params=(("latest", "true"),))
        newest: str | None = answer.object().get("after")
        return newest


def _is_gone(error: InvalidRequest) -> bool:
    return any(one.parameter == "after" for one in error.errors)
