"""What can be done with a case over HTTP besides deciding it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response

from forensics.api.filters import refuse_unknown
from forensics.api.permissions import person
from moderation import flow_selectors, selectors, services
from moderation.api import serializers

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request
    from rest_framework.serializers import Serializer

    from moderation.models import Case

CONFLICT = {
    409: OpenApiResponse(description="`wrong_state` or `claimed_by_other`"),
}
INCOMPLETE = {
    422: OpenApiResponse(description="`invalid_decision`: `detail` says what is wrong"),
}
CHANGED = {200: serializers.CaseSerializer, **CONFLICT, **INCOMPLETE}


class PassingOn:
    """Actions of a case view: next, skip, hold, resume, escalate, assign, comments."""

    get_object: Callable[[], Case]

    @extend_schema(
        request=serializers.NextSerializer,
        responses={
            200: serializers.ClaimedCaseSerializer,
            204: OpenApiResponse(description="no case waits for you"),
        },
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="claim-next",
        serializer_class=serializers.NextSerializer,
    )
    def claim_next(self, request: Request) -> Response:
        """Claim the case that is next for you: by priority, then age."""
        asked = serializers.NextSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        case = services.claim_next(actor=person(request), **asked.validated_data)
        if case is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        visible = selectors.cases_visible_to(person(request))
        shown = selectors.with_decisions(visible, person(request)).get(pk=case.pk)
        return Response(serializers.ClaimedCaseSerializer(shown).data)

    @extend_schema(request=serializers.BecauseSerializer, responses=CHANGED)
    @action(
        detail=True, methods=["post"], serializer_class=serializers.BecauseSerializer
    )
    def skip(self, request: Request, pk: Any = None) -> Response:
        """Pass the case on; it is not offered to you again for a day."""
        return self.change(request, services.skip_case, serializers.BecauseSerializer)

    @extend_schema(request=serializers.HoldSerializer, responses=CHANGED)
    @action(detail=True, methods=["post"], serializer_class=serializers.HoldSerializer)
    def hold(self, request: Request, pk: Any = None) -> Response:
        """Let the case wait, until a moment or until somebody resumes it."""
        return self.change(request, services.hold_case, serializers.HoldSerializer)

    @extend_schema(request=None, responses=CHANGED)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: Any = None) -> Response:
        """Put a held case back into the queue."""
        services.resume_case(case_id=self.get_object().pk, actor=person(request))
        return self.as_it_is_now()

    @extend_schema(request=serializers.BecauseSerializer, responses=CHANGED)
    @action(
        detail=True, methods=["post"], serializer_class=serializers.BecauseSerializer
    )
    def escalate(self, request: Request, pk: Any = None) -> Response:
        """Leave the case to the leads."""
        service = services.escalate_case
        return self.change(request, service, serializers.BecauseSerializer)

    @extend_schema(request=serializers.AssignSerializer, responses=CHANGED)
    @action(
        detail=True, methods=["post"], serializer_class=serializers.AssignSerializer
    )
    def assign(self, request: Request, pk: Any = None) -> Response:
        """Give the case to one person, or back to all."""
        case = self.get_object()
        asked = serializers.AssignSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        name = asked.validated_data["person"]
        if name is None:
            services.hand_back_case(case_id=case.pk, actor=person(request))
        else:
            services.assign_case(case_id=case.pk, actor=person(request), username=name)
        return self.as_it_is_now()

    @extend_schema(
        methods=["get"],
        operation_id="cases_comments_list",
        responses={200: serializers.CommentSerializer(many=True)},
        filters=False,
    )
    @extend_schema(
        methods=["post"],
        request=serializers.CommentSerializer,
        responses={201: serializers.CommentedSerializer, **INCOMPLETE},
    )
    @action(
        detail=True,
        methods=["get", "post"],
        serializer_class=serializers.CommentSerializer,
        pagination_class=None,
    )
    def comments(self, request: Request, pk: Any = None) -> Response:
        """Read what was said about the case, or say something: `@name` tells people."""
        case = self.get_object()
        if request.method == "GET":
            refuse_unknown(request)
            said = flow_selectors.comments_on(case).select_related("author")
            return Response(serializers.CommentSerializer(said, many=True).data)
        asked = serializers.CommentSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = services.comment_on_case(
            case_id=case.pk, actor=person(request), text=asked.validated_data["text"]
        )
        body = serializers.CommentSerializer(made.comment).data
        return Response(
            {**body, "told": made.told, "unknown": made.unknown},
            status=status.HTTP_201_CREATED,
        )

    def change(
        self,
        request: Request,
        service: Callable[..., object],
        fields: type[Serializer[Any]],
    ) -> Response:
        """Call a service with what was sent; answer with the case as it is then."""
        case = self.get_object()
        asked = fields(data=request.data)
        asked.is_valid(raise_exception=True)
        service(case_id=case.pk, actor=person(request), **asked.validated_data)
        return self.as_it_is_now()

    def as_it_is_now(self) -> Response:
        """Answer with the case."""
        return Response(serializers.CaseSerializer(self.get_object()).data)
