"""Every error is a documented problem, and tells nothing of the inside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from config.problem_types import PROBLEM_TYPES
from config.problems import permission_denied
from forensics.analysis.types import RejectionCode
from forensics.api.parsers import MAX_JSON_BYTES
from forensics.services import intake
from moderation import exceptions
from tests.api.helpers import IMAGES, assert_problem, picture, upload
from tests.factories import make_case

if TYPE_CHECKING:
    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("path", ["/api/v1/nowhere/", "/api/v1/images/x/", "/api/v2/"])
def test_unknown_paths_are_problems_whatever_the_method(path: str, method: str) -> None:
    assert_problem(getattr(APIClient(), method)(path), 404, "not_found")


def test_a_missing_slash_is_explained_and_never_redirected(
    api_of: ApiOf, integrator: User
) -> None:
    answer = api_of(integrator).post("/api/v1/images", {})

    assert "slash" in assert_problem(answer, 404, "not_found")["detail"]


def test_pages_outside_the_api_stay_pages() -> None:
    answer = Client().get("/nowhere/")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_format_we_do_not_speak_is_not_acceptable(
    api_of: ApiOf, integrator: User
) -> None:
    answer = api_of(integrator).get(IMAGES, HTTP_ACCEPT="application/xml")

    assert_problem(answer, 406, "not_acceptable")


@pytest.mark.parametrize("body", ["{", '{"outcome": NaN}', "\xff", "[" * 20_000])
def test_broken_json_is_a_parse_error(
    api_of: ApiOf, moderator: User, body: str
) -> None:
    answer = api_of(moderator).post(
        f"/api/v1/cases/{make_case().pk}/decide/",
        body.encode("latin-1"),
        content_type="application/json",
    )

    assert_problem(answer, 400, "parse_error")


def test_a_huge_json_body_is_not_read(api_of: ApiOf, moderator: User) -> None:
    answer = api_of(moderator).post(
        f"/api/v1/cases/{make_case().pk}/decide/",
        b" " * (MAX_JSON_BYTES + 1),
        content_type="application/json",
    )

    assert_problem(answer, 413, "too_many_bytes")


def test_a_broken_form_is_a_problem(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)

    no_boundary = client.post(IMAGES, b"x", content_type="multipart/form-data")
    cut = client.post(
        IMAGES, b"--b\r\nx", content_type="multipart/form-data; boundary=b"
    )
    many = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n
        for n in range(1100)
    )
    kind = "multipart/form-data; boundary=b"
    fields = client.post(IMAGES, many + b"--b--\r\n", content_type=kind)

    assert_problem(no_boundary, 400, "parse_error")
    assert_problem(cut, 400, "invalid")
    assert_problem(fields, 400, "bad_request")


def test_a_bug_of_ours_tells_its_number_and_nothing_else(
    api_of: ApiOf,
    integrator: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(name: str) -> str:
        raise RuntimeError("secret-host:5432 said no")

    monkeypatch.setattr(intake, "clean_name", broken)

    problem = assert_problem(
        upload(api_of(integrator), picture()), 500, "internal_error"
    )

    assert "secret-host" not in str(problem)
    assert problem["request_id"] in caplog.text
    assert "secret-host" in caplog.text


def test_a_failing_storage_is_unavailable(
    api_of: ApiOf, integrator: User, files_folder: Path
) -> None:
    files_folder.parent.mkdir(exist_ok=True)
    files_folder.write_text("a file where the folder should be")

    answer = upload(api_of(integrator), picture())

    problem = assert_problem(answer, 503, "storage_unavailable")
    assert answer.headers["Retry-After"]
    assert str(files_folder) not in str(problem)


def test_every_code_is_explained_where_its_type_points() -> None:
    client = APIClient()
    listed = client.get("/api/v1/problems/").json()

    assert [kind["code"] for kind in listed] == list(PROBLEM_TYPES)
    for kind in listed:
        assert client.get(kind["type"]).json() == kind
    assert_problem(client.get("/api/v1/problems/none/"), 404, "not_found")


def test_every_code_is_in_the_documentation() -> None:
    text = (DOCS / "api-problems.md").read_text()

    for code, kind in PROBLEM_TYPES.items():
        assert f"| `{code}` | {kind.status} | {kind.title} | {kind.remedy} |" in text


def test_every_code_the_services_raise_is_documented() -> None:
    raised = {code.value for code in RejectionCode} | {
        error.code
        for error in vars(exceptions).values()
        if isinstance(error, type) and issubclass(error, exceptions.ModerationError)
    }

    assert raised <= set(PROBLEM_TYPES)


def test_health_speaks_of_the_worker_without_failing(db: None) -> None:
    answer = Client().get(reverse("health"))

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "worker": "silent",
        "queued": 0,
    }
    assert "no-cache" in answer.headers["Cache-Control"]
    assert Client().post(reverse("health")).status_code == 405


def test_health_fails_with_the_database(db: None) -> None:
    def away(*args: object) -> object:
        raise OperationalError("could not connect to secret-host")

    with connection.execute_wrapper(away):
        answer = Client().get(reverse("health"))

    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "database": "failing"}


def test_a_wrong_host_is_a_problem_under_the_api_and_a_page_elsewhere() -> None:
    assert_problem(
        Client().get("/api/v1/", headers={"Host": "evil.example"}), 400, "bad_request"
    )
    page = Client().get("/login/", headers={"Host": "evil.example"})
    assert page.status_code == 400
    assert page.headers["Content-Type"].startswith("text/html")


def test_a_bug_outside_of_any_view_is_a_problem_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: object, **options: object) -> bytes:
        raise RuntimeError("secret-host said no")

    monkeypatch.setattr(JSONRenderer, "render", broken)
    client = Client(raise_request_exception=False)

    problem = assert_problem(client.get("/api/v1/"), 500, "internal_error")

    assert "secret-host" not in str(problem)


@pytest.mark.parametrize("path", ["/api/v1/", "/images/"])
def test_a_refusal_outside_of_any_view_has_the_shape_of_its_place(
    rf: RequestFactory, path: str
) -> None:
    request = rf.get(path)
    request.user = AnonymousUser()

    answer = permission_denied(request, PermissionDenied("secret-host"))

    is_api = path == "/api/v1/"
    assert answer.status_code == 403
    assert ("json" in answer.headers["Content-Type"]) == is_api
    assert not is_api or b"secret-host" not in getattr(answer, "content", b"")


@pytest.mark.parametrize("text", ['{"\\ud800": 1}', '{"outcome": "\\ud800"}'])
def test_half_a_character_is_named_and_no_error_of_ours(
    api_of: ApiOf, moderator: User, text: str
) -> None:
    path = f"/api/v1/cases/{make_case().pk}/decide/"
    answer = api_of(moderator).post(path, text, content_type="application/json")
    assert "\\ud800" in assert_problem(answer, 400, "invalid")["detail"]


def test_times_at_the_edge_of_the_calendar_are_times(api_of: ApiOf, lead: User) -> None:
    for query in ("at_after=0001-01-01T00:00:00Z", "at_before=9999-12-31T23:59:59Z"):
        assert api_of(lead).get(f"/api/v1/audit/?{query}").status_code == 200
