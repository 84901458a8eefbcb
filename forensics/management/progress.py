"""A progress bar for commands, over what the libraries below report."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.core.management.base import OutputWrapper

T = TypeVar("T")
_QUIET_SECONDS = 30.0
_LIVELY_SECONDS = 0.1


class ProgressBar:
    """Draws on a command's error stream; rarely where that is no terminal."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = _Unadorned(stream)
        self._interval = _LIVELY_SECONDS if stream.isatty() else _QUIET_SECONDS

    def __call__(self, items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
        """Yield the items, drawing how far they have come."""
        yield from tqdm(
            items,
            total=total,
            desc=label,
            file=self._stream,
            mininterval=self._interval,
        )


class _Unadorned:
    """The command's stream without the line ends and colors that Django adds."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        self._stream.write(text, style_func=str, ending="")

    def flush(self) -> None:
        self._stream.flush()
