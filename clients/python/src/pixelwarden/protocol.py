"""How requests are described, once, for whoever sends them: blocking or not.

An operation is a generator. It yields what it wants done (a ``Request``, a ``Pause``,
some ``Work``) and gets the result back. It never touches the network itself.
"""

from __future__ import annotations

import email.utils
import json
import random
import time
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pixelwarden.errors import ConnectionFailed, UnexpectedAnswer, api_error

if TYPE_CHECKING:
    from pathlib import Path

    from pixelwarden.sources import Source

T = TypeVar("T")
_PASSING = frozenset({429, 500, 502, 503, 504})
_IN_PROGRESS_TRIES = 60


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, which may be sent several times.

    Attributes
    ----------
    path : str
        Below ``/api/v1/``, or from the root, or a whole address.
    form : mapping or None
        Fields beside ``files``.
    files : tuple of Source
        Sent as fields named ``file``.
    content : Source or None
        The whole body.
    wait : int
        Seconds that the server may take longer than usual.
    is_foreign : bool
        The address is signed and may lie elsewhere: the key is not sent.
    into : Path or None
        Where to write the body of the answer.
    """

    method: str = "GET"
    path: str
    params: tuple[tuple[str, str], ...] = ()
    json: Any = None
    form: Mapping[str, str] | None = None
    files: tuple[Source, ...] = ()
    content: Source | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: int = 0
    is_foreign: bool = False
    into: Path | None = None

    @property
    def is_safe(self) -> bool:
        """Whether it may be sent again though the first may have arrived."""
        return self.method in {"GET", "PUT"} or "Idempotency-Key" in self.headers


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Something slow on this machine; get back what it returns."""

    run: Callable[[], Any]


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """Return the parsed body."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise UnexpectedAnswer(
                f"Expected JSON, received {self.content[:80]!r}."
                " Is the address that of a Pixelwarden server?"
            ) from error

    def object(self) -> dict[str, Any]:
        """Return the parsed body, which is an object."""
        found = self.json()
        if not isinstance(found, dict):
            raise UnexpectedAnswer("Expected a JSON object.")
        return found

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait."""
        return seconds_of(self.headers.get("retry-after", ""))


class NoAnswer(Exception):  # noqa: N818  # thrown into operations, never at users
    """The connection broke.

    Attributes
    ----------
    is_unsent : bool
        Nothing of the request can have arrived.
    """

    def __init__(self, words: str, *, is_unsent: bool) -> None:
        super().__init__(words)
        self.is_unsent = is_unsent


Step: TypeAlias = Request | Pause | Work
Steps: TypeAlias = Generator[Step, Any, T]


@dataclass(frozen=True, kw_only=True)
class Retries:
    """When to try again, and how long to wait before.

    Attributes
    ----------
    most : int
        Tries after the first.
    first_pause, longest_pause : float
        Seconds; doubled from try to try, and spread at random.
    patience : float
        The longest ``Retry-After`` that is waited for; beyond it the error is raised.
    """

    most: int = 4
    first_pause: float = 0.5
    longest_pause: float = 20.0
    patience: float = 60.0

    def pause(self, tries: int, asked: float | None) -> float:
        """Return how long to wait after so many tries."""
        spread = random.random()  # noqa: S311  # nothing secret about it
        if asked is not None:
            return asked + spread * min(1.0, self.first_pause)
        grown = min(self.longest_pause, self.first_pause * 2.0 ** (tries - 1))
        return grown * (0.5 + spread / 2)


def post(
    path: str,
    *,
    json: Any = None,
    idempotency_key: str | None = None,
    **more: Any,
) -> Request:
    """Describe a POST, which has a key of its own through all tries."""
    key = idempotency_key or str(uuid.uuid4())
    headers = {"Idempotency-Key": key}
    return Request(method="POST", path=path, json=json, headers=headers, **more)


def persistently(steps: Steps[T], retries: Retries) -> Steps[T]:
    """Carry out an operation, each of its requests with retries."""
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Request):
                    result: Any = yield from _attempts(step, retries)
                else:
                    result = yield step
            except Exception as error:  # noqa: BLE001 - the operation may handle it
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        done: T = end.value
        return done
    finally:
        steps.close()


def _attempts(request: Request, retries: Retries) -> Steps[Answer]:
    tries = waits = 0
    while True:
        tries += 1
        asked = None
        try:
            answer: Answer = yield request
        except NoAnswer as error:
            may_retry = request.is_safe or error.is_unsent
            if tries > retries.most or not may_retry:
                raise ConnectionFailed(
                    f"{request.method} {request.path}: {error} ({tries} tries)"
                ) from error
        else:
            if answer.status < 400:
                return checked(answer)
            problem = problem_of(answer)
            asked = problem.retry_after
            if problem.code == "request_in_progress" and waits < _IN_PROGRESS_TRIES:
                waits, tries = waits + 1, tries - 1  # our own first try still runs
            elif not _may_pass(request, answer, retries) or tries > retries.most:
                raise problem
        yield Pause(retries.pause(max(1, tries), asked))


def _may_pass(request: Request, answer: Answer, retries: Retries) -> bool:
    is_refused = answer.status == 429  # and so nothing was done
    return (
        answer.status in _PASSING
        and (request.is_safe or is_refused)
        and (answer.retry_after or 0) <= retries.patience
    )


def checked(answer: Answer) -> Answer:
    """Refuse a redirect: requests with a key follow none."""
    if answer.status >= 300:
        target = answer.headers.get("location", "nowhere")
        raise UnexpectedAnswer(
            f"Redirected to {target}. Use the address that the server really has."
        )
    return answer


def problem_of(answer: Answer) -> Any:
    """Return the exception that an answer of 400 and above stands for."""
    raw: Any = None
    if "json" in answer.headers.get("content-type", ""):
        try:
            raw = json.loads(answer.content)
        except ValueError:
            raw = None
    if not isinstance(raw, dict):  # a proxy speaks, or a bucket
        raw = {"detail": answer.content[:200].decode(errors="replace")}
    return api_error(answer.status, raw, retry_after=answer.retry_after)


def seconds_of(text: str) -> float | None:
    """Return the seconds in a ``Retry-After``, which may be a date."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def remaining(deadline: float) -> float:
    """Return the seconds until a moment of the monotonic clock."""
    return deadline - time.monotonic()
