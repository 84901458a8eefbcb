"""What both clients share of sending: addresses, the key, bodies, files for answers."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from pixelwarden.errors import ConfigurationError, UnexpectedAnswer
from pixelwarden.protocol import Answer, NoAnswer, Request, Retries
from pixelwarden.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# httpx's own pool errors and these: the request never left.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

TIMEOUT = 30.0


class Setup:
    """Where the server is, with which key, and how patient one is.

    Parameters
    ----------
    url : str, optional
        Such as ``https://pixelwarden.example``; else ``PIXELWARDEN_URL``.
    key : str, optional
        Else ``PIXELWARDEN_KEY``.
    timeout : float
        Seconds without a sign of life, of each try.
    retries : int or Retries
        Tries after the first.
    """

    def __init__(
        self,
        url: str | None,
        key: str | None,
        *,
        timeout: float,
        retries: int | Retries,
    ) -> None:
        address = url or os.environ.get("PIXELWARDEN_URL", "")
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(
                "Name the server: url='https://...' or PIXELWARDEN_URL."
                + (f" Received {address!r}." if address else "")
            )
        if parts.username is not None:
            raise ConfigurationError("No name or password in the address, please.")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.root = f"{self.origin}{parts.path.rstrip('/')}/api/v1/"
        self.key = (key or os.environ.get("PIXELWARDEN_KEY", "")).strip()
        if not self.key:
            raise ConfigurationError("Give a key: key='pw_...' or PIXELWARDEN_KEY.")
        if not (self.key.isascii() and self.key.isprintable()):
            raise ConfigurationError("The key has characters that no key has.")
        self.timeout = timeout
        self.retries = (
            retries if isinstance(retries, Retries) else Retries(most=retries)
        )

    def address(self, request: Request) -> str:
        """Return the whole address of a request.

        Raises
        ------
        UnexpectedAnswer
            A link leads to another server, which must not get the key.
        """
        whole = urljoin(self.root, request.path)
        if not request.is_foreign and not whole.startswith(f"{self.origin}/"):
            raise UnexpectedAnswer(f"A link leads to another server: {whole}")
        return whole

    def build(
        self,
        http: httpx.Client | httpx.AsyncClient,
        request: Request,
        opened: ExitStack,
    ) -> httpx.Request:
        """Return one try of a request; its files stay open as long as ``opened``."""
        headers = {"User-Agent": f"pixelwarden-python/{__version__}"}
        headers |= request.headers
        if not request.is_foreign:
            headers["Authorization"] = f"Bearer {self.key}"
            if request.into is None:
                headers.setdefault("Accept", "application/json")
        body: dict[str, Any] = {}
        if request.files:
            body["data"] = dict(request.form or {})
            body["files"] = [
                ("file", (s.filename, opened.enter_context(s.opened())))
                for s in request.files
            ]
        elif request.content is not None:
            body["content"] = opened.enter_context(request.content.opened())
            headers.setdefault("Content-Length", str(request.content.size))
        elif request.json is not None:
            body["content"] = json.dumps(request.json).encode()
            headers["Content-Type"] = "application/json"
        patience = httpx.Timeout(self.timeout, read=self.timeout + request.wait)
        return http.build_request(
            request.method,
            self.address(request),
            headers=headers,
            params=list(request.params) or None,
            timeout=patience,
            **body,
        )


def no_answer(error: httpx.RequestError) -> NoAnswer:
    """Return what operations get to know of a broken connection."""
    words = str(error) or type(error).__name__
    return NoAnswer(words, is_unsent=isinstance(error, _UNSENT))


def as_answer(response: httpx.Response, content: bytes) -> Answer:
    """Return what operations get to see of a response."""
    return Answer(response.status_code, response.headers, content)


class Threaded(httpx.AsyncByteStream):
    """A body that is read from disk without standing in the way of the event loop."""

    def __init__(self, body: httpx.SyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = iter(self._body)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            yield chunk


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name only when all of it is there."""
    descriptor, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name[:100]}.", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
