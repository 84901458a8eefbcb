"""What a sender said stands on the pages of the image and of its case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from forensics.models import Submission
from tests.factories import make_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db


def test_it_is_shown_escaped_and_only_where_something_was_said(
    client_of: Callable[[User], Client], moderator: User
) -> None:
    case, client = make_case(), client_of(moderator)
    pages = [
        reverse("forensics:image-detail", args=[case.image_id]),
        reverse("moderation:case", args=[case.pk]),
    ]
    for page in pages:
        assert "What the sender said" not in client.get(page).content.decode()

    Submission.objects.update(
        external_id="claim-<17>", context={"order": {"shop": "<b>Bonn"}, "urgent": True}
    )

    for page in pages:
        text = client.get(page).content.decode()
        assert "What the sender said" in text
        assert "claim-&lt;17&gt;" in text
        assert "order.shop" in text
        assert "&lt;b&gt;Bonn" in text
        assert "<b>Bonn" not in text
