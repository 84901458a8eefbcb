"""From decided cases to a data set that the evaluation reads as it is."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from forensics.models import Door
from forensics.services import submit_image
from forensics.training.datasets import read_dataset
from moderation.models import AuditEvent, CaseKind, Decision, Queue
from moderation.services import decide_case, open_case, reopen_case
from tests.factories import make_case, make_user
from tests.images import jpeg, photo_like, png, splice

if TYPE_CHECKING:
    from accounts.models import User
    from forensics.models import Image

pytestmark = pytest.mark.django_db
REASONS = {
    "fake": "content_edited",
    "authentic": "no_trace_found",
    "cannot_tell": "quality_too_low",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return one beside the files that the installation keeps."""
    return tmp_path / "export"


def received(data: bytes) -> Image:
    receipt = submit_image(
        data=data, original_name="=1+1.jpg", door=Door.WEB, submitted_by=None
    )
    return receipt.image


def decided(
    data: bytes, outcome: str, actor: User, *, verdict: str = "", **fields: Any
) -> Decision:
    """Take a picture all the way from its bytes to a final decision."""
    case = open_case(image=received(data), actor=actor, because="test")
    decision = decide_case(
        case_id=case.pk, actor=actor, outcome=outcome, reason=REASONS[outcome]
    )
    changed = {"machine_verdict": verdict, "machine_score": 0.8} if verdict else {}
    changed["final_at"] = timezone.now()
    Decision.objects.filter(pk=decision.pk).update(**changed | fields)
    decision.refresh_from_db()
    return decision


def export(folder: Path, *options: str) -> str:
    shown = StringIO()
    call_command(
        "export_decisions", str(folder), *options, stdout=shown, stderr=StringIO()
    )
    return shown.getvalue()


def exported(folder: Path) -> set[str]:
    found = {
        path.relative_to(folder).as_posix()
        for part in ("authentic", "tampered")
        for path in (folder / part).iterdir()
    }
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    assert {json.loads(line)["name"] for line in lines} == found
    with (folder / "manifest.csv").open(newline="") as table:
        assert {row["name"] for row in csv.DictReader(table)} == found
    return found


def name_of(decision: Decision) -> str:
    part = "tampered" if decision.outcome == "fake" else "authentic"
    return f"{part}/{decision.image_sha256}.jpg"


def picture(seed: int) -> bytes:
    return jpeg(photo_like(seed))


def test_decided_cases_are_measured_by_evaluate_model_as_they_are(
    lead: User, folder: Path, tmp_path: Path
) -> None:
    for seed in range(3):
        decided(picture(seed), "authentic", lead)
        decided(splice(seed=50 + seed)[0], "fake", lead)
    output = tmp_path / "figures"
    assert "3 authentic, 3 tampered" in export(folder)
    assert len(read_dataset(folder)) == 6  # what train_model reads, both classes
    shown = StringIO()
    call_command(
        "evaluate_model",
        "header_only",
        "--data",
        f"decided={folder}",
        "--protocols",
        "raw",
        "--output",
        str(output),
        "--processes",
        "1",
        stdout=shown,
        stderr=StringIO(),
    )
    assert "decided, raw: 3 fakes, 3 authentic" in shown.getvalue()
    found = json.loads((output / "results.json").read_bytes())["sets"]["decided"]
    assert found["kinds"] == {"content_edited": 3, "untouched": 3}
    assert "auc" in found["protocols"]["raw"]["targets"]["header_only"]


def test_originals_are_copied_unaltered_under_their_hash(
    lead: User, folder: Path
) -> None:
    data = png(photo_like(7))
    decision = decided(data, "fake", lead, verdict="authentic")
    export(folder)
    path = folder / "tampered" / f"{hashlib.sha256(data).hexdigest()}.png"
    assert path.read_bytes() == data
    (line,) = (folder / "manifest.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert entry["kind"] == "content_edited"
    assert (entry["machine_verdict"], entry["machine_score"]) == ("authentic", 0.8)
    assert entry["decision"] == str(decision.pk)
    # Neither the sender's words nor the decider's name leave with the pictures.
    assert "=1+1" not in line
    assert str(lead) not in line


def test_only_the_standing_final_regular_decisions_of_people_are_exported(
    lead: User, folder: Path
) -> None:
    good = decided(picture(1), "authentic", lead)
    decided(picture(2), "cannot_tell", lead)
    decided(picture(3), "fake", lead, final_at=timezone.now() + timedelta(seconds=30))
    decided(picture(4), "fake", lead, is_automatic=True)
    reopened = decided(picture(5), "fake", lead)
    reopen_case(case_id=reopened.case_id, actor=lead, because="wrong")
    # Checks of the same picture, by others, do not outvote the decision that stands.
    for kind in (CaseKind.SECOND, CaseKind.GOLDEN):
        case = make_case(
            kind=kind, image=good.case.image, status="decided", outcome="fake"
        )
        Decision.objects.create(
            case=case,
            image_sha256=case.image.sha256,
            outcome="fake",
            reason="ai_generated",
            decided_by=make_user("moderator"),
            final_at=timezone.now(),
        )
    assert "1 authentic, 0 tampered; left out: 1" in export(folder)
    assert exported(folder) == {name_of(good)}


def test_of_several_cases_of_a_picture_the_newest_decision_counts(
    lead: User, folder: Path
) -> None:
    before = timezone.now() - timedelta(days=3)
    decided(picture(1), "fake", lead, created_at=before)
    newer = decided(picture(1), "authentic", lead)
    export(folder)
    assert exported(folder) == {name_of(newer)}


def test_the_choice_narrows_it(lead: User, tmp_path: Path) -> None:
    old = timezone.now() - timedelta(days=10)
    alarm = decided(picture(1), "authentic", lead, verdict="suspicious")
    miss = decided(picture(2), "fake", lead, verdict="authentic", created_at=old)
    right = decided(picture(3), "fake", lead, verdict="fake")
    decided(picture(4), "authentic", lead, verdict="inconclusive", created_at=old)
    Queue.objects.create(slug="urgent", name="Urgent")
    right.case.queue = Queue.objects.get(slug="urgent")
    right.case.save()
    day = (timezone.now() - timedelta(days=5)).date().isoformat()

    def names(*options: str) -> set[str]:
        folder = tmp_path / "-".join(options)
        export(folder, *options)
        return exported(folder)

    assert names("--only-wrong") == {name_of(alarm), name_of(miss)}
    assert names("--only-wrong", "--since", day) == {name_of(alarm)}
    assert names("--until", day, "--outcome", "fake") == {name_of(miss)}
    assert names("--queue", "urgent") == {name_of(right)}
    with pytest.raises(CommandError, match="no queue 'nowhere'"):
        export(tmp_path / "other", "--queue", "nowhere")


def test_it_goes_on_and_brings_the_folder_up_to_date(lead: User, folder: Path) -> None:
    first, second = (decided(picture(n), "fake", lead) for n in (1, 2))
    export(folder)
    # As if it had been killed: half a file under a passing name, one file broken.
    whole = folder / name_of(first)
    data = whole.read_bytes()
    whole.write_bytes(data[:100])
    (whole.parent / f"{whole.name}.part").write_bytes(b"half")
    reopen_case(case_id=second.case_id, actor=lead, because="wrong")
    newer = decided(picture(2), "authentic", lead)
    mine = folder / "tampered" / "notes.txt"
    mine.write_text("mine")
    export(folder)
    assert whole.read_bytes() == data
    mine.unlink()  # left alone, it was
    assert exported(folder) == {name_of(first), name_of(newer)}


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    other, folder = tmp_path / "other", tmp_path / "export"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="not empty"):
        export(other)
    assert [path.name for path in other.iterdir()] == ["thesis.txt"]
    with pytest.raises(CommandError, match="cannot be used"):
        export(other / "thesis.txt")
    export(folder)
    with pytest.raises(CommandError, match="another choice"):
        export(folder, "--only-wrong")


def test_an_original_that_is_gone_or_altered_is_told(lead: User, folder: Path) -> None:
    gone, altered, well = (decided(picture(n), "fake", lead) for n in range(3))
    default_storage.delete(gone.case.image.original.name)
    path = Path(default_storage.path(altered.case.image.original.name))
    path.write_bytes(b"other")
    with pytest.raises(CommandError, match="2 originals could not"):
        export(folder)
    assert exported(folder) == {name_of(well)}


def test_the_record_has_it(lead: User, folder: Path) -> None:
    decided(picture(1), "fake", lead)
    export(folder, "--outcome", "fake")
    event = AuditEvent.objects.get(action="decisions_exported")
    assert event.data["choice"]["outcome"] == "fake"
    assert event.data["counts"]["tampered"] == 1
    assert str(folder) not in json.dumps(event.data)
