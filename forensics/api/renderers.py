"""The API as pages, for people with a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.renderers import BrowsableAPIRenderer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.views import APIView


class PagesRenderer(BrowsableAPIRenderer):
    """The framework's browsable pages, under our content security policy."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Allow this answer the inline styles of the framework's templates.

        Styles only: scripts stay limited to our own files, as everywhere.
        """
        if renderer_context:
            styles = {"style-src": ["'self'", "'unsafe-inline'"]}
            response = renderer_context["response"]
            response._csp_update = styles  # noqa: SLF001 - as its decorator
        page: str = super().render(data, accepted_media_type, renderer_context)
        return page

    def get_extra_actions(self, view: APIView, status_code: int) -> None:
        """Leave out links to actions: they take POST, and the links would ask GET."""
