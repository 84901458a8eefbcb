"""Which lists can be narrowed by what. Nothing else is accepted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as FieldError
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import IntegerField
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from rest_framework.exceptions import ValidationError

from forensics.analysis.types import FindingStatus
from forensics.api.reading import Shaping
from forensics.models import (
    VERDICT_CHOICES,
    Analysis,
    Door,
    EvidenceFile,
    Finding,
    Image,
    Submission,
    Trigger,
)
from forensics.search import search_images
from forensics.search_words import Field
from forensics.selectors import submissions_visible_to
from forensics.sending_selectors import images_known_as, images_said
from forensics.states import AnalysisStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from rest_framework.request import Request
    from rest_framework.views import APIView

CONTEXT = "context."
MOST_FACTS = 10
YES_OR_NO = frozenset({"true", "false"})
OF_PAGES = frozenset({"cursor", "page_size", "ordering"})
OF_SHAPES = frozenset({"fields", "expand"})


class StrictFilterBackend(filters.DjangoFilterBackend):
    """Filters on lists only, and an error for a name that no filter has.

    A misspelt filter that is silently ignored answers with rows nobody asked for.
    """

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> QuerySet[Any]:
        """Narrow the list, or say which parameter is wrong."""
        if getattr(view, "action", None) != "list":
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        known = set(filterset_class.base_filters) if filterset_class else set()
        accepted = known | OF_PAGES
        if isinstance(view, Shaping):
            accepted |= OF_SHAPES
        starts: tuple[str, ...] = getattr(filterset_class, "open_ended", ())
        refuse_unknown(request, known=accepted, starts=starts)
        for name in known & set(request.query_params):
            _check(name, filterset_class.base_filters[name], request)
        narrowed: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return narrowed


def refuse_unknown(
    request: Request, *, known: Collection[str] = (), starts: tuple[str, ...] = ()
) -> None:
    """Refuse parameters that a list does not have.

    Raises
    ------
    ValidationError
        Names that are none, and do not begin as one that goes on.
    """
    unknown = sorted(set(request.query_params) - set(known))
    unknown = [name for name in unknown if not name.startswith(starts)]
    if unknown:
        listed = ", ".join(sorted(known))
        there = f"Known are: {listed}." if listed else "This list takes none."
        says = f"Unknown parameter. {there}"
        raise ValidationError(dict.fromkeys(unknown, says))


def _check(name: str, asked: filters.Filter, request: Request) -> None:
    """Refuse what the filters below would read as not being asked at all."""
    values = request.query_params.getlist(name)
    if len(values) > 1 and not isinstance(asked, filters.MultipleChoiceFilter):
        raise ValidationError({name: "Give it once."})
    if "" in values:
        says = "It is empty. Give it a value, or leave it out."
        raise ValidationError({name: says})
    if isinstance(asked, filters.BooleanFilter) and values[0] not in YES_OR_NO:
        raise ValidationError({name: "Use true or false."})


class MomentField(IsoDateTimeField):
    """An ISO 8601 time that also exists in UTC."""

    def clean(self, value: Any) -> datetime | None:
        """Return the moment in UTC."""
        moment: datetime | None = super().clean(value)
        try:
            return moment.astimezone(UTC) if moment else None
        except OverflowError as error:
            raise FieldError("This time is out of range.") from error


class Moment(filters.IsoDateTimeFilter):
    """Compares with a moment, ``2026-01-31T12:00:00Z``."""

    field_class = MomentField


class AnyOf(filters.MultipleChoiceFilter):
    """One or more of the choices, by repeating the parameter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The columns are of one row each, so there is nothing to make distinct.
        super().__init__(*args, distinct=False, **kwargs)

    def is_noop(self, qs: QuerySet[Any], value: Any) -> bool:
        """Never skip: naming every choice still leaves out rows that have none."""
        return False


class AtLeast(filters.NumberFilter):
    """From a number on, itself included; of ``COUNT`` and ``BYTES`` a whole one."""

    def __init__(self, field_name: str, **limits: Any) -> None:
        if limits["max_value"] > 1:
            self.field_class = IntegerField
        super().__init__(field_name=field_name, lookup_expr="gte", **limits)


class AtMost(filters.NumberFilter):
    """Up to a number, itself included; of ``COUNT`` and ``BYTES`` a whole one."""

    def __init__(self, field_name: str, **limits: Any) -> None:
        if limits["max_value"] > 1:
            self.field_class = IntegerField
        super().__init__(field_name=field_name, lookup_expr="lte", **limits)


class Number(filters.NumberFilter):
    """One whole number."""

    field_class = IntegerField


SHARE: Mapping[str, Any] = {"min_value": 0, "max_value": 1}
COUNT: Mapping[str, Any] = {"min_value": 0, "max_value": 2**31 - 1}
BYTES: Mapping[str, Any] = {"min_value": 0, "max_value": 2**62}


class ImageFilters(filters.FilterSet):
    """Filters of the image list."""

    sha256 = filters.CharFilter(help_text="hexadecimal, whole", max_length=64)
    format = filters.CharFilter(lookup_expr="iexact", help_text="JPEG, PNG, ...")
    status = AnyOf(
        field_name="current_analysis__status", choices=AnalysisStatus.choices
    )
    verdict = AnyOf(field_name="current_analysis__verdict", choices=VERDICT_CHOICES)
    original_name = filters.CharFilter(
        method="named", help_text="part of a file name it was sent under"
    )
    metadata = filters.CharFilter(
        method="described",
        max_length=255,
        help_text="words of tags' names and values in the newest result, all of them; "
        'the last may be unfinished; `"a phrase"`',
    )
    external_id = filters.CharFilter(
        method="identified",
        max_length=255,
        help_text="your own id of it, whole, as you sent it",
    )
    created_after = Moment(field_name="created_at", lookup_expr="gte")
    created_before = Moment(field_name="created_at", lookup_expr="lt")
    # Names of parameters that go on: context.order=17, context.order.shop=Bonn.
    open_ended = (CONTEXT,)
    media_type = filters.CharFilter(max_length=64)
    min_score = AtLeast("current_analysis__score", **SHARE)
    max_score = AtMost("current_analysis__score", **SHARE)
    min_width, max_width = AtLeast("width", **COUNT), AtMost("width", **COUNT)
    min_height, max_height = AtLeast("height", **COUNT), AtMost("height", **COUNT)
    min_byte_size = AtLeast("byte_size", **BYTES)
    max_byte_size = AtMost("byte_size", **BYTES)

    class Meta:
        model = Image
        fields: tuple[str, ...] = ()

    def filter_queryset(self, queryset: QuerySet[Image]) -> QuerySet[Image]:
        """Narrow by the documented names, then by what senders said."""
        narrowed: QuerySet[Image] = super().filter_queryset(queryset)
        asked = [
            (name.removeprefix(CONTEXT), value)
            for name in self.data
            if name.startswith(CONTEXT)
            for value in self.data.getlist(name)
        ]
        if len(asked) > MOST_FACTS:
            says = f"Ask for at most {MOST_FACTS} facts at once."
            raise ValidationError({CONTEXT: says})
        for path, value in asked:
            narrowed = narrowed.filter(
                images_said(user=self.request.user, path=path, value=value)
            )
        return narrowed

    def identified(
        self, queryset: QuerySet[Image], name: str, value: str
    ) -> QuerySet[Image]:
        """Search the ids this person may see, nobody else's."""
        return queryset.filter(images_known_as(user=self.request.user, ident=value))

    def named(
        self, queryset: QuerySet[Image], name: str, value: str
    ) -> QuerySet[Image]:
        """Search the names this person may see, nobody else's."""
        visible = submissions_visible_to(self.request.user)
        return queryset.filter(
            Exists(visible.filter(image=OuterRef("pk"), original_name__icontains=value))
        )

    def described(
        self, queryset: QuerySet[Image], name: str, value: str
    ) -> QuerySet[Image]:
        """Search what the files say about themselves."""
        return queryset.filter(search_images(value, fields={Field.METADATA}))


class SubmissionFilters(filters.FilterSet):
    """Filters of the arrivals of one image."""

    door = AnyOf(choices=Door.choices)
    external_id = filters.CharFilter(
        max_length=255, help_text="your own id of it, whole, as you sent it"
    )
    created_after = Moment(field_name="created_at", lookup_expr="gte")
    created_before = Moment(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Submission
        fields: tuple[str, ...] = ()


class AnalysisFilters(filters.FilterSet):
    """Filters of the analysis list."""

    image = filters.UUIDFilter(field_name="image_id")
    status = AnyOf(choices=AnalysisStatus.choices)
    verdict = AnyOf(choices=VERDICT_CHOICES)
    trigger = AnyOf(choices=Trigger.choices)
    min_score = AtLeast("score", **SHARE)
    max_score = AtMost("score", **SHARE)
    error = filters.CharFilter(
        field_name="error_code", max_length=32, help_text="the error's code"
    )
    min_attempts = AtLeast("attempts", **COUNT)
    min_elapsed_ms = AtLeast("elapsed_ms", **COUNT)
    max_elapsed_ms = AtMost("elapsed_ms", **COUNT)
    started_after = Moment(field_name="started_at", lookup_expr="gte")
    started_before = Moment(field_name="started_at", lookup_expr="lt")
    finished_after = Moment(field_name="finished_at", lookup_expr="gte")
    finished_before = Moment(field_name="finished_at", lookup_expr="lt")
    pipeline_version = filters.CharFilter(max_length=64)
    queued_after = Moment(field_name="queued_at", lookup_expr="gte")
    queued_before = Moment(field_name="queued_at", lookup_expr="lt")

    class Meta:
        model = Analysis
        fields: tuple[str, ...] = ()


class SignalFilters(filters.FilterSet):
    """Filters of the list of signals."""

    analysis = filters.UUIDFilter(field_name="analysis_id")
    image = filters.UUIDFilter(field_name="analysis__image_id")
    name = filters.CharFilter(field_name="analyzer", max_length=32)
    version = filters.CharFilter(max_length=64)
    status = AnyOf(choices=[(status.value, status.value) for status in FindingStatus])
    min_score = AtLeast("score", **SHARE)
    max_score = AtMost("score", **SHARE)
    min_elapsed_ms = AtLeast("elapsed_ms", **COUNT)
    max_elapsed_ms = AtMost("elapsed_ms", **COUNT)

    class Meta:
        model = Finding
        fields: tuple[str, ...] = ()


class EvidenceFilters(filters.FilterSet):
    """Filters of the list of evidence pictures."""

    analysis = filters.UUIDFilter(field_name="analysis_id")
    image = filters.UUIDFilter(field_name="analysis__image_id")
    signal = filters.UUIDFilter(field_name="finding_id")
    kind = filters.CharFilter(max_length=32, help_text="`preview`, `ela`, ...")
    media_type = filters.CharFilter(max_length=64)
    min_byte_size = AtLeast("byte_size", **BYTES)
    max_byte_size = AtMost("byte_size", **BYTES)

    class Meta:
        model = EvidenceFile
        fields: tuple[str, ...] = ()
