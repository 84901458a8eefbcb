"""Versions of answers, and their compression."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import brotli
import pytest

from moderation.models import AuditEvent
from tests.api.helpers import assert_problem
from tests.api.rows import LISTS, get, make_rows
from tests.factories import make_analysis, make_case, make_image
from tests.moderation.checks import decided

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", LISTS)
def test_an_unchanged_list_is_not_sent_again(
    api_of: ApiOf, lead: User, name: str
) -> None:
    make_rows(1, lead)
    client = api_of(lead)
    first = get(client, f"{name}/")
    etag = first.headers["ETag"]
    assert etag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]

    again = get(client, f"{name}/", HTTP_IF_NONE_MATCH=etag)
    other = get(client, f"{name}/", HTTP_IF_NONE_MATCH='W/"other"')

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == etag
    assert other.status_code == 200


def test_a_finished_analysis_is_known_by_its_row_and_not_read_again(
    api_of: ApiOf,
    moderator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client, analysis = api_of(moderator), make_analysis()
    path = f"analyses/{analysis.pk}/"
    with django_assert_max_num_queries(30) as whole:
        etag = get(client, path).headers["ETag"]
    views = AuditEvent.objects.filter(action="evidence_viewed").count()

    with django_assert_max_num_queries(len(whole) - 4):
        again = get(client, path, HTTP_IF_NONE_MATCH=etag)

    assert again.status_code == 304
    assert again.headers["ETag"] == etag
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Authorization", "Cookie"} <= set(
        again.headers["Vary"].split(", ")
    )
    assert AuditEvent.objects.filter(action="evidence_viewed").count() == views


def test_conditions_meant_for_changes_do_not_disturb_a_read(
    api_of: ApiOf, moderator: User
) -> None:
    path = f"analyses/{make_analysis().pk}/"
    client = api_of(moderator)
    etag = get(client, path).headers["ETag"]

    other = get(client, path, HTTP_IF_MATCH='"other"')
    broken = get(client, path, HTTP_IF_NONE_MATCH="neither quoted nor a star")
    strong = get(client, path, HTTP_IF_NONE_MATCH=f'"x", {etag.removeprefix("W/")}')

    assert [a.status_code for a in (other, broken, strong)] == [200, 200, 304]


def test_the_version_of_an_analysis_changes_with_what_stands_beside_it(
    api_of: ApiOf, lead: User, integrator: User
) -> None:
    analysis = make_analysis(image=make_image(submitted_by=integrator))
    path = f"analyses/{analysis.pk}/"
    leads, senders = (get(api_of(p), path).headers["ETag"] for p in (lead, integrator))
    decided(lead, analysis=analysis)

    after = get(api_of(lead), path, HTTP_IF_NONE_MATCH=leads)
    chosen = get(api_of(lead), f"{path}?fields=id", HTTP_IF_NONE_MATCH=leads)

    assert leads != senders
    assert after.status_code == 200
    assert chosen.status_code == 200


def test_a_strangers_version_of_an_image_that_is_not_theirs_is_no_key(
    api_of: ApiOf, moderator: User, integrator: User
) -> None:
    path = f"analyses/{make_analysis().pk}/"
    etag = get(api_of(moderator), path).headers["ETag"]

    answer = get(api_of(integrator), path, HTTP_IF_NONE_MATCH=etag)

    assert_problem(answer, 404, "not_found")
    any_of_them = get(api_of(integrator), path, HTTP_IF_NONE_MATCH="*")
    assert_problem(any_of_them, 404, "not_found")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br", "br"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("identity", ""),
        ("gzip;q=0", ""),
        ("br;q=2, ,;;", ""),
        ("", ""),
    ],
)
def test_an_answer_is_compressed_as_the_client_likes(
    api_of: ApiOf, moderator: User, accepted: str, coding: str
) -> None:
    client = api_of(moderator)
    for _ in range(5):
        make_analysis()
    plain = get(client, "images/")

    packed = get(client, "images/", HTTP_ACCEPT_ENCODING=accepted)

    assert packed.headers.get("Content-Encoding", "") == coding
    assert "Accept-Encoding" in packed.headers["Vary"]
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}[coding]
    assert json.loads(unpack(packed.content)) == plain.json()
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert int(packed.headers["Content-Length"]) == len(packed.content)


def test_what_a_browser_could_be_made_to_fetch_is_never_compressed(
    client: Any, moderator: User
) -> None:
    for _ in range(5):
        make_analysis()
    client.force_login(moderator)

    by_cookie = client.get("/api/v1/images/", HTTP_ACCEPT_ENCODING="br")
    page = client.get("/images/", HTTP_ACCEPT_ENCODING="br, gzip")

    assert "Content-Encoding" not in by_cookie.headers
    assert "Content-Encoding" not in page.headers


def test_answers_with_a_secret_are_neither_compressed_nor_kept(
    api_of: ApiOf, moderator: User
) -> None:
    case = make_case()
    client = api_of(moderator)

    answer = client.post(
        f"/api/v1/cases/{case.pk}/claim/", HTTP_ACCEPT_ENCODING="br, gzip"
    )

    assert answer.json()["claim_token"]
    assert "Content-Encoding" not in answer.headers
    assert "ETag" not in answer.headers
