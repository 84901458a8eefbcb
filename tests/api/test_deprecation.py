"""What will go says so in time, and is refused when its time has come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.utils import timezone

from config.deprecation import SHORTEST_NOTICE, Deprecation
from forensics.models import Image
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.factories import make_image

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
SINCE = datetime(2026, 11, 27, 12, tzinfo=UTC)
SOON = timedelta(days=1)
DETAIL = "/api/v1/images/{id}/"
HEADERS = {"Deprecation", "Sunset"}


def going(
    method: str, path: str, *, over: bool = False, **part: str
) -> tuple[Deprecation]:
    """Announce something; by default its day is tomorrow."""
    sunset = timezone.now() + (-SOON if over else SOON)
    since = sunset - SHORTEST_NOTICE
    return (Deprecation(method, path, since, sunset, "Use images.", **part),)


def test_nothing_says_so_that_stays(api_of: ApiOf, integrator: User) -> None:
    answer = api_of(integrator).get(IMAGES)

    assert not HEADERS & set(answer.headers)
    assert "Link" not in answer.headers


def test_an_operation_that_will_go_says_when_and_leads_to_the_list(
    api_of: ApiOf, lead: User, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = going("GET", DETAIL)
    declared = settings.API_DEPRECATIONS[0]
    client = api_of(lead)
    path = f"{IMAGES}{make_image().pk}/"

    for answer in (client.get(path), client.head(path)):
        assert answer.status_code == 200
        assert answer.headers["Deprecation"] == f"@{int(declared.since.timestamp())}"
        said = parsedate_to_datetime(answer.headers["Sunset"])
        assert abs(said - declared.sunset) < timedelta(seconds=1)
        assert '</api/v1/deprecations/>; rel="deprecation"' in answer.headers["Link"]
        assert '</api/v1/deprecations/>; rel="sunset"' in answer.headers["Link"]
    listed = api_of(None).get("/api/v1/deprecations/").json()
    assert [(one["method"], one["path"]) for one in listed] == [("GET", DETAIL)]
    assert listed[0]["instead"] == "Use images."


def test_what_is_not_changed_and_what_is_refused_say_so_too(
    api_of: ApiOf, lead: User, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = going("GET", DETAIL)
    client = api_of(lead)
    path = f"{IMAGES}{make_image().pk}/"
    version = client.get(path).headers["ETag"]

    unchanged = client.get(path, headers={"If-None-Match": version})
    stranger = api_of(None).get(path)

    assert (unchanged.status_code, stranger.status_code) == (304, 401)
    assert set(unchanged.headers) >= HEADERS
    assert set(stranger.headers) >= HEADERS


def test_neighbors_of_what_will_go_say_nothing(
    api_of: ApiOf, lead: User, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = going("GET", DETAIL)

    for path in (IMAGES, f"{IMAGES}{make_image().pk}/analyses/"):
        assert not HEADERS & set(api_of(lead).get(path).headers)


def test_what_is_over_is_gone_and_does_nothing(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = going("POST", IMAGES, over=True)
    client = api_of(integrator)
    key = {"Idempotency-Key": str(uuid4())}

    refused = client.post(IMAGES, {"file": picture()}, headers=key)

    assert "Use images." in assert_problem(refused, 410, "gone")["detail"]
    assert set(refused.headers) >= HEADERS
    assert not Image.objects.exists()
    assert client.get(IMAGES).status_code == 200
    settings.API_DEPRECATIONS = ()
    assert upload(client, picture()).status_code == 202


@pytest.mark.parametrize("over", [False, True])
def test_a_parameter_goes_and_the_rest_stays(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper, *, over: bool
) -> None:
    settings.API_DEPRECATIONS = going("GET", IMAGES, over=over, parameter="metadata")
    client = api_of(integrator)

    without = client.get(IMAGES)
    answer = client.get(f"{IMAGES}?metadata=canon")

    assert without.status_code == 200
    assert not HEADERS & set(without.headers)
    assert set(answer.headers) >= HEADERS
    if over:
        problem = assert_problem(answer, 410, "gone")
        assert problem["errors"][0]["parameter"] == "metadata"
    else:
        assert answer.status_code == 200


def test_a_field_is_announced_and_stays_until_a_release_takes_it_out(
    api_of: ApiOf, lead: User, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = going("GET", DETAIL, over=True, field="sha256")

    answer = api_of(lead).get(f"{IMAGES}{make_image().pk}/")

    assert answer.status_code == 200
    assert set(answer.headers) >= HEADERS
    assert answer.json()["sha256"]


def test_the_description_marks_operations_parameters_and_fields(
    api_of: ApiOf, settings: SettingsWrapper
) -> None:
    settings.API_DEPRECATIONS = (
        *going("GET", DETAIL),
        *going("GET", IMAGES, parameter="metadata"),
        *going("GET", "/api/v1/cases/", field="priority"),
    )

    described: dict[str, Any] = (
        api_of(None)
        .get("/api/v1/schema/", headers={"Accept": "application/json"})
        .json()
    )

    paths = described["paths"]
    assert paths[DETAIL]["get"]["deprecated"] is True
    assert "410" in paths[DETAIL]["get"]["responses"]
    marked = [
        p["name"] for p in paths[IMAGES]["get"]["parameters"] if "deprecated" in p
    ]
    assert marked == ["metadata"]
    assert "deprecated" not in paths[IMAGES]["get"]
    fields = described["components"]["schemas"]
    assert any(
        "deprecated" in one.get("properties", {}).get("priority", {})
        for one in fields.values()
    )


def test_less_than_a_year_s_notice_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="a year's notice"):
        Deprecation("GET", IMAGES, SINCE, SINCE + timedelta(days=364), "Use images.")


def test_what_is_declared_is_in_the_description(
    api_of: ApiOf, settings: SettingsWrapper
) -> None:
    described = api_of(None).get(
        "/api/v1/schema/", headers={"Accept": "application/json"}
    )

    assert described.status_code == 200  # a path that is none would be an error
    for one in settings.API_DEPRECATIONS:
        operation = described.json()["paths"][one.path][one.method.lower()]
        names = {given["name"] for given in operation.get("parameters", [])}
        assert not one.parameter or one.parameter in names
