"""What may be asked of the image list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from forensics.metadata_search import with_metadata
from forensics.models import VERDICT_CHOICES
from forensics.selectors import submissions_visible_to
from forensics.states import AnalysisStatus

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Image

_HASH = re.compile(r"[0-9a-fA-F]{16,64}")
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC")


class ImageFilterForm(forms.Form):
    """Filters of the image list; they live in the address."""

    q = forms.CharField(
        label="File name, SHA-256 or metadata",
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    verdict = forms.ChoiceField(
        label="Verdict", required=False, choices=[("", "Any verdict"), *VERDICT_CHOICES]
    )
    status = forms.ChoiceField(
        label="Analysis",
        required=False,
        choices=[("", "Any state"), *AnalysisStatus.choices],
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[("", "Any format"), *((name, name) for name in FORMATS)],
    )

    def apply(self, images: QuerySet[Image], *, user: User) -> QuerySet[Image]:
        """Narrow a list; what does not validate narrows nothing."""
        if not self.is_valid():
            return images
        asked = self.cleaned_data
        if asked["verdict"]:
            images = images.filter(current_analysis__verdict=asked["verdict"])
        if asked["status"]:
            images = images.filter(current_analysis__status=asked["status"])
        if asked["format"]:
            images = images.filter(format=asked["format"])
        return _search(images, asked["q"].strip(), user) if asked["q"] else images


def _search(images: QuerySet[Image], text: str, user: User) -> QuerySet[Image]:
    """Find by name, hash or tags; a name counts only where this person may see it."""
    names = submissions_visible_to(user).filter(
        image=OuterRef("pk"), original_name__icontains=text
    )
    found = Q(sha256__startswith=text.lower()) | Q(Exists(names))
    if not _HASH.fullmatch(text):
        found |= Q(with_metadata(text))  # reads the text of every result
    return images.filter(found)
