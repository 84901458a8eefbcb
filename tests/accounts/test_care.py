"""Blur and grayscale: the organization's default, one's own choice, in every place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, Preferences
from tests.factories import make_analysis, make_case, make_evidence

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]


def set_defaults(*, blur: bool = False, grayscale: bool = False) -> None:
    Organization.objects.update(blur_by_default=blur, grayscale_by_default=grayscale)


def veil_of_page(client: Client, address: str = "/cases/") -> str:
    page = client.get(address).content.decode()
    found = re.search(r"<body[^>]*data-veil=\"([^\"]*)\"", page)
    return found.group(1) if found else ""


@pytest.mark.parametrize(
    ("default", "own", "seen"),
    [
        (False, None, ""),
        (True, None, "blur grayscale"),
        (True, False, ""),
        (False, True, "blur grayscale"),
    ],
)
def test_ones_own_choice_goes_before_the_organizations(
    *,
    default: bool,
    own: bool | None,
    seen: str,
    moderator: User,
    client_of: ClientOf,
) -> None:
    set_defaults(blur=default, grayscale=default)
    Preferences.objects.create(user=moderator, blur=own, grayscale=own)
    assert veil_of_page(client_of(moderator)) == seen


def test_blur_and_grayscale_are_two_choices(
    moderator: User, client_of: ClientOf
) -> None:
    set_defaults(blur=True)
    assert veil_of_page(client_of(moderator)) == "blur"
    Preferences.objects.create(user=moderator, blur=False, grayscale=True)
    assert veil_of_page(client_of(moderator)) == "grayscale"


def test_the_default_holds_for_who_has_set_nothing(
    moderator: User, client_of: ClientOf
) -> None:
    set_defaults(grayscale=True)
    assert veil_of_page(client_of(moderator)) == "grayscale"


def test_every_strangers_picture_carries_the_mark(
    lead: User, client_of: ClientOf
) -> None:
    set_defaults(blur=True)
    analysis = make_analysis()
    make_evidence(analysis=analysis, kind="preview")
    make_evidence(analysis=analysis, kind="ela", finding=analysis.findings.get())
    case = make_case(analysis=analysis)
    client = client_of(lead)
    for address in (
        "/cases/",
        "/images/",
        reverse("moderation:case", args=[case.pk]),
        reverse("forensics:image-detail", args=[analysis.image_id]),
    ):
        page = client.get(address).content.decode()
        assert "<img" in page
        # A stage covers all that it shows.
        stage = re.compile(r"(<section class=\"stage[^>]*>).*?</section>", re.DOTALL)
        assert all('data-veil="blur"' in head for head in stage.findall(page)), address
        pictures = re.findall(r"<img[^>]*>", stage.sub("", page))
        strangers = [one for one in pictures if "data-own-picture" not in one]
        assert strangers, address
        assert all("data-veil" in one for one in strangers), address


def test_a_blurred_picture_does_not_link_to_itself_unblurred(
    lead: User, client_of: ClientOf
) -> None:
    analysis = make_analysis()
    make_evidence(analysis=analysis, kind="ela", finding=analysis.findings.get())
    address = reverse("forensics:image-detail", args=[analysis.image_id])
    assert "(opens in a new tab)" in client_of(lead).get(address).content.decode()
    set_defaults(blur=True)
    assert "(opens in a new tab)" not in client_of(lead).get(address).content.decode()


def test_the_admin_has_it_too(administrator: User, client_of: ClientOf) -> None:
    case = make_case()
    client = client_of(administrator)
    addresses = (
        reverse("admin:index"),
        reverse("admin:moderation_case_changelist"),
        reverse("admin:moderation_case_change", args=[case.pk]),
        reverse("admin:moderation_case_decide", args=[case.pk]),
        reverse("admin:forensics_image_changelist"),
    )
    assert "veil-blur" not in client.get(addresses[0]).content.decode()
    set_defaults(blur=True, grayscale=True)
    for address in addresses:
        page = client.get(address).content.decode()
        assert re.search(r"<body class=\"[^\"]*veil-blur veil-grayscale", page)
        assert "css/care" in page


def test_asking_costs_no_query(
    moderator: User,
    client_of: ClientOf,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """The person comes with preferences and organization in the one query there was."""
    client = client_of(moderator)
    with django_assert_num_queries(2):  # session, person
        client.get("/words.js")


def test_a_stranger_who_signs_in_sees_no_pictures_to_blur(client: Client) -> None:
    set_defaults(blur=True)
    assert veil_of_page(client, "/login/") == ""
