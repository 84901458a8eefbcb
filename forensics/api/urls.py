"""Addresses of images, analyses and evidence."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from forensics.api.uploads import FetchViewSet, UploadContentView, UploadViewSet
from forensics.api.views import AnalysisViewSet, EvidenceViewSet, ImageViewSet

router = SimpleRouter(use_regex_path=False)
router.register("images", ImageViewSet, basename="image")
router.register("analyses", AnalysisViewSet, basename="analysis")
router.register("evidence", EvidenceViewSet, basename="evidence")

router.register("uploads", UploadViewSet, basename="upload")
router.register("fetches", FetchViewSet, basename="fetch")

urlpatterns = [
    path(
        "uploads/<uuid:pk>/content/", UploadContentView.as_view(), name="upload-content"
    ),
    *router.urls,
]
