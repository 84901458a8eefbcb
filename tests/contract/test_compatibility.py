"""The API takes nothing away from those who use the last release."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.contract.breaking import breaking_changes
from tests.installation import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

RELEASED = ROOT / "docs" / "api" / "openapi.json"


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RELEASED.read_text())
    return found


def test_nothing_that_the_last_release_promised_is_broken(
    released: dict[str, Any],
) -> None:
    generator: Any = SchemaGenerator()
    today = json.loads(json.dumps(generator.get_schema(request=None, public=True)))
    assert breaking_changes(released, today) == []


def drop_path(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/images/{id}/"]


def drop_method(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/images/"]["post"]


def drop_field(api: dict[str, Any]) -> None:
    del api["components"]["schemas"]["Analysis"]["properties"]["verdict"]


def loosen_field(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["Analysis"]["required"].remove("verdict")


def null_field(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["Analysis"]["properties"]["id"]["type"] = [
        "string",
        "null",
    ]


def drop_word(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["CaseStatus"]["enum"].remove("held")


def demand_field(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["DecideRequest"]["required"].append("note")


def shorten_field(api: dict[str, Any]) -> None:
    api["components"]["schemas"]["ReopenRequest"]["properties"]["because"][
        "maxLength"
    ] = 5


def drop_sent_field(api: dict[str, Any]) -> None:
    del api["components"]["schemas"]["DecideRequest"]["properties"]["note"]


def drop_parameter(api: dict[str, Any]) -> None:
    operation = api["paths"]["/api/v1/cases/"]["get"]
    operation["parameters"] = [
        one for one in operation["parameters"] if one["name"] != "status"
    ]


def demand_parameter(api: dict[str, Any]) -> None:
    api["paths"]["/api/v1/cases/"]["get"]["parameters"].append(
        {"in": "query", "name": "why", "required": True, "schema": {"type": "string"}}
    )


def drop_answer(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/images/"]["post"]["responses"]["202"]


def drop_header(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/images/"]["post"]["responses"]["202"]["headers"][
        "Location"
    ]


def drop_kind(api: dict[str, Any]) -> None:
    del api["paths"]["/api/v1/images/"]["post"]["requestBody"]["content"]["image/*"]


def rename(api: dict[str, Any]) -> None:
    api["paths"]["/api/v1/images/"]["post"]["operationId"] = "send"


BREAKS: dict[Callable[[dict[str, Any]], None], str] = {
    drop_path: "GET /api/v1/images/{id}/: is gone",
    drop_method: "POST /api/v1/images/: is gone",
    drop_field: "/verdict: is gone",
    loosen_field: "/verdict: may be missing now",
    null_field: "/id: was string, is null or string",
    drop_word: "held is no word any more",
    demand_field: "/note: is required now",
    shorten_field: "/because: maxLength was 1000, is 5",
    drop_sent_field: "body/note: is gone",
    drop_parameter: "GET /api/v1/cases/: parameter status is gone",
    demand_parameter: "GET /api/v1/cases/: parameter why is new and required",
    drop_answer: "POST /api/v1/images/: never answers 202 any more",
    drop_header: "POST /api/v1/images/ 202: header Location is gone",
    drop_kind: "POST /api/v1/images/: takes no image/* any more",
    rename: "POST /api/v1/images/: operationId was",
}


@pytest.mark.parametrize("change", BREAKS, ids=lambda change: change.__name__)
def test_what_breaks_a_client_is_named(
    released: dict[str, Any], change: Callable[[dict[str, Any]], None]
) -> None:
    changed = copy.deepcopy(released)
    change(changed)
    found = breaking_changes(released, changed)
    assert any(BREAKS[change] in one for one in found), found


def test_what_is_added_breaks_nobody(released: dict[str, Any]) -> None:
    changed = copy.deepcopy(released)
    schemas = changed["components"]["schemas"]
    schemas["Analysis"]["properties"]["mood"] = {"type": "string"}
    schemas["DecideRequest"]["properties"]["mood"] = {"type": "string"}
    schemas["CaseStatus"]["enum"].append("napping")
    changed["paths"]["/api/v1/moods/"] = {"get": {"responses": {}}}
    changed["paths"]["/api/v1/cases/"]["get"]["parameters"].append(
        {"in": "query", "name": "mood", "schema": {"type": "string"}}
    )
    assert breaking_changes(released, changed) == []
