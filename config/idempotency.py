"""``Idempotency-Key`` on every POST of the API: one place, before any view runs."""

from __future__ import annotations

import hashlib
import logging
import threading
from contextlib import ExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from accounts.idempotency import (
    MAX_ANSWER,
    MAX_KEY,
    MAY_BE_REDONE,
    RENEW_EVERY,
    Begun,
    KeptAnswer,
    KeyReusedError,
    StillRunningError,
    begin,
    give_way,
    is_passing,
    keep,
    numbering,
    release,
    renew,
)
from accounts.key_models import ApiKey
from config.problems import Problem, answer
from forensics.uploads import is_raw, raw_upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


logger = logging.getLogger(__name__)

FORMS = frozenset({"multipart/form-data", "application/x-www-form-urlencoded"})
# The largest body that is neither a form nor a file; a larger one no view reads.
MAX_BODY = 2 * 1024 * 1024
KEPT_HEADERS = (
    "Content-Type",
    "Location",
    "Retry-After",
    "Preference-Applied",
    "Cache-Control",
    "ETag",
)
HELD = "_held_key"


class HeldKey:
    """A key whose request is being answered: its lease is renewed until that is done.

    The thread sleeps as long as nearly every request takes, and then ends unused.
    """

    def __init__(self, begun: Begun) -> None:
        self.begun = begun
        self._done = threading.Event()
        self._ids = ExitStack()
        self._ids.enter_context(numbering(begun))
        threading.Thread(target=self._renew, daemon=True).start()

    def let_go(self) -> None:
        """Renew no more, and give no more ids."""
        self._done.set()
        self._ids.close()

    def _renew(self) -> None:
        try:
            while not self._done.wait(RENEW_EVERY.total_seconds()):
                try:
                    if not renew(self.begun):
                        return
                except DatabaseError:  # busy or away: the next time tries again
                    logger.warning("a key's lease was not renewed", exc_info=True)
        finally:
            connection.close()


class IdempotencyMiddleware:
    """Answer a POST that was made before with what it was answered then.

    Applies to views of the API whose sender is known. The same key with another body
    or path is refused, and put off while the first request runs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and keep the answer where a key was taken for it."""
        try:
            response = self.get_response(request)
        finally:
            held: HeldKey | None = getattr(request, HELD, None)
            if held is not None:
                held.let_go()
        if held is not None:
            _settle(held.begun, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Take the key, or answer instead of the view."""
        key = request.headers.get("Idempotency-Key")
        view_class = getattr(view, "cls", None)
        if key is None or request.method != "POST" or view_class is None:
            return None
        if not 1 <= len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
            return answer(
                Problem(
                    "invalid_idempotency_key",
                    f"Expected 1 to {MAX_KEY} printable ASCII characters.",
                )
            )
        asked = _sender(request, view_class)
        if asked is None or not _is_readable(request):
            return None  # the view refuses it
        return _begin(request, asked, key)


def _begin(request: HttpRequest, asked: Request, key: str) -> HttpResponseBase | None:
    try:
        digest = request_digest(request)
    except MultiPartParserError:
        return answer(Problem("parse_error", ""))
    except UnreadablePostError:
        return answer(Problem("bad_request", ""))
    try:
        # An answer of one API key is not for another, which may hold other scopes.
        through = asked.auth.pk if isinstance(asked.auth, ApiKey) else None
        sender: Any = asked.user
        found = begin(user=sender, key=key, request_digest=digest, through=through)
    except KeyReusedError:
        return answer(Problem("idempotency_key_reused", ""))
    except StillRunningError as error:
        wait = {"Retry-After": str(error.seconds)}
        return answer(Problem("request_in_progress", "", headers=wait))
    if isinstance(found, KeptAnswer):
        headers = {**found.headers, "Idempotent-Replayed": "true"}
        return HttpResponse(found.body, status=found.status, headers=headers)
    setattr(request, HELD, HeldKey(found))
    return None


def _sender(request: HttpRequest, view_class: Any) -> Request | None:
    """Return a request with who sends it, as the view itself would find out."""
    authenticators = [one() for one in view_class.authentication_classes]
    asked = Request(request, authenticators=authenticators)
    try:
        user = asked.user
    except APIException:
        return None
    if not user.is_authenticated:
        return None
    # The view takes this for granted: no second look-up, no second password check.
    request._force_auth_user = user  # type: ignore[attr-defined] # noqa: SLF001
    request._force_auth_token = asked.auth  # type: ignore[attr-defined] # noqa: SLF001
    return asked


def _is_readable(request: HttpRequest) -> bool:
    kind = (request.content_type or "").lower()
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    return kind in FORMS or is_raw(kind) or length <= MAX_BODY


def _settle(begun: Begun, response: HttpResponseBase) -> None:
    status = response.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # It may have stored something: whoever asks again is to find that.
        give_way(begun)
        return
    if is_passing(status) or not isinstance(response, HttpResponse):
        release(begun)
        return
    may_be_redone = getattr(response, MAY_BE_REDONE, False)
    if may_be_redone or len(response.content) > MAX_ANSWER:
        give_way(begun)
        return
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    keep(begun, KeptAnswer(status, headers, response.content))


def request_digest(request: HttpRequest) -> str:
    """Return what tells one request from another: path, fields, contents of files.

    A form's boundary, the order of its fields and the types of its files are no
    matter; names and order of the files in one field are. Files are read in parts.
    """
    digest = hashlib.sha256()
    for part in (b"POST", request.path.encode(), *_parts(request)):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    kind = (request.content_type or "").lower()
    if is_raw(kind):
        said = (request.GET.get(name, "") for name in ("external_id", "context"))
        yield from (b"raw", *_of_file(raw_upload(request)), *_counted(said))
        return
    if kind not in FORMS:
        yield from (b"body", kind.encode(), request.body)
        return
    for name, values in sorted(request.POST.lists()):
        yield from (b"field", name.encode(errors="replace"), *_counted(values))
    for name, files in sorted(request.FILES.lists()):
        yield from (b"files", name.encode(errors="replace"), str(len(files)).encode())
        for file in files:
            yield from _of_file(file)


def _counted(values: Iterable[object]) -> list[bytes]:
    listed = [str(value).encode(errors="replace") for value in values]
    return [str(len(listed)).encode(), *listed]


def _of_file(file: UploadedFile[bytes]) -> tuple[bytes, bytes]:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return (file.name or "").encode(errors="replace"), digest.digest()
