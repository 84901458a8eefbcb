"""Appeals over HTTP: opened by whoever sent the picture, or by leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.strict import StrictSerializer
from forensics.api.fields import BlankAsNullField, LinkField, PersonField
from forensics.api.permissions import person
from forensics.api.reading import Listing, Retrieving
from moderation import quality_selectors, services
from moderation.api.expansions import OF_APPEAL
from moderation.api.filters import AppealFilters
from moderation.models import Appeal, AppealResolution, Outcome
from moderation.models.quality import MAX_APPEAL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from forensics.keyset import Ordering


ANSWER = frozenset({"resolution", "resolved_at", "resolving_decision", "new_outcome"})


class AppealSerializer(serializers.ModelSerializer[Appeal]):
    """An appeal, without the names of those who decided.

    Of rows that ``quality_selectors.as_told_to`` has marked.
    """

    url = LinkField("api:appeal-detail", source="pk")
    case = serializers.UUIDField(source="case_id")
    image = serializers.UUIDField(source="case.image_id")
    image_url = LinkField("api:image-detail", source="case.image_id")
    decision = serializers.UUIDField(source="decision_id", help_text="in question")
    outcome = serializers.ChoiceField(
        Outcome.choices, source="decision.outcome", help_text="of that decision"
    )
    opened_by = PersonField(allow_null=True)
    resolution = BlankAsNullField(
        AppealResolution.choices, help_text="null: no answer is final yet"
    )
    resolving_decision = serializers.UUIDField(
        source="resolving_decision_id", allow_null=True
    )
    new_outcome = BlankAsNullField(
        Outcome.choices, source="resolving_decision.outcome", default=""
    )

    class Meta:
        model = Appeal
        fields = (
            "id",
            "url",
            "case",
            "image",
            "image_url",
            "decision",
            "outcome",
            "opened_by",
            "on_behalf_of",
            "because",
            "external_id",
            "opened_at",
            "resolution",
            "resolved_at",
            "resolving_decision",
            "new_outcome",
        )
        read_only_fields = fields

    def to_representation(self, instance: Appeal) -> dict[str, Any]:
        """Leave the answer out for whom it is not final."""
        shown: dict[str, Any] = super().to_representation(instance)
        if not instance.is_told:  # type: ignore[attr-defined]  # annotated
            shown.update(dict.fromkeys(ANSWER & shown.keys()))
        return shown


class OpenAppealSerializer(StrictSerializer):
    """Why a decision should be made again."""

    because = serializers.CharField(max_length=MAX_APPEAL)
    on_behalf_of = serializers.CharField(
        default="", allow_blank=True, max_length=255, help_text="whose appeal it is"
    )
    external_id = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=100,
        help_text="yours; sent again, it returns the appeal that is there",
    )


class AppealViewSet(Retrieving, Listing, GenericViewSet[Appeal]):
    """Appeals: those of the cases you see, or those that you opened."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_appeal"}
    resource = "appeal"
    expansions = OF_APPEAL
    lookup_value_converter = "uuid"
    queryset = Appeal.objects.none()
    serializer_class = AppealSerializer
    filterset_class = AppealFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-opened_at": ("-opened_at", "-id"),
        "opened_at": ("opened_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Appeal]:
        """Return what this person may see."""
        return quality_selectors.appeals_visible_to(person(self.request))


class CaseAppealsView(GenericAPIView[Appeal]):
    """The appeals of one case."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.add_appeal"}
    queryset = Appeal.objects.none()
    serializer_class = OpenAppealSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        operation_id="cases_appeals_create",
        request=OpenAppealSerializer,
        responses={
            201: AppealSerializer,
            409: OpenApiResponse(
                description="`wrong_state`: nothing is decided, the decision can still "
                "be taken back, or an appeal is open already"
            ),
            422: OpenApiResponse(description="`invalid_decision`: the reason is empty"),
        },
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Question the decision about a picture that you sent; leads, any."""
        case = get_object_or_404(
            quality_selectors.appealable_cases(person(request)), pk=pk
        )
        asked = OpenAppealSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        appeal = services.open_appeal(
            case_id=case.pk, actor=person(request), **asked.validated_data
        )
        # Sent again, it is an appeal of before, which may have been answered.
        rows = Appeal.objects.filter(pk=appeal.pk)
        marked = quality_selectors.as_told_to(rows, person(request)).get()
        body = AppealSerializer(marked).data
        return Response(
            body,
            status=status.HTTP_201_CREATED,
            headers={"Location": str(body["url"])},
        )
