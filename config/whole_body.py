"""A body that ends before its announced length is no body: the sender was cut off.

Django's form parser takes what there is, so half a picture would be taken for a whole
one, and an Idempotency-Key for the half. Reading it raises here instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class WholeInput:
    """The input of a request, which must have as many bytes as were announced.

    Raises
    ------
    OSError
        From every method that reads, once it ends too early. Django makes an
        ``UnreadablePostError`` of it.
    """

    def __init__(self, source: Any, length: int) -> None:
        self._source = source
        self._missing = length

    def read(self, size: int = -1) -> bytes:
        """Read so many bytes; fewer only at the end."""
        wanted = self._missing if size < 0 else min(size, self._missing)
        return self._counted(self._source.read(wanted), wanted)

    def readline(self, size: int = -1) -> bytes:
        """Read a line, or so many bytes of it."""
        wanted = self._missing if size < 0 else min(size, self._missing)
        return self._counted(self._source.readline(wanted), 1 if wanted else 0)

    def _counted(self, data: bytes, least: int) -> bytes:
        self._missing -= len(data)
        if len(data) < least and self._missing:
            raise OSError("The request ended before its announced length.")
        return data


def with_whole_bodies(
    application: Callable[..., Iterable[bytes]],
) -> Callable[..., Iterable[bytes]]:
    """Return a WSGI application that reads whole bodies, or none."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = str(environ.get("CONTENT_LENGTH") or "")
        if length.isascii() and length.isdigit():
            source = environ["wsgi.input"]
            environ["wsgi.input"] = WholeInput(source, int(length[:18]))
        return application(environ, start_response)

    return answer
