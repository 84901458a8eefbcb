"""Addresses of images, analyses, their signals and evidence, and of models."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from forensics.api.models import ModelsView, ModelView
from forensics.api.parts import (
    EvidenceViewSet,
    ImageAnalysesViewSet,
    ImageSubmissionsViewSet,
    SignalViewSet,
)
from forensics.api.uploads import FetchViewSet, UploadContentView, UploadViewSet
from forensics.api.views import AnalysisViewSet, ImageViewSet

router = SimpleRouter(use_regex_path=False)
router.register("images", ImageViewSet, basename="image")
router.register("analyses", AnalysisViewSet, basename="analysis")
router.register("signals", SignalViewSet, basename="signal")
router.register("evidence", EvidenceViewSet, basename="evidence")

router.register("uploads", UploadViewSet, basename="upload")
router.register("fetches", FetchViewSet, basename="fetch")

urlpatterns = [
    path(
        "uploads/<uuid:pk>/content/", UploadContentView.as_view(), name="upload-content"
    ),
    *router.urls,
    path(
        "images/<uuid:image>/analyses/",
        ImageAnalysesViewSet.as_view({"get": "list"}),
        name="image-analyses",
    ),
    path(
        "images/<uuid:image>/submissions/",
        ImageSubmissionsViewSet.as_view({"get": "list"}),
        name="image-submissions",
    ),
    path("models/", ModelsView.as_view(), name="model-list"),
    path("models/<str:name>/<str:version>/", ModelView.as_view(), name="model-detail"),
]
