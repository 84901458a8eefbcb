"""The same POST twice, with one ``Idempotency-Key``: one effect, one answer."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.idempotency import begin, prune_keys
from accounts.keys.services import KeyPlan, create_key
from accounts.models import KeyedRequest
from forensics.models import Submission
from moderation.models import Comment
from tests.api.helpers import IMAGES, assert_problem, picture
from tests.api.keys import client_with, make_key
from tests.factories import PASSWORD, make_case, make_user

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
KEY = "01a20a65-448c-7125-b0f4-1a14d21015a2"


def send(client: APIClient, data: bytes, key: str = KEY, name: str = "a.jpg") -> Any:
    file = SimpleUploadedFile(name, data, content_type="image/jpeg")
    return client.post(IMAGES, {"file": file}, format="multipart", **keyed(key))


def keyed(key: str = KEY) -> dict[str, Any]:
    return {"HTTP_IDEMPOTENCY_KEY": key}


def form(data: bytes, boundary: str, extra: bytes = b"") -> tuple[bytes, str]:
    line = f"--{boundary}".encode()
    body = (
        line + b'\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
        b"Content-Type: image/jpeg" + extra + b"\r\n\r\n" + data + b"\r\n" + line
    )
    return body + b"--\r\n", f"multipart/form-data; boundary={boundary}"


def test_a_repeated_upload_is_answered_as_the_first_and_stored_once(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)

    first, again = send(client, picture()), send(client, picture())

    assert first.status_code == again.status_code == 202
    assert again.content == first.content
    for name in ("Location", "Retry-After", "Content-Type"):
        assert again.headers[name] == first.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Submission.objects.count() == 1


def test_without_a_key_each_request_counts(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    for _ in range(2):
        file = SimpleUploadedFile("a.jpg", picture())
        assert client.post(IMAGES, {"file": file}).status_code == 202
    assert Submission.objects.count() == 2


@pytest.mark.parametrize("change", ["bytes", "name", "path"])
def test_another_request_under_the_same_key_is_refused(
    api_of: ApiOf, lead: User, change: str
) -> None:
    client = api_of(lead)
    send(client, picture())

    if change == "path":
        other = client.post("/api/v1/cases/claim-next/", **keyed())
    else:
        data = picture(1) if change == "bytes" else picture()
        other = send(client, data, name="b.jpg" if change == "name" else "a.jpg")

    assert_problem(other, 422, "idempotency_key_reused")
    assert Submission.objects.count() == 1


def test_another_boundary_is_the_same_form(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    answers = []
    for boundary, extra in (("one", b""), ("another", b"\r\nX-Extra: 1")):
        body, kind = form(picture(), boundary, extra)
        answers.append(client.post(IMAGES, body, content_type=kind, **keyed()))

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].headers["Idempotent-Replayed"] == "true"


def test_a_large_file_is_hashed_and_then_stored_whole(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    client = api_of(integrator)

    received = send(client, picture()).json()

    assert received["byte_size"] == len(picture())
    assert send(client, picture()).headers["Idempotent-Replayed"] == "true"


def test_json_is_kept_too_and_done_once(api_of: ApiOf, moderator: User) -> None:
    client, case = api_of(moderator), make_case()
    path, said = f"/api/v1/cases/{case.pk}/comments/", {"text": "Look at the sky."}

    answers = [client.post(path, said, format="json", **keyed()) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert answers[1].status_code == 201
    assert Comment.objects.count() == 1
    other = client.post(path, {"text": "Other."}, format="json", **keyed())
    assert_problem(other, 422, "idempotency_key_reused")


def test_a_refusal_is_kept_as_well(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)

    first, again = send(client, b"no picture"), send(client, b"no picture")

    assert_problem(again, 415, "not_an_image")
    assert again.content == first.content  # of the same request_id


def test_what_failed_on_our_side_can_be_repeated(
    api_of: ApiOf, integrator: User, files_folder: Path
) -> None:
    client = api_of(integrator)
    files_folder.write_text("in the way")

    assert_problem(send(client, picture()), 503, "storage_unavailable")
    files_folder.unlink()

    assert send(client, picture()).status_code == 202


def test_a_permission_given_meanwhile_counts(api_of: ApiOf) -> None:
    user = make_user()
    assert_problem(send(api_of(user), picture()), 403, "permission_denied")

    user.groups.set(make_user("integrator").groups.all())

    assert send(api_of(user), picture()).status_code == 202


def test_keys_of_others_are_others(api_of: ApiOf, integrator: User) -> None:
    send(api_of(integrator), picture())

    other = send(api_of(make_user("integrator")), picture(1))

    assert other.status_code == 202
    assert "Idempotent-Replayed" not in other.headers


def test_nobody_signed_in_takes_no_key(api_of: ApiOf) -> None:
    assert_problem(send(api_of(None), picture()), 401, "not_authenticated")
    assert not KeyedRequest.objects.exists()


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e4", "tab\there"])
def test_a_key_that_cannot_be_used_is_refused(
    api_of: ApiOf, integrator: User, key: str
) -> None:
    assert_problem(
        send(api_of(integrator), picture(), key=key), 400, "invalid_idempotency_key"
    )


def test_a_secret_shown_once_cannot_be_read_from_the_database(
    integrator: User,
) -> None:
    client = APIClient()
    import base64

    basic = base64.b64encode(f"{integrator.username}:{PASSWORD}".encode()).decode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {basic}")

    first = client.post("/api/v1/auth/tokens/", **keyed())
    again = client.post("/api/v1/auth/tokens/", **keyed())

    assert first.status_code == 201
    assert again.json() == first.json()
    row = KeyedRequest.objects.get()
    secret = first.json()["token"].encode()
    assert secret not in bytes(row.answer)
    assert KEY not in f"{row.key_digest}{row.request_digest}"


def test_a_broken_form_is_a_problem(api_of: ApiOf, integrator: User) -> None:
    answer = api_of(integrator).post(
        IMAGES, b"--", content_type="multipart/form-data", **keyed()
    )
    assert_problem(answer, 400, "parse_error")


def test_while_the_first_runs_it_is_put_off_and_a_crash_ends_that(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    send(client, picture())
    # As a process leaves it that was killed in the middle.
    later = timezone.now() + timedelta(seconds=20)
    KeyedRequest.objects.update(
        status=0, answer=b"", lease_token=begin_token(), lease_expires_at=later
    )

    waiting = send(client, picture())
    body = assert_problem(waiting, 409, "request_in_progress")
    assert "Retry-After" in waiting.headers, body

    KeyedRequest.objects.update(lease_expires_at=timezone.now())
    done = send(client, picture())

    assert done.status_code == 202
    assert "Idempotent-Replayed" not in done.headers
    # What the first had stored before it was killed is found, not stored again.
    assert Submission.objects.count() == 1
    assert Submission.objects.get().pk.version == 7
    assert send(client, picture()).headers["Idempotent-Replayed"] == "true"


def begin_token() -> Any:
    user = make_user()
    begun = begin(user=user, key="other", request_digest="x")
    KeyedRequest.objects.filter(user=user).delete()
    return getattr(begun, "token")  # noqa: B009 - of one of two kinds


@pytest.mark.django_db(transaction=True)
def test_a_request_that_takes_long_keeps_its_key(
    api_of: ApiOf, integrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.idempotency.LEASE", timedelta(seconds=1))
    monkeypatch.setattr("config.idempotency.RENEW_EVERY", timedelta(seconds=0.2))
    client, other = api_of(integrator), api_of(integrator)

    def wait_long() -> Any:
        try:
            file = SimpleUploadedFile("a.jpg", picture())
            return client.post(f"{IMAGES}?wait=4", {"file": file}, **keyed())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(wait_long)
        while not Submission.objects.exists():
            time.sleep(0.05)
        time.sleep(2)  # longer than a lease
        meanwhile = send(other, picture())
        answered = first.result()

    assert_problem(meanwhile, 409, "request_in_progress")
    assert answered.status_code == 202
    assert send(other, picture()).content == answered.content


def test_after_a_day_a_key_is_new_and_the_worker_forgets_it(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    send(client, picture())
    day_ago = timezone.now() - timedelta(hours=25)
    KeyedRequest.objects.update(created_at=day_ago)

    assert send(client, picture(1)).status_code == 202
    assert prune_keys(now=timezone.now()) == 0
    KeyedRequest.objects.update(created_at=day_ago)
    assert prune_keys(now=timezone.now()) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_one_does_the_work(
    api_of: ApiOf, integrator: User
) -> None:
    clients = [api_of(integrator) for _ in range(6)]
    barrier = Barrier(len(clients))

    def race(client: APIClient) -> Any:
        try:
            barrier.wait()
            return send(client, picture())
        finally:
            connection.close()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(race, clients))

    assert {answer.status_code for answer in answers} <= {202, 409}
    fresh = [
        answer
        for answer in answers
        if answer.status_code == 202 and "Idempotent-Replayed" not in answer.headers
    ]
    assert len(fresh) == 1
    assert Submission.objects.count() == 1
    again = send(clients[0], picture())
    assert again.content == fresh[0].content


def test_what_the_address_says_of_a_raw_body_is_part_of_the_request(
    api_of: ApiOf, integrator: User
) -> None:
    client, kind = api_of(integrator), "image/jpeg"
    first, other, waiting = (
        client.post(f"{IMAGES}?{query}", picture(), content_type=kind, **keyed())
        for query in ("external_id=a", "external_id=b", "external_id=a&wait=0")
    )
    assert first.status_code == 202
    assert_problem(other, 422, "idempotency_key_reused")
    assert waiting.headers["Idempotent-Replayed"] == "true"


def test_an_answer_too_large_to_keep_is_made_again_with_nothing_stored_twice(
    api_of: ApiOf, integrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.idempotency.MAX_ANSWER", 10)
    client = api_of(integrator)
    first, again = send(client, picture()), send(client, picture())
    assert (first.status_code, again.status_code) == (202, 202)
    assert "Idempotent-Replayed" not in again.headers
    assert Submission.objects.count() == 1


def test_a_kept_answer_is_for_the_key_that_it_was_given_to() -> None:
    first, secret = make_key("keys:manage", "images:read")
    plan = KeyPlan(name="reader", scopes=["images:read"])
    reader = create_key(actor=None, account=first.account, plan=plan)
    asked = {"account": first.account.username, "name": "x", "scopes": ["images:read"]}
    made, tried = (
        client_with(one).post(
            "/api/v1/keys/", asked | {"days": 1}, format="json", **keyed()
        )
        for one in (secret, reader.secret)
    )
    assert made.status_code == 201
    assert_problem(tried, 403, "insufficient_scope")


def test_a_new_signing_key_repeats_what_was_answered_under_the_last_one(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = client_with(make_key("images:write")[1])
    first = send(client, picture())
    settings.SECRET_KEY, old = "another" * 10, settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = [old]
    again = send(client, picture())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == first.content
    assert Submission.objects.count() == 1


def test_what_was_stored_before_an_error_of_ours_is_found_by_a_repetition(
    api_of: ApiOf, integrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api_of(integrator)
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("forensics.api.arrivals.beside_images", lambda *_: 1 / 0)
        assert_problem(send(client, picture()), 500, "internal_error")
    assert Submission.objects.count() == 1
    again = send(client, picture())
    assert again.status_code == 202
    assert Submission.objects.count() == 1
