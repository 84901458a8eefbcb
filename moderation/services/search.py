"""Keeping what people wrote about images to be found, in the step that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.services.search import index_remarks, rebuild_documents
from moderation.list_selectors import remarks_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID


def refresh_remarks(*, image_id: UUID) -> None:
    """Write down all remarks on an image; called before the record is."""
    index_remarks(image_id=image_id, texts=lambda: remarks_on(image_id))


def rebuild_search(*, progress: Callable[[int], object]) -> int:
    """Write every image's document anew; return how many there are."""
    return rebuild_documents(remarks=remarks_on, progress=progress)
