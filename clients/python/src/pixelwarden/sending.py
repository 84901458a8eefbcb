"""Sending pictures, in each way that the API knows, and waiting for results."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from pixelwarden import resources as r
from pixelwarden.calls import part
from pixelwarden.errors import (
    ConfigurationError,
    Conflict,
    FetchFailed,
    NotFound,
    ResultTimeout,
)
from pixelwarden.protocol import Answer, Pause, Request, Steps, Work, post, remaining
from pixelwarden.sources import Source
from pixelwarden.words import FetchStatus

if TYPE_CHECKING:
    from pixelwarden.sources import Picture

Context: TypeAlias = Mapping[str, Any]
DIRECT_FROM = 16 * 1024 * 1024
MOST_IN_BATCH = 100
_SHORTEST_POLL, _LONGEST_POLL = 0.25, 5.0


@dataclass(frozen=True, kw_only=True)
class Item:
    """One picture of a batch: by ``picture``, by ``url`` or by a direct ``upload``.

    Attributes
    ----------
    picture : path, bytes or binary file
    url : str
        An address that the server fetches from.
    upload : str
        The id of a direct upload whose file was put.
    filename, external_id, context
        What you know of it.
    """

    picture: Picture | None = None
    url: str | None = None
    upload: str | None = None
    filename: str | None = None
    external_id: str | None = None
    context: Context | None = None


def send(  # noqa: PLR0913  # what one may say of a picture
    picture: Picture,
    *,
    filename: str | None = None,
    external_id: str | None = None,
    context: Context | None = None,
    wait: int = 0,
    direct: bool | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Image]:
    """Send a picture.

    Parameters
    ----------
    picture : path, bytes or binary file
        A text is a path; for addresses there is ``send_url``.
    filename, external_id, context
        What you know of it. A ``"`` in a name arrives as ``%22``, as from browsers.
    wait : int
        Seconds, at most 30, in which the result may come with the answer.
    direct : bool, optional
        Put the file past the server (a direct upload). By default those of 16 MiB
        and above.
    idempotency_key : str, optional
        By default a random one, kept through all tries of this call.

    Returns
    -------
    Image
        ``analysis`` is finished if the result was there in time; see
        ``wait_for_result``.
    """
    if isinstance(picture, str) and picture.startswith(("http://", "https://")):
        raise ConfigurationError("This is an address: use send_url.")
    source = yield Work(lambda: Source(picture, filename=filename))
    said = {"external_id": external_id, "context": context}
    key = idempotency_key or str(uuid.uuid4())
    if direct or (direct is None and source.size >= DIRECT_FROM):
        return (yield from _send_directly(source, said, wait=wait, key=key))
    form = {"external_id": external_id} if external_id is not None else {}
    if context is not None:
        form["context"] = json.dumps(context)
    answer: Answer = yield post(
        "images/",
        form=form,
        files=(source,),
        params=_waiting(wait),
        wait=wait,
        idempotency_key=key,
    )
    return r.Image(answer.object())


def _send_directly(
    source: Source, said: Mapping[str, Any], *, wait: int, key: str
) -> Steps[r.Image]:
    upload = yield from begin_upload(
        source.size,
        (yield Work(source.sha256)),
        filename=source.filename,
        idempotency_key=_part(key, "b"),
        **said,
    )
    if upload.put is not None:
        try:
            yield Request(
                method=upload.put.method,
                path=upload.put.url,
                headers=upload.put.headers,
                content=source,
                is_foreign=True,
            )
        except Conflict as error:
            if error.code != "upload_closed":  # by an earlier call with this key
                raise
    return (
        yield from complete_upload(upload, wait=wait, idempotency_key=_part(key, "c"))
    )


def begin_upload(  # noqa: PLR0913  # what one may say of a picture
    byte_size: int,
    sha256: str,
    *,
    filename: str | None = None,
    external_id: str | None = None,
    context: Context | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.Upload]:
    """Begin a direct upload for somebody else to put the file, such as a browser.

    ``send`` does all of it by itself. ``put`` says how the file is put, exactly; then
    ``complete_upload``.
    """
    body: dict[str, Any] = {"byte_size": byte_size, "sha256": sha256}
    said = {"filename": filename, "external_id": external_id, "context": context}
    body |= {name: value for name, value in said.items() if value is not None}
    answer: Answer = yield post("uploads/", json=body, idempotency_key=idempotency_key)
    return r.Upload(answer.object())


def complete_upload(
    upload: r.Upload | str, *, wait: int = 0, idempotency_key: str | None = None
) -> Steps[r.Image]:
    """Say that the file of a direct upload was put: it becomes an image."""
    if isinstance(upload, r.Upload):
        path = upload.complete_url
    else:
        path = f"uploads/{part(upload)}/complete/"
    answer: Answer = yield post(
        path,
        params=_waiting(wait),
        wait=wait,
        idempotency_key=idempotency_key,
    )
    return r.Image(answer.object())


def send_url(  # noqa: PLR0913  # what one may say of a picture
    url: str,
    *,
    filename: str | None = None,
    external_id: str | None = None,
    context: Context | None = None,
    wait: int = 0,
    idempotency_key: str | None = None,
) -> Steps[r.Fetch | r.Image]:
    """Have the server fetch a picture from an https address.

    Returns
    -------
    Fetch or Image
        An image if the result was there within ``wait`` seconds. ``wait_for_result``
        takes either.
    """
    item = Item(url=url, filename=filename, external_id=external_id, context=context)
    answer: Answer = yield post(
        "images/",
        json=_described(item),
        params=_waiting(wait),
        wait=wait,
        idempotency_key=idempotency_key,
    )
    raw = answer.object()
    return r.Fetch(raw) if "source_url" in raw else r.Image(raw)


def send_batch(
    items: Iterable[Item | Picture], *, idempotency_key: str | None = None
) -> Steps[r.Batch]:
    """Send up to 100 pictures in one request; each is answered for itself.

    Nothing is raised for an item that was refused: look at its ``problem``.
    """
    all_items = [one if isinstance(one, Item) else Item(picture=one) for one in items]
    if not 1 <= len(all_items) <= MOST_IN_BATCH:
        raise ConfigurationError(
            f"Expected 1 to {MOST_IN_BATCH} items. Received {len(all_items)}."
        )
    files: list[Source] = []
    described = []
    for item in all_items:
        words = _described(item)
        if item.picture is not None:
            source = yield Work(partial(Source, item.picture, filename=item.filename))
            words |= {"file": len(files), "filename": source.filename}
            files.append(source)
        described.append(words)
    path = "images/batch/"
    if files:
        form = {"items": json.dumps(described)}
        request = post(
            path, form=form, files=tuple(files), idempotency_key=idempotency_key
        )
    else:
        body = {"items": described}
        request = post(path, json=body, idempotency_key=idempotency_key)
    answer: Answer = yield request
    return r.Batch(answer.object())


def reanalyze(
    image: str, *, wait: int = 0, idempotency_key: str | None = None
) -> Steps[r.Analysis]:
    """Analyze an image again, with what the server has learned since."""
    answer: Answer = yield post(
        f"images/{part(image)}/reanalyze/",
        params=_waiting(wait),
        wait=wait,
        idempotency_key=idempotency_key,
    )
    return r.Analysis(answer.object())


def wait_for_result(
    what: r.Image | r.Analysis | r.Fetch | str, *, timeout: float = 120.0
) -> Steps[r.Analysis]:
    """Ask politely until an analysis has ended, and return it whole.

    Parameters
    ----------
    what : Image, Analysis, Fetch or str
        A text is the id of an analysis or of an image.
    timeout : float
        Seconds.

    Returns
    -------
    Analysis
        Its status may be ``failed``; then ``error`` says why.

    Raises
    ------
    ResultTimeout
        It goes on meanwhile; ask again.
    FetchFailed
        The server could not get the picture from its address.
    """
    deadline = time.monotonic() + timeout
    path = yield from _analysis_path(what, deadline)
    if isinstance(path, r.Analysis):
        return path
    pause = 0.0
    while True:
        answer: Answer = yield Request(path=path)
        analysis = r.Analysis(answer.object())
        if analysis.is_finished:
            return analysis
        pause = yield from _pause(answer, pause, deadline)


def _analysis_path(
    what: r.Image | r.Analysis | r.Fetch | str, deadline: float
) -> Steps[str | r.Analysis]:
    """Return where to ask, or the result itself if it is there."""
    if isinstance(what, str):
        try:
            answer: Answer = yield Request(path=f"analyses/{part(what)}/")
            what = r.Analysis(answer.object())
        except NotFound:
            answer = yield Request(path=f"images/{part(what)}/")
            what = r.Image(answer.object())
    if isinstance(what, r.Fetch):
        return (yield from _fetched(what, deadline))
    found = what.analysis if isinstance(what, r.Image) else what
    if found is None:
        raise ConfigurationError("This image has no analysis that you may see.")
    return found if found.is_finished and found.is_whole else found.url


def _fetched(what: r.Fetch, deadline: float) -> Steps[str]:
    pause = 0.0
    while what.analysis_url is None:
        if what.error is not None or what.status == FetchStatus.FAILED:
            error = what.error
            raise FetchFailed(
                error.code if error else "failed",
                error.detail if error else "The picture could not be fetched.",
            )
        answer: Answer = yield Request(path=what.url)
        what = r.Fetch(answer.object())
        if what.status == FetchStatus.FETCHING:
            pause = yield from _pause(answer, pause, deadline)
    return what.analysis_url


def _pause(answer: Answer, last: float, deadline: float) -> Steps[float]:
    """Wait as long as the server asks, and longer from time to time."""
    asked = answer.retry_after if answer.retry_after is not None else 1.0
    pause = max(asked, _SHORTEST_POLL, min(_LONGEST_POLL, last * 1.25))
    left = remaining(deadline)
    if left <= 0:
        raise ResultTimeout("There is no result yet. The analysis goes on; ask again.")
    yield Pause(min(pause, left))
    return pause


def _described(item: Item) -> dict[str, Any]:
    words = {
        "url": item.url,
        "upload": item.upload,
        "filename": item.filename,
        "external_id": item.external_id,
        "context": item.context,
    }
    return {name: value for name, value in words.items() if value is not None}


def _waiting(seconds: int) -> tuple[tuple[str, str], ...]:
    return (("wait", str(seconds)),) if seconds else ()


def _part(key: str, which: str) -> str:
    return f"{key[:250]}:{which}"
