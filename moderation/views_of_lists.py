"""Which list is at which address, with which filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from forensics.forms import ImageFilterForm
from moderation.list_forms import CaseListForm, DecisionListForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.lists import ListForm

LISTS: Mapping[str, tuple[type[ListForm], str]] = {
    "cases": (CaseListForm, "moderation:queue"),
    "images": (ImageFilterForm, "forensics:image-list"),
    "decisions": (DecisionListForm, "moderation:decisions"),
}


def address_of(list_name: str, query: str) -> str:
    """Return a list with filters; never the bare address, which opens the default."""
    _form, name = LISTS[list_name]
    return f"{reverse(name)}?{query or 'sort='}"
