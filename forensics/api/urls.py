"""Addresses of images, analyses and evidence."""

from rest_framework.routers import SimpleRouter

from forensics.api.views import AnalysisViewSet, EvidenceViewSet, ImageViewSet

router = SimpleRouter(use_regex_path=False)
router.register("images", ImageViewSet, basename="image")
router.register("analyses", AnalysisViewSet, basename="analysis")
router.register("evidence", EvidenceViewSet, basename="evidence")

urlpatterns = router.urls
