"""The palette's look-ups: by id, hash, name and address; never past a permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from forensics.models import Image, Submission
from moderation.models import Case, ShortId
from tests.factories import make_analysis, make_case, make_image

ClientOf = Callable[[User], Client]
ADDRESS = "/cases/find/"


def found(client: Client, query: str) -> list[dict[str, Any]]:
    answer = client.get(ADDRESS, {"q": query})
    assert answer.status_code == 200
    rows: list[dict[str, Any]] = answer.json()["found"]
    return rows


def urls(client: Client, query: str) -> set[str]:
    return {row["url"] for row in found(client, query)}


@pytest.fixture
def case(moderator: User) -> Case:
    image = make_image(original_name="Beach at noon.jpg")
    return make_case(analysis=make_analysis(image=image))


def test_a_case_and_its_picture_are_found_in_every_way(
    case: Case, moderator: User, client_of: ClientOf
) -> None:
    make_case()
    client = client_of(moderator)
    page, picture = f"/cases/{case.pk}/", f"/images/{case.image.pk}/"
    ways = (
        case.image.sha256,
        case.image.sha256.upper(),
        f"sha256:{case.image.sha256[:10]}",
        "beach at",
        "BEACH",
        str(case.image.pk),
        f"https://pixelwarden.example/images/{case.image.pk}/#view=1",
    )
    for way in ways:
        assert urls(client, way) == {page, picture}, way
    for way in (
        str(case.pk),
        case.pk.hex,
        str(case),
        f"case {str(case.pk)[-8:].upper()}",
        f"http://127.0.0.1:8000{page}?tags=pixels",
    ):
        assert urls(client, way) == {page}, way
    row = next(r for r in found(client, "beach") if r["kind"] == "case")
    assert row["words"] == f"{case}: Beach at noon.jpg"
    assert row["detail"] == "Open"


@pytest.mark.parametrize(
    "query",
    ["", " ", "\0", "x", "%", "_", "%%", "Beach%", "noon", "abcde", "'; --", "f" * 400],
)
def test_what_matches_nothing_is_an_empty_answer(
    query: str, case: Case, moderator: User, client_of: ClientOf
) -> None:
    assert found(client_of(moderator), query) == []


def test_nobody_finds_what_they_may_not_see(
    case: Case, integrator: User, client_of: ClientOf
) -> None:
    client = client_of(integrator)
    for query in (case.image.sha256, "beach", str(case.pk), str(case.image.pk)):
        assert found(client, query) == []
    own = make_image(submitted_by=integrator, original_name="Beach of mine.jpg")
    make_case(analysis=make_analysis(image=own))
    assert urls(client, "beach") == {f"/images/{own.pk}/"}
    # Under whose name somebody else sent the same picture stays with them.
    Submission.objects.create(
        organization_id=1, image=own, door="web", original_name="Secret.jpg"
    )
    assert found(client, "secret") == []
    assert [row["words"] for row in found(client, own.sha256)] == ["Beach of mine.jpg"]


def test_strangers_are_sent_to_sign_in(case: Case, client: Client) -> None:
    assert client.get(ADDRESS, {"q": "beach"}).status_code == 302


def test_an_answer_is_capped_and_costs_the_same_however_much_is_found(
    case: Case, moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    with CaptureQueriesContext(connection) as few:
        assert len(found(client, "beach")) == 2
    for number in range(20):
        image = make_image(original_name=f"beach {number}.jpg")
        make_case(analysis=make_analysis(image=image))
    with CaptureQueriesContext(connection) as many:
        assert len(found(client, "beach")) == 16
    assert len(many) == len(few)


@pytest.mark.django_db
def test_look_ups_use_indexes() -> None:
    """Held on both databases; with few rows PostgreSQL is told not to read all."""
    looks = {
        "submissions_by_name_start": Submission.objects.filter(
            original_name__istartswith="beach"
        ).order_by(),
        "cases_by_short_id": Case.objects.filter(
            ShortId.matches(uuid4().hex[-8:])
        ).order_by(),
        "sha256": Image.objects.filter(
            sha256__gte="abcdef", sha256__lt="abcdefg"
        ).order_by("sha256"),
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        for index, look in looks.items():
            plan = look[:8].explain()
            assert index in plan, plan
            assert "SCAN forensics" not in plan, plan
            assert "SCAN moderation" not in plan, plan
