"""What every list and detail takes: fields, expand, filters by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from moderation.models import AuditEvent
from moderation.services import decide_case
from tests.api.helpers import assert_problem
from tests.api.rows import LISTS, get, make_rows
from tests.factories import (
    make_analysis,
    make_area,
    make_bank_entry,
    make_case,
    make_image,
    make_user,
)
from tests.moderation.checks import decided

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
EXPANDED = {
    "images": "analysis,case",
    "analyses": "image",
    "signals": "analysis",
    "evidence": "analysis",
    "cases": "image,analysis,decision",
    "decisions": "case,analysis",
    "appeals": "case,image,decision",
}


def test_the_root_names_every_list(api_of: ApiOf) -> None:
    links = api_of(None).get("/api/v1/").json()

    for name in LISTS:
        assert links[name] == f"/api/v1/{name}/"
    for name, path in {
        "events": "events/",
        "webhook-endpoints": "webhooks/endpoints/",
        "webhook-deliveries": "webhooks/deliveries/",
        "keys": "keys/",
        "service-accounts": "service-accounts/",
    }.items():
        assert links[name] == f"/api/v1/{path}"


@pytest.mark.parametrize("is_expanded", [False, True])
def test_no_list_takes_more_queries_for_20_rows_than_for_2(
    api_of: ApiOf,
    lead: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    *,
    is_expanded: bool,
) -> None:
    client, counts = api_of(lead), {}
    names = {
        name: f"{name}/?expand={EXPANDED[name]}" if is_expanded else f"{name}/"
        for name in (EXPANDED if is_expanded else LISTS)
    }
    make_rows(2, lead)
    for name, path in names.items():
        with django_assert_max_num_queries(25) as few:
            assert get(client, path).status_code == 200
        counts[name] = len(few)
    make_rows(18, lead)

    for name, path in names.items():
        with django_assert_max_num_queries(counts[name]):
            rows = get(client, path).json()["results"]
        assert len(rows) >= 20 or name in {"queues", "models"}


def test_entries_of_a_bank_take_a_fixed_number_of_queries(
    api_of: ApiOf, lead: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, bank = api_of(lead), make_bank_entry(added_by=lead).bank
    path = f"banks/{bank.pk}/entries/"
    with django_assert_max_num_queries(20) as few:
        get(client, path)
    for _ in range(19):
        make_bank_entry(bank=bank, added_by=make_user("lead"))

    with django_assert_max_num_queries(len(few)):
        rows = get(client, path).json()["results"]

    assert len(rows) == 20


def test_a_case_is_read_with_image_analysis_and_decision_in_one_request(
    api_of: ApiOf, lead: User
) -> None:
    case = decided(lead)

    body = get(api_of(lead), f"cases/{case.pk}/?expand=image,analysis,decision").json()

    assert body["image"]["id"] == str(case.image_id)
    assert body["analysis"]["signals"][0]["name"] == "metadata"
    assert body["decision"]["outcome"] == body["outcome"]


def test_a_list_shows_expanded_analyses_without_their_evidence(
    api_of: ApiOf, lead: User
) -> None:
    make_case()
    (row,) = get(api_of(lead), "cases/?expand=analysis").json()["results"]

    assert row["analysis"]["score"] == 0.7
    assert "signals" not in row["analysis"]


def test_evidence_is_expanded_only_where_the_view_is_put_on_record(
    api_of: ApiOf, lead: User
) -> None:
    case = decided(lead)
    analysis, decision = case.analysis, case.decisions.get()
    assert analysis is not None
    thumbnail = analysis.evidence_files.get()
    client = api_of(lead)

    for path in (
        f"decisions/{decision.pk}/?expand=analysis,case",
        f"evidence/{thumbnail.pk}/?expand=analysis",
        f"signals/{analysis.findings.get().pk}/?expand=analysis",
    ):
        body = get(client, path).json()
        assert body["analysis"]["id"] == str(analysis.pk)
        assert "signals" not in body["analysis"]
        assert "decisions" not in body.get("case", {})

    before = AuditEvent.objects.filter(action="evidence_viewed").count()
    get(client, f"images/{case.image_id}/?expand=analysis,case")
    get(client, f"cases/{case.pk}/?expand=analysis")
    after = AuditEvent.objects.filter(action="evidence_viewed").count()
    assert after == before + 2


def test_an_expanded_case_obeys_who_may_see_cases(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    image = make_image(submitted_by=integrator)
    case = make_case(analysis=make_analysis(image=image))
    path = f"images/{image.pk}/?expand=case,analysis&fields=case,analysis.signals.name"

    own = get(api_of(integrator), path).json()
    reviewers = get(api_of(moderator), path).json()

    assert own == {"case": None, "analysis": {"signals": [{"name": "metadata"}]}}
    assert reviewers["case"]["id"] == str(case.pk)


def test_fields_are_chosen_at_every_depth(api_of: ApiOf, moderator: User) -> None:
    analysis = make_analysis()
    make_area(analysis=analysis)
    client = api_of(moderator)

    one = get(
        client,
        f"analyses/{analysis.pk}/?fields=id,signals.evidence.kind,localization.rle.size",
    ).json()
    page = get(client, "images/?fields=id,analysis.verdict").json()

    assert one == {
        "id": str(analysis.pk),
        "signals": [{"evidence": []}],
        "localization": {"rle": {"size": [4, 4]}},
    }
    assert page["results"] == [
        {"id": str(analysis.image_id), "analysis": {"verdict": "suspicious"}}
    ]
    assert {"next", "previous"} < set(page)


def test_the_whole_wins_over_its_part(api_of: ApiOf, moderator: User) -> None:
    make_analysis()
    client = api_of(moderator)
    for fields in ("analysis,analysis.verdict", "analysis.verdict,analysis"):
        (row,) = get(client, f"images/?fields={fields}").json()["results"]
        assert len(row["analysis"]) > 10


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("fields=idd", "fields", "'idd' is no field; known are: "),
        ("fields=analysis.nothing", "fields", "'analysis.nothing' is no field"),
        ("fields=sha256.part", "fields", "has no parts to choose from"),
        ("fields=", "fields", "at least one"),
        ("fields=" + "id," * 1000, "fields", "at most"),
        ("fields=id%00", "fields", "is no field"),
        ("fields=analysis.verdict.x.y.z.a.b.c", "fields", "no parts"),
        ("expand=submissions", "expand", "'submissions' cannot be expanded"),
        ("expand=case.decisions", "expand", "cannot be expanded; analysis, case can"),
        ("expand=__class__", "expand", "cannot be expanded"),
        ("fields=case&expand=analysis", "fields", "'case' is no field"),
    ],
)
@pytest.mark.parametrize("is_list", [True, False])
def test_a_name_that_is_none_is_refused(
    api_of: ApiOf,
    moderator: User,
    *,
    query: str,
    parameter: str,
    words: str,
    is_list: bool,
) -> None:
    image = make_analysis().image
    path = "images/" if is_list else f"images/{image.pk}/"

    answer = get(api_of(moderator), f"{path}?{query}")
    is_unknown = parameter == "fields" and "at most" not in words
    status, code = (422, "unprocessable") if is_unknown else (400, "invalid")
    problem = assert_problem(answer, status, code)

    assert {error["parameter"] for error in problem["errors"]} == {parameter}
    assert words in problem["detail"]


def test_every_wrong_name_is_named(api_of: ApiOf, moderator: User) -> None:
    problem = get(api_of(moderator), "images/?fields=id,a,b&expand=c,d").json()
    assert [e["parameter"] for e in problem["errors"]] == ["expand", "expand"]

    problem = get(api_of(moderator), "images/?fields=id,a,b").json()
    assert len(problem["errors"]) == 2


@pytest.mark.parametrize(
    "name",
    [
        "uploads",
        "fetches",
        "keys",
        "service-accounts",
        "webhooks/endpoints",
        "webhooks/deliveries",
        "events",
        "models",
        "problems",
        "deprecations",
        "cases/{case}/comments",
    ],
)
def test_lists_refuse_what_they_do_not_take(
    name: str, api_of: ApiOf, administrator: User
) -> None:
    client, path = api_of(administrator), name.format(case=make_case().pk)
    described = client.get("/api/v1/schema/", HTTP_ACCEPT="application/json").json()
    operation = described["paths"][f"/api/v1/{name.format(case='{id}')}/"]["get"]
    names = {one["name"] for one in operation.get("parameters", ())}
    for parameter in ("fields", "expand", "no_filter"):
        assert parameter not in names
        answer = get(client, f"{path}/?{parameter}=id")
        problem = assert_problem(answer, 400, "invalid")
        assert problem["errors"][0]["parameter"] == parameter
    assert get(client, f"{path}/").status_code == 200
    if "page_size" in names:
        assert get(client, f"{path}/?page_size=1").status_code == 200


def test_an_image_has_all_its_analyses(api_of: ApiOf, moderator: User) -> None:
    first = make_analysis()
    second = make_analysis(image=first.image, trigger="reanalysis")
    make_analysis()
    client = api_of(moderator)
    path = f"images/{first.image_id}/analyses/"

    rows = get(client, path).json()["results"]
    narrowed = get(client, f"{path}?trigger=submission&fields=id").json()["results"]

    assert [row["id"] for row in rows] == [str(second.pk), str(first.pk)]
    assert narrowed == [{"id": str(first.pk)}]


def test_addresses_of_details_are_what_the_answers_say(
    api_of: ApiOf, lead: User
) -> None:
    make_rows(1, lead)
    client = api_of(lead)
    for name in ("images", "analyses", "signals", "cases", "decisions", "banks"):
        row = get(client, f"{name}/").json()["results"][0]
        assert client.get(row["url"]).json()["id"] == row["id"]
    assert reverse("api:model-detail", args=["fusion", "1.0.0"]) in [
        row["url"] for row in get(client, "models/").json()["results"]
    ]


def test_a_decision_in_force_is_there_by_case(api_of: ApiOf, lead: User) -> None:
    case = make_case()
    decide_case(case_id=case.pk, actor=lead, outcome="fake", reason="content_edited")
    client = api_of(lead)

    (row,) = get(client, "cases/?expand=decision&fields=decision.outcome").json()[
        "results"
    ]

    assert row == {"decision": {"outcome": "fake"}}
