"""``manage.py rebuild_search`` brings back what was written past the services."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from forensics.models import Image, SearchDocument, Submission
from forensics.search import search_images
from moderation.models import Comment
from tests.factories import make_case, make_image

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_everything_is_found_again(moderator: User) -> None:
    case, bare = make_case(), make_image(original_name="bare.jpg")
    Comment.objects.create(case=case, author_name="Sam", text="twilight")
    Submission.objects.create(
        organization_id=1, image=bare, door="api", original_name="renamed.jpg"
    )
    SearchDocument.objects.filter(image=bare).delete()
    assert not Image.objects.filter(search_images("twilight")).exists()

    for _ in range(2):
        out = StringIO()
        call_command("rebuild_search", verbosity=0, stdout=out)
        assert "2 images can be searched" in out.getvalue()
        assert Image.objects.get(search_images("twilight")) == case.image
        assert Image.objects.get(search_images("bare renamed")) == bare
        assert Image.objects.get(search_images("photo")) == case.image
