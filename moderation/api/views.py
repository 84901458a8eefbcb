"""Cases, decisions and policies over HTTP. Every transition is a service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from forensics.api.permissions import person
from forensics.api.reading import Listing, Retrieving
from moderation import selectors, services
from moderation.api import serializers
from moderation.api.expansions import OF_CASE, OF_DECISION
from moderation.api.filters import (
    CaseFilters,
    DecisionFilters,
    PolicyFilters,
    QueueFilters,
)
from moderation.api.passing_on import CONFLICT, PassingOn
from moderation.models import Case, Decision, Policy, Queue
from moderation.policy_selectors import policies_visible_to, queues_visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer

    from forensics.keyset import Ordering


class CaseViewSet(PassingOn, Retrieving, Listing, GenericViewSet[Case]):
    """Pictures that a person has to decide about, or has decided."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_case"}
    resource = "case"
    expansions = OF_CASE
    lookup_value_converter = "uuid"
    queryset = Case.objects.none()
    serializer_class = serializers.CaseSerializer
    filterset_class = CaseFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-priority": ("-priority", "opened_at", "id"),
        "-opened_at": ("-opened_at", "-id"),
        "opened_at": ("opened_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Case]:
        """Return what this person may see, decisions only for one at a time."""
        user = person(self.request)
        visible = selectors.as_summaries(selectors.cases_visible_to(user))
        if self.action == "list":
            return visible
        return selectors.with_decisions(visible, user)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Return the short shape for lists."""
        if self.action == "list":
            return serializers.CaseSummarySerializer
        return super().get_serializer_class()

    @extend_schema(
        request=None, responses={200: serializers.ClaimedCaseSerializer, **CONFLICT}
    )
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: Any = None) -> Response:
        """Take the case for a while, or prolong your claim; with its token."""
        services.claim_case(case_id=self.get_object().pk, actor=person(request))
        return Response(serializers.ClaimedCaseSerializer(self.get_object()).data)

    @extend_schema(
        request=serializers.TokenSerializer,
        responses={200: serializers.CaseSerializer, **CONFLICT},
    )
    @action(detail=True, methods=["post"], serializer_class=serializers.TokenSerializer)
    def release(self, request: Request, pk: Any = None) -> Response:
        """Hand your claim back; a lead may end anybody's."""
        return self.change(request, services.release_case, serializers.TokenSerializer)

    @extend_schema(
        request=serializers.DecideSerializer,
        responses={
            201: serializers.DecisionSerializer,
            **CONFLICT,
            422: OpenApiResponse(
                description="`invalid_decision`: the reason does not fit the outcome, "
                "or its note is missing"
            ),
        },
    )
    @action(
        detail=True, methods=["post"], serializer_class=serializers.DecideSerializer
    )
    def decide(self, request: Request, pk: Any = None) -> Response:
        """Decide the case; an open one is claimed on the way."""
        case = self.get_object()
        asked = serializers.DecideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        decision = services.decide_case(
            case_id=case.pk, actor=person(request), **asked.validated_data
        )
        body = serializers.DecisionSerializer(decision).data
        return Response(
            body,
            status=status.HTTP_201_CREATED,
            headers={"Location": str(body["url"])},
        )

    @extend_schema(
        request=serializers.ReopenSerializer,
        responses={200: serializers.CaseSerializer, **CONFLICT},
    )
    @action(
        detail=True, methods=["post"], serializer_class=serializers.ReopenSerializer
    )
    def reopen(self, request: Request, pk: Any = None) -> Response:
        """Withdraw the decision and put the case back into the queue."""
        case = self.get_object()
        asked = serializers.ReopenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.reopen_case(
            case_id=case.pk, actor=person(request), **asked.validated_data
        )
        return self.as_it_is_now()


class DecisionViewSet(Retrieving, Listing, GenericViewSet[Decision]):
    """What people decided. Never edited; a withdrawn one says when."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_decision"}
    resource = "decision"
    expansions = OF_DECISION
    lookup_value_converter = "uuid"
    queryset = Decision.objects.none()
    serializer_class = serializers.DecisionSerializer
    filterset_class = DecisionFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-created_at": ("-created_at", "-id"),
        "created_at": ("created_at", "id"),
    }

    def get_queryset(self) -> QuerySet[Decision]:
        """Return what this person may see."""
        visible = selectors.decisions_visible_to(person(self.request))
        return visible.select_related("decided_by")

    @extend_schema(
        request=None, responses={200: serializers.ClaimedCaseSerializer, **CONFLICT}
    )
    @action(
        detail=True,
        methods=["post"],
        serializer_class=serializers.ClaimedCaseSerializer,
    )
    def undo(self, request: Request, pk: Any = None) -> Response:
        """Take your own decision back before `final_at`; the case is yours again.

        Cases that were decided together with it wait again for whoever comes.
        """
        decision = self.get_object()
        services.undo_decision(decision_id=decision.pk, actor=person(request))
        cases = selectors.cases_visible_to(person(request))
        shown = selectors.with_decisions(cases, person(request))
        case = shown.get(pk=decision.case_id)
        return Response(serializers.ClaimedCaseSerializer(case).data)


class PolicyViewSet(Retrieving, Listing, GenericViewSet[Policy]):
    """The rules by which analyses become cases."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_policy"}
    lookup_value_converter = "int"
    resource = "policy"
    queryset = Policy.objects.none()
    serializer_class = serializers.PolicySerializer
    filterset_class = PolicyFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {"id": ("id",), "-id": ("-id",)}

    def get_queryset(self) -> QuerySet[Policy]:
        """Return those of this person's organization."""
        visible = policies_visible_to(person(self.request))
        return visible.prefetch_related("versions__queue")


class QueueViewSet(Retrieving, Listing, GenericViewSet[Queue]):
    """Where cases wait, in the order in which the rules are tried."""

    needs: ClassVar[Mapping[str, str]] = {"*": "moderation.view_queue"}
    lookup_value_converter = "int"
    resource = "queue"
    queryset = Queue.objects.none()
    serializer_class = serializers.QueueSerializer
    filterset_class = QueueFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "position": ("position", "id"),
        "id": ("id",),
    }

    def get_queryset(self) -> QuerySet[Queue]:
        """Return those of this person's organization."""
        return queues_visible_to(person(self.request)).prefetch_related("members")
