"""Addresses of cases, decisions, policies, queues and evidence reports."""

from rest_framework.routers import SimpleRouter

from moderation.api.reports import ReportViewSet
from moderation.api.views import (
    CaseViewSet,
    DecisionViewSet,
    PolicyViewSet,
    QueueViewSet,
)

router = SimpleRouter(use_regex_path=False)
router.register("cases", CaseViewSet, basename="case")
router.register("decisions", DecisionViewSet, basename="decision")
router.register("policies", PolicyViewSet, basename="policy")
router.register("queues", QueueViewSet, basename="queue")
router.register("reports", ReportViewSet, basename="report")

urlpatterns = router.urls
