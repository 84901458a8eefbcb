"""Addresses under /images/."""

from django.urls import path

from forensics.views.files import evidence, head, original
from forensics.views.images import image_detail, image_list, image_status, reanalyze
from forensics.views.tiles import tile, tiles
from forensics.views.uploads import UploadView

app_name = "forensics"

urlpatterns = [
    path("", image_list, name="image-list"),
    path("upload/", UploadView.as_view(), name="upload"),
    path("status/", image_status, name="image-status"),
    path("evidence/<uuid:evidence_id>/", evidence, name="evidence"),
    path(
        "tiles/<uuid:pyramid_id>/<int:level>/<int:column>-<int:row>/",
        tile,
        name="tile",
    ),
    path("<uuid:image_id>/", image_detail, name="image-detail"),
    path("<uuid:image_id>/original/", original, name="original"),
    path("<uuid:image_id>/tiles/", tiles, name="tiles"),
    path("<uuid:image_id>/head/", head, name="image-head"),
    path("<uuid:image_id>/reanalyze/", reanalyze, name="reanalyze"),
]
