"""Speaks to a person in the language they chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

from accounts.care import language_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

API, ENGLISH = "/api/", "en"


class PreferredLanguageMiddleware:
    """Prefer a signed-in person's own choice to what their browser asks for.

    Stands below ``LocaleMiddleware``, which has set the browser's and afterwards says
    in the answer which one it was.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        # Programs read words, too: those of the API never change with the reader.
        is_api = request.path_info.startswith(API)
        language = ENGLISH if is_api else language_of(request.user)
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language() or language
        return self.get_response(request)
