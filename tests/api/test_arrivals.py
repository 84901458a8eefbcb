"""How a picture came here: the latest arrivals with it, all of them by pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization
from forensics.models import Door, Image, Submission
from forensics.selectors import FEW_ARRIVALS, MOST_ARRIVALS, latest_arrivals
from tests.api.helpers import assert_problem, picture, upload
from tests.factories import make_analysis, make_image, make_user

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db
MANY = 3 * MOST_ARRIVALS


def arrive(image: Image, count: int, sender: User | None, *, door: str = "api") -> None:
    """Let a picture come again, each time a second later and under a number."""
    before = image.submissions.count()
    Submission.objects.bulk_create(
        Submission(
            image=image,
            submitted_by=sender,
            door=door,
            external_id=str(before + number),
            created_at=timezone.now() + timedelta(seconds=before + number),
        )
        for number in range(count)
    )


def path(image: Image) -> str:
    return f"/api/v1/images/{image.pk}/"


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["external_id"] for row in rows]


def pages(client: TestClient, link: str | None) -> list[str]:
    found: list[str] = []
    while link:
        page = client.get(link).json()
        found += numbers(page["results"])
        link = page["next"]
    return found


def test_an_image_shows_its_latest_arrivals_and_how_many_there_are(
    api_of: ApiOf, moderator: User, integrator: User
) -> None:
    image, client = make_image(), api_of(moderator)
    arrive(image, MANY, integrator)
    newest = [str(number) for number in range(MANY, MANY - MOST_ARRIVALS, -1)]

    (listed,) = client.get("/api/v1/images/").json()["results"]
    expanded = client.get(
        f"/api/v1/analyses/{make_analysis(image=image).pk}/?expand=image"
    ).json()["image"]

    for body in (client.get(path(image)).json(), listed, expanded):
        assert numbers(body["submissions"]) == newest
        assert body["submission_count"] == MANY + 1
    chosen = client.get(f"{path(image)}?fields=submissions.external_id").json()
    assert chosen == {"submissions": [{"external_id": one} for one in newest]}


def test_what_is_sent_is_answered_with_as_many(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    first = upload(client, picture()).json()
    assert (len(first["submissions"]), first["submission_count"]) == (1, 1)
    arrive(Image.objects.get(), MANY, integrator)
    again = upload(client, picture()).json()
    assert len(again["submissions"]) == MOST_ARRIVALS
    assert again["submission_count"] == MANY + 2


def test_senders_see_and_count_their_own_only(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    image = make_image(submitted_by=make_user("integrator", username="rival"))
    arrive(image, 3, integrator)
    arrive(image, MANY, make_user("integrator", username="third"))
    client, mine = api_of(integrator), ["3", "2", "1"]

    body = client.get(path(image)).json()

    assert (numbers(body["submissions"]), body["submission_count"]) == (mine, 3)
    assert pages(client, f"{path(image)}submissions/?page_size=2") == mine
    assert "third" not in client.get(f"{path(image)}submissions/").content.decode()
    everything = pages(api_of(moderator), f"{path(image)}submissions/")
    assert len(everything) == MANY + 4


def test_all_arrivals_come_by_pages_in_both_orders(
    api_of: ApiOf, moderator: User
) -> None:
    image, client = make_image(), api_of(moderator)
    arrive(image, 7, None)
    Submission.objects.update(created_at=timezone.now())  # equal times on purpose
    make_image()
    keys = [
        str(pk)
        for pk in Submission.objects.filter(image=image).values_list("pk", flat=True)
    ]
    for ordering in ("-created_at", "created_at"):
        link: str | None = f"{path(image)}submissions/?ordering={ordering}&page_size=3"
        found: list[str] = []
        while link:
            page = client.get(link).json()
            found += [row["id"] for row in page["results"]]
            link = page["next"]
        assert found == (keys if ordering == "-created_at" else keys[::-1])


def test_arrivals_are_narrowed_and_chosen(api_of: ApiOf, moderator: User) -> None:
    image, client = make_image(), api_of(moderator)
    arrive(image, 3, None)
    arrive(image, 2, None, door=Door.COMMAND)
    address = f"{path(image)}submissions/"

    def found(query: str) -> list[str]:
        return numbers(client.get(f"{address}?{query}").json()["results"])

    assert found("door=api") == ["3", "2", "1"]
    assert found("external_id=4") == ["4"]
    since = Submission.objects.get(external_id="4").created_at.isoformat()
    assert found(f"created_after={since.replace('+00:00', 'Z')}") == ["5", "4"]
    only = client.get(f"{address}?fields=external_id&page_size=1").json()["results"]
    assert only == [{"external_id": "5"}]
    assert_problem(client.get(f"{address}?no=1"), 400, "invalid")
    assert_problem(client.get(f"{address}?expand=image"), 400, "invalid")


@pytest.mark.parametrize("group", ["integrator", "auditor"])
def test_arrivals_of_what_one_does_not_see_are_not_there(
    api_of: ApiOf, group: str
) -> None:
    image = make_image(
        organization_id=Organization.objects.create(name="Walrus ltd").pk
    )
    person = make_user(group, username="stranger")
    answer = api_of(person).get(f"{path(image)}submissions/")
    assert_problem(answer, 404, "not_found")
    assert latest_arrivals(person, [image.pk]) == {}


def test_many_arrivals_take_two_more_queries_and_load_no_more_rows(
    api_of: ApiOf,
    moderator: User,
    integrator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client, images = api_of(moderator), [make_image() for _ in range(2)]
    with django_assert_max_num_queries(20) as few:
        client.get("/api/v1/images/")
    images += [make_image() for _ in range(8)]
    loaded: list[object] = []

    def load(**made: object) -> None:
        loaded.append(made["instance"])

    for _ in range(2):  # as many for 61 each as for 121
        for image in images:
            arrive(image, MANY, integrator)
        with django_assert_max_num_queries(len(few) + 2):
            rows = client.get("/api/v1/images/").json()["results"]
        post_init.connect(load, Submission)
        with CaptureQueriesContext(connection) as asked:
            found = latest_arrivals(moderator, [image.pk for image in images])
        post_init.disconnect(load, Submission)

        assert {len(row["submissions"]) for row in rows} == {MOST_ARRIVALS}
        assert len(rows) == len(found) == 10
        assert len([one for one in asked if "submission" in one["sql"]]) == 3
        most = MOST_ARRIVALS + FEW_ARRIVALS * 10
        assert len(loaded) == MOST_ARRIVALS * 10 + most
        loaded.clear()


@pytest.mark.parametrize("counts", [(0, 1, 2), (MOST_ARRIVALS - 1, 0), (MANY, 0, 0)])
def test_few_arrivals_are_told_as_many_are(
    counts: tuple[int, ...], moderator: User, integrator: User
) -> None:
    images = [make_image() for _ in counts]
    for image, count in zip(images, counts, strict=True):
        arrive(image, count, integrator)

    found = latest_arrivals(moderator, [image.pk for image in images])

    for image, count in zip(images, counts, strict=True):
        told = found[image.pk]
        own = image.submissions.order_by("-created_at", "-id")
        assert list(told.latest) == list(own[:MOST_ARRIVALS])
        assert told.count == count + 1
