"""What may be asked of the image list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django import forms
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from forensics.lists import DayField, ListForm, Sort, days
from forensics.models import VERDICT_CHOICES, Door
from forensics.narrowing import matching
from forensics.search import search_visible_images
from forensics.selectors import submissions_visible_to
from forensics.states import AnalysisStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise

    from forensics.models import Image, Submission

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIC")


def search_field(label: str | _StrPromise) -> forms.CharField:
    """Make the field for words."""
    widget = forms.TextInput(attrs={"type": "search", "autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=255, widget=widget)


class ImageFilterForm(ListForm):
    """Filters of the image list; they live in the address."""

    sorts: ClassVar[Mapping[str, Sort]] = {
        "newest": Sort(_("Newest first"), ("-created_at", "-id")),
        "oldest": Sort(_("Oldest first"), ("created_at", "id")),
    }
    more = ("format", "door", "uploader", "received_from", "received_to")

    q = search_field(_("Name, SHA-256, metadata, notes"))
    verdict = forms.ChoiceField(
        label=_("Verdict"),
        required=False,
        choices=[("", _("Any verdict")), *VERDICT_CHOICES],
    )
    status = forms.ChoiceField(
        label=_("Analysis"),
        required=False,
        choices=[("", _("Any state")), *AnalysisStatus.choices],
    )
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", _("Any format")), *((name, name) for name in FORMATS)],
    )
    door = forms.ChoiceField(
        label=_("Came through"),
        required=False,
        choices=[("", _("Any door")), *Door.choices],
    )
    uploader = forms.CharField(
        label=_("Sent by (user name)"), required=False, max_length=150
    )
    received_from = DayField(label=_("Received from"))
    received_to = DayField(label=_("Received until"))

    def apply(self, images: QuerySet[Image], *, user: User) -> QuerySet[Image]:
        """Narrow a list; what does not validate narrows nothing."""
        asked = self.asked
        columns = {
            "verdict": "current_analysis__verdict",
            "status": "current_analysis__status",
            "format": "format",
        }
        for name, column in columns.items():
            if name in asked:
                images = images.filter(**{column: asked[name]})
        images = images.filter(
            **days("created_at", asked.get("received_from"), asked.get("received_to"))
        )
        if "door" in asked or "uploader" in asked:
            images = images.filter(arrived(self._arrivals(user)))
        if not user.has_perm("forensics.view_image"):
            images = images.filter(arrived(submissions_visible_to(user)))
        if "q" in asked:
            images = images.filter(search_visible_images(asked["q"], user=user))
        return images

    def _arrivals(self, user: User) -> QuerySet[Submission]:
        arrivals = submissions_visible_to(user)
        if "door" in self.asked:
            arrivals = arrivals.filter(door=self.asked["door"])
        if "uploader" in self.asked:
            arrivals = arrivals.filter(
                submitted_by=user_id_of(self.asked["uploader"], user)
            )
        return arrivals


def arrived(arrivals: QuerySet[Submission]) -> Q:
    """Return the condition that an image is one of these arrivals'."""
    return matching(arrivals, "image_id", probe=arrivals.filter(image=OuterRef("pk")))


def user_id_of(username: str, asker: User) -> int:
    """Return the key of a person of the asker's organization, or one nobody has."""
    people = User.objects.filter(username=username, organization=asker.organization_id)
    found = people.values_list("pk", flat=True).first()
    return -1 if found is None else found
