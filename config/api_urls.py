"""The REST API, version 1."""

from django.urls import include, path, re_path

from config.api_pages import Docs, Redoc
from config.api_views import (
    ApiRoot,
    NotThere,
    ProblemTypes,
    ProblemTypeView,
    Schema,
)
from config.sunset import Deprecations

app_name = "api"
urlpatterns = [
    path("", ApiRoot.as_view(), name="root"),
    path("", include("accounts.api.urls")),
    path("", include("forensics.api.urls")),
    path("", include("moderation.api.urls")),
    path("problems/", ProblemTypes.as_view(), name="problem-list"),
    path("problems/<slug:code>/", ProblemTypeView.as_view(), name="problem-detail"),
    path("deprecations/", Deprecations.as_view(), name="deprecation-list"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("redoc/", Redoc.as_view(), name="redoc"),
    re_path("", NotThere.as_view()),
]
