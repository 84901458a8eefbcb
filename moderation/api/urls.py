"""Addresses of cases, decisions, policies, queues and evidence reports."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from moderation.api.appeals import AppealViewSet, CaseAppealsView
from moderation.api.audit import AuditViewSet
from moderation.api.banks import BankEntryViewSet, BankViewSet
from moderation.api.deliveries import DeliveryViewSet
from moderation.api.events import EventViewSet
from moderation.api.policy_versions import PolicyVersionViewSet
from moderation.api.reports import ReportViewSet
from moderation.api.views import (
    CaseViewSet,
    DecisionViewSet,
    PolicyViewSet,
    QueueViewSet,
)
from moderation.api.webhooks import EndpointViewSet

router = SimpleRouter(use_regex_path=False)
router.register("cases", CaseViewSet, basename="case")
router.register("decisions", DecisionViewSet, basename="decision")
router.register("policies", PolicyViewSet, basename="policy")
router.register("queues", QueueViewSet, basename="queue")
router.register("reports", ReportViewSet, basename="report")
router.register("audit", AuditViewSet, basename="audit")
router.register("events", EventViewSet, basename="event")
router.register("webhooks/endpoints", EndpointViewSet, basename="webhook-endpoint")
router.register("webhooks/deliveries", DeliveryViewSet, basename="webhook-delivery")
router.register("banks", BankViewSet, basename="bank")

router.register("appeals", AppealViewSet, basename="appeal")

urlpatterns = [
    *router.urls,
    path(
        "banks/<int:bank>/entries/",
        BankEntryViewSet.as_view({"get": "list", "post": "create"}),
        name="bank-entries",
    ),
    path(
        "banks/<int:bank>/entries/<uuid:pk>/",
        BankEntryViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
        name="bank-entry-detail",
    ),
    path(
        "policies/<int:policy>/versions/",
        PolicyVersionViewSet.as_view({"get": "list"}),
        name="policy-version-list",
    ),
    path(
        "policies/<int:policy>/versions/<int:number>/",
        PolicyVersionViewSet.as_view({"get": "retrieve"}),
        name="policy-version-detail",
    ),
    path("cases/<uuid:pk>/appeals/", CaseAppealsView.as_view(), name="case-appeals"),
]
