"""``verify_report``: the same, an altered report, another picture, other software."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from forensics import files
from forensics.models import Bank, BankEntry
from forensics.reporting.document import DIGEST, digest_of
from tests.evidence_reports import analyzed, copied

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def report(client_of: Callable[[User], Client], lead: User) -> dict[str, Any]:
    analysis = analyzed(copied(), by=lead)
    address = reverse("moderation:report-json", args=[analysis.pk])
    made: dict[str, Any] = client_of(lead).get(address).json()
    return made


def verify(folder: Path, report: object, image: bytes | None = None) -> tuple[int, str]:
    path = folder / "report.json"
    is_raw = isinstance(report, bytes)
    path.write_bytes(report if is_raw else json.dumps(report).encode())
    options: dict[str, Any] = {}
    if image is not None:
        options["image"] = folder / "original"
        options["image"].write_bytes(image)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_report", path, stdout=out, stderr=err, **options)
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue() + err.getvalue()


def test_an_untouched_report_is_the_same(
    report: dict[str, Any], tmp_path: Path
) -> None:
    stored = verify(tmp_path, report)
    given = verify(tmp_path, report, copied())

    assert stored == given
    code, said = stored
    assert code == 0, said
    assert "DIFFERS" not in said
    assert f"SHA-256 {report['original']['sha256']}" in said
    assert "Numbers within 0.001" in said
    for finding in report["analysis"]["findings"]:
        assert f"Finding {finding['name']}: the same" in said


def test_an_altered_finding_is_named_with_both_numbers(
    report: dict[str, Any], tmp_path: Path
) -> None:
    ela = next(f for f in report["analysis"]["findings"] if f["name"] == "ela")
    ela["data"]["regions"]["rows"] += 5
    code, said = verify(tmp_path, report)

    assert code == 1
    assert "DIFFERS  Report: altered since it was made" in said
    rows = ela["data"]["regions"]["rows"]
    assert f"data.regions.rows: {rows} in the report, {rows - 5} here" in said
    assert "Finding metadata: the same" in said


def test_a_forged_verdict_is_found_even_with_a_new_digest(
    report: dict[str, Any], tmp_path: Path
) -> None:
    report["analysis"]["verdict"], report["analysis"]["score"] = "authentic", 0.02
    report[DIGEST] = digest_of(report)
    code, said = verify(tmp_path, report)

    assert code == 1
    assert "same     Report: unchanged" in said
    assert "Verdict: authentic in the report" in said
    assert "Score: 0.0200 in the report" in said


def test_a_number_within_the_tolerance_is_the_same(
    report: dict[str, Any], tmp_path: Path
) -> None:
    for finding in report["analysis"]["findings"]:
        if finding["score"]:
            finding["score"] *= 1.0005
    report[DIGEST] = digest_of(report)
    assert verify(tmp_path, report)[0] == 0


def test_another_picture_is_refused_before_it_is_analyzed(
    report: dict[str, Any], tmp_path: Path
) -> None:
    code, said = verify(tmp_path, report, copied(seed=8))
    assert code == 1
    assert "DIFFERS  Original: its SHA-256 is" in said
    assert "Finding" not in said


def other_codec(report: dict[str, Any]) -> None:
    report["analysis"]["codecs"]["pillow"] = "1.0"


def other_pipeline(report: dict[str, Any]) -> None:
    report["analysis"]["pipeline_version"] = "1.0.0+aaaaaaaa"


def other_model(report: dict[str, Any]) -> None:
    report["analysis"]["models"][0]["version"] = "9.9.9"


def other_weights(report: dict[str, Any]) -> None:
    report["analysis"]["models"][0]["sha256"] = "0" * 64


def other_release(report: dict[str, Any]) -> None:
    report["made"]["software"]["version"] = "9.0"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (other_codec, "Codecs: pillow: 1.0 in the report"),
        (other_pipeline, "Pipeline: 1.0.0+aaaaaaaa in the report"),
        (other_model, "9.9.9 (litert) in the report, version"),
        (other_weights, "other weights (SHA-256 000000000000 in the report"),
        (other_release, "Software: 9.0 made the report"),
    ],
)
def test_other_software_is_told_apart_from_another_result(
    change: Change, says: str, report: dict[str, Any], tmp_path: Path
) -> None:
    change(report)
    report[DIGEST] = digest_of(report)
    code, said = verify(tmp_path, report)
    assert code == 1
    assert says in said
    assert "only in what was used" in said


def test_the_options_of_the_report_are_used(
    report: dict[str, Any], tmp_path: Path
) -> None:
    """Another quality gives other error levels: it was taken from the report."""
    report["analysis"]["parameters"]["ela_quality"] = 70
    _, said = verify(tmp_path, report)
    assert "Parameters: all" in said
    assert "DIFFERS  Finding ela" in said
    assert "Finding copy_move: the same" in said


def test_checks_that_one_side_lacks_are_named(
    report: dict[str, Any], tmp_path: Path
) -> None:
    findings = report["analysis"]["findings"]
    findings[:] = [f for f in findings if f["name"] != "ela"]
    findings.append(findings[0] | {"name": "of_the_future"})
    _, said = verify(tmp_path, report)
    assert "Finding ela: this check ran here; the report has none" in said
    assert "of_the_future: this installation has no such check" in said


def test_a_model_name_from_the_file_is_no_path(
    report: dict[str, Any], tmp_path: Path
) -> None:
    for model in report["analysis"]["models"]:
        if model["name"] == "forgery-localizer":
            model["name"] = "../../../etc"
    code, said = verify(tmp_path, report)
    assert code == 1
    assert "../../../etc 1" in said


def test_without_the_original_it_cannot_be_checked(
    report: dict[str, Any], tmp_path: Path
) -> None:
    report["original"]["sha256"] = "a" * 64
    code, said = verify(tmp_path, report)
    assert code == 2
    assert "--image" in said


def test_a_lost_original_cannot_be_checked(
    report: dict[str, Any], tmp_path: Path
) -> None:
    from forensics.models import Image

    files.delete_quietly([str(Image.objects.get().original.name)])
    code, said = verify(tmp_path, report)
    assert code == 2
    assert "--image" in said


def test_an_original_that_is_no_picture_cannot_be_checked(
    report: dict[str, Any], tmp_path: Path
) -> None:
    import hashlib

    data = b"no picture at all"
    report["original"]["sha256"] = hashlib.sha256(data).hexdigest()
    code, said = verify(tmp_path, report, data)
    assert code == 2
    assert "does not take the original" in said


def test_what_a_terminal_would_obey_is_replaced(
    report: dict[str, Any], tmp_path: Path
) -> None:
    report["analysis"]["pipeline_version"] = "\x1b[31mred\u202e"
    _, said = verify(tmp_path, report)
    assert "\x1b" not in said
    assert "\u202e" not in said


@pytest.mark.parametrize("missing", ["nowhere.json", "."])
def test_a_file_that_cannot_be_read_is_said_so(missing: str, tmp_path: Path) -> None:
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_report", tmp_path / missing, stderr=err)
    assert ended.value.code == 2
    assert "no regular file" in err.getvalue()


def test_what_a_bank_said_is_taken_from_the_report(
    client_of: Callable[[User], Client], lead: User, tmp_path: Path
) -> None:
    original = copied()
    bank = Bank.objects.create(name="Reuters fakes", purpose="fake")
    digest = hashlib.sha256(original).hexdigest()
    BankEntry.objects.create(bank=bank, sha256=digest)
    analysis = analyzed(original, by=lead)
    assert analysis.reasons[0]["code"] == "known_fake"
    address = reverse("moderation:report-json", args=[analysis.pk])
    report = client_of(lead).get(address).json()
    BankEntry.objects.all().delete()

    code, said = verify(tmp_path, report)

    assert code == 0, said
    assert "Known images: what banks said then is taken from the report" in said
