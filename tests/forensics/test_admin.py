"""Images, analyses and findings in the Django admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from forensics.models import Analysis, Finding, Image, Submission
from tests.factories import (
    make_analysis,
    make_case,
    make_evidence,
    make_image,
    make_queued_analysis,
    make_user,
)
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>.jpg"
LIST = "admin:forensics_image_changelist"
ADD = "admin:forensics_image_add"
# The list of images begins with those that have a case to decide.
EVERY = {"state": "all"}
READ_ONLY = ("analysis", "finding", "worker")


@pytest.fixture
def signed_in(client_of: Callable[[User], Client], administrator: User) -> Client:
    return client_of(administrator)


def page(client: Client, name: str, *args: Any) -> str:
    url = reverse(f"admin:{name}", args=args)
    answer = client.get(url, EVERY if name == "forensics_image_changelist" else {})
    assert answer.status_code == 200
    return str(answer.content.decode())


def send(client: Client, data: bytes, name: str = "photo.jpg") -> Any:
    return client.post(reverse(ADD), {"file": SimpleUploadedFile(name, data)})


def action(client: Client, *images: Image, confirmed: bool) -> Any:
    fields: dict[str, Any] = {
        "action": "reanalyze",
        ACTION_CHECKBOX_NAME: [str(image.pk) for image in images],
    }
    return client.post(
        f"{reverse(LIST)}?state=all",
        fields | ({"confirmed": "yes"} if confirmed else {}),
    )


def test_an_image_sent_in_goes_through_the_intake(
    signed_in: Client, administrator: User
) -> None:
    answer = send(signed_in, jpeg(photo_like(1, (64, 48))), "holiday.jpg")

    submission = Submission.objects.get()
    change = reverse("admin:forensics_image_change", args=[submission.image_id])
    assert answer.headers["Location"] == change
    assert submission.door == "admin"
    assert submission.submitted_by == administrator
    assert submission.original_name == "holiday.jpg"
    assert Analysis.objects.get().status == "queued"


def test_staff_who_see_only_their_own_images_are_led_to_where_they_see_them(
    client_of: Callable[[User], Client], signed_in: Client
) -> None:
    data = jpeg(photo_like(1, (64, 48)))
    send(signed_in, data)
    integrator = client_of(make_user("integrator", is_staff=True))

    answer = integrator.post(
        reverse(ADD), {"file": SimpleUploadedFile("a.jpg", data)}, follow=True
    )

    image = Image.objects.get()
    assert answer.redirect_chain == [
        (reverse("forensics:image-detail", args=[image.pk]), 302)
    ]
    assert answer.status_code == 200
    assert "before" not in " ".join(map(str, answer.context["messages"]))


def test_bytes_that_a_person_could_see_before_are_told_to_be_known(
    signed_in: Client,
) -> None:
    data = jpeg(photo_like(1, (64, 48)))
    send(signed_in, data)

    answer = signed_in.post(
        reverse(ADD), {"file": SimpleUploadedFile("a.jpg", data)}, follow=True
    )

    assert "You could see these very bytes here before" in answer.content.decode()


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "empty"), (b"no picture at all", "not a picture")]
)
def test_a_refused_file_is_an_error_of_the_form(
    signed_in: Client, data: bytes, words: str
) -> None:
    answer = send(signed_in, data, HOSTILE)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Image.objects.exists()


def test_a_form_without_a_file_says_so(signed_in: Client) -> None:
    answer = signed_in.post(reverse(ADD))

    assert "This field is required" in answer.content.decode()


def test_the_list_shows_evidence_and_finds_by_name_and_hash(signed_in: Client) -> None:
    known = make_analysis(image=make_image(original_name="holiday.jpg")).image
    make_analysis(image=make_image(original_name="other.jpg"))

    everything = page(signed_in, "forensics_image_changelist")
    by_name = signed_in.get(reverse(LIST), EVERY | {"q": "HOLI"}).content.decode()
    by_hash = signed_in.get(
        reverse(LIST), EVERY | {"q": known.sha256[:20]}
    ).content.decode()

    thumbnail = known.analyses.get().evidence_files.get(kind="thumbnail")
    assert reverse("forensics:evidence", args=[thumbnail.pk]) in everything
    assert "Suspicious" in everything
    assert "70 %" in everything.replace("\N{NO-BREAK SPACE}", " ")
    for found in (by_name, by_hash):
        assert "holiday.jpg" in found
        assert "other.jpg" not in found


def test_the_case_file_of_an_image_shows_everything_escaped(signed_in: Client) -> None:
    image = make_image(original_name=HOSTILE)
    hostile = {"code": "x", "text": "<b>bold</b>", "weight": 1.0}
    analysis = make_analysis(image=image, reasons=[hostile])
    finding = analysis.findings.get()
    make_evidence(analysis=analysis, kind="ela", finding=finding)
    case = make_case(analysis=analysis, opened_because=HOSTILE)

    text = page(signed_in, "forensics_image_change", image.pk)

    assert "<script>alert" not in text
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text
    assert finding.summary in text
    assert "The ela." in text
    assert reverse("forensics:original", args=[image.pk]) in text
    assert reverse("admin:moderation_case_change", args=[case.pk]) in text


def test_hostile_data_of_a_finding_is_escaped(signed_in: Client) -> None:
    finding = make_analysis().findings.get()
    Finding.objects.update(data={"<img src=x onerror=alert(1)>": HOSTILE})

    text = page(signed_in, "forensics_finding_change", finding.pk)

    assert "<img src=x" not in text
    assert "<script>alert" not in text


def test_an_unfinished_image_has_a_page(signed_in: Client) -> None:
    bare = make_image()
    queued = make_queued_analysis()
    Image.objects.filter(pk=queued.image_id).update(current_analysis=queued)

    page(signed_in, "forensics_image_change", bare.pk)
    page(signed_in, "forensics_analysis_change", queued.pk)
    assert "Queued" in page(signed_in, "forensics_image_change", queued.image_id)


def test_reanalysis_asks_first_and_then_queues(
    signed_in: Client, administrator: User
) -> None:
    chosen, other = make_analysis().image, make_analysis().image

    asked = action(signed_in, chosen, confirmed=False)
    assert asked.status_code == 200
    assert str(chosen.pk) in asked.content.decode()
    assert not Analysis.objects.filter(trigger="reanalysis").exists()

    action(signed_in, chosen, confirmed=True)
    action(signed_in, chosen, confirmed=True)

    queued = Analysis.objects.get(trigger="reanalysis")
    assert queued.image == chosen
    assert queued.requested_by == administrator
    assert other.analyses.count() == 1


def test_reanalysis_needs_its_permission(client_of: Callable[[User], Client]) -> None:
    image = make_analysis().image
    moderator = client_of(make_user("moderator", is_staff=True))

    action(moderator, image, confirmed=True)

    assert not Analysis.objects.filter(trigger="reanalysis").exists()


@pytest.mark.parametrize(
    ("group", "may_look", "may_add"),
    [
        ("moderator", True, True),
        ("lead", True, True),
        ("administrator", True, True),
        ("auditor", True, False),
        ("integrator", False, True),
    ],
)
def test_groups_see_and_add_what_they_may(
    client_of: Callable[[User], Client], group: str, *, may_look: bool, may_add: bool
) -> None:
    analysis = make_analysis()
    client = client_of(make_user(group, is_staff=True))

    for name, pk in (("image", analysis.image_id), ("analysis", analysis.pk)):
        change = reverse(f"admin:forensics_{name}_change", args=[pk])
        assert client.get(change).status_code == (200 if may_look else 403)
    assert client.get(reverse(ADD)).status_code == (200 if may_add else 403)


def test_who_is_no_staff_stays_outside(
    client_of: Callable[[User], Client], lead: User
) -> None:
    answer = client_of(lead).get(reverse(LIST))

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


@pytest.mark.parametrize("name", ["image", *READ_ONLY])
def test_not_even_a_superuser_edits_or_deletes_evidence(
    client_of: Callable[[User], Client], name: str
) -> None:
    analysis = make_analysis()
    pks = {
        "image": analysis.image_id,
        "analysis": analysis.pk,
        "finding": analysis.findings.get().pk,
    }
    client = client_of(make_user(is_staff=True, is_superuser=True))

    if pk := pks.get(name):
        change = reverse(f"admin:forensics_{name}_change", args=[pk])
        delete = reverse(f"admin:forensics_{name}_delete", args=[pk])
        assert client.post(change, {"sha256": "0" * 64}).status_code == 403
        assert client.post(delete, {"post": "yes"}).status_code == 403
    listing = client.get(reverse(f"admin:forensics_{name}_changelist"))
    assert "delete_selected" not in listing.content.decode()
    if name in READ_ONLY:
        assert client.get(reverse(f"admin:forensics_{name}_add")).status_code == 403


@pytest.mark.parametrize("name", ["image", "analysis"])
def test_lists_show_the_picture_small(signed_in: Client, name: str) -> None:
    thumbnail = make_analysis().evidence_files.get(kind="thumbnail")

    shown = page(signed_in, f"forensics_{name}_changelist")

    assert reverse("forensics:evidence", args=[thumbnail.pk]) in shown


@pytest.mark.parametrize("name", ["image", "analysis", "finding"])
def test_lists_take_as_many_queries_for_30_rows_as_for_3(
    signed_in: Client, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        make_analysis()
    page(signed_in, f"forensics_{name}_changelist")  # content types are kept hence
    with django_assert_max_num_queries(40) as few:
        page(signed_in, f"forensics_{name}_changelist")
    for _ in range(27):
        make_analysis()

    with django_assert_max_num_queries(len(few)):
        page(signed_in, f"forensics_{name}_changelist")


def test_pages_bring_no_inline_scripts_or_styles(signed_in: Client) -> None:
    analysis = make_analysis()
    case = make_case(analysis=analysis)
    pages = [
        page(signed_in, "index"),
        page(signed_in, "forensics_image_changelist"),
        page(signed_in, "forensics_image_change", analysis.image_id),
        page(signed_in, "forensics_image_add"),
        page(signed_in, "moderation_case_change", case.pk),
        page(signed_in, "moderation_case_decide", case.pk),
    ]

    for text in pages:
        assert " style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
    assert "Pixelwarden administration" in pages[0]


def test_every_model_in_the_admin_is_a_known_one() -> None:
    assert {model._meta.label for model in site._registry} == {
        "accounts.ApiKey",
        "accounts.Organization",
        "accounts.User",
        "auth.Group",
        "django_tasks_database.DBTaskResult",
        "forensics.Analysis",
        "forensics.Bank",
        "forensics.BankEntry",
        "forensics.Finding",
        "forensics.Image",
        "forensics.Worker",
        "knox.AuthToken",
        "moderation.Appeal",
        "moderation.AuditEvent",
        "moderation.Case",
        "moderation.Decision",
        "moderation.Event",
        "moderation.GoldenAnswer",
        "moderation.Policy",
        "moderation.Queue",
        "moderation.WebhookEndpoint",
    }
