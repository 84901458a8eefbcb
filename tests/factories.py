"""Rows for tests. Whole flows go through the services; these make the rest quick."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import User
from forensics.analysis.mask import compressed
from forensics.analysis.types import FindingStatus, Verdict
from forensics.models import (
    Analysis,
    Bank,
    BankEntry,
    Door,
    EvidenceFile,
    Finding,
    Image,
    LocalizedArea,
    MetadataText,
    Submission,
)
from forensics.services.search import index_image
from forensics.states import AnalysisStatus
from moderation.models import (
    Case,
    Policy,
    PolicyVersion,
    Priority,
    Queue,
    VersionState,
)
from moderation.models.queues import DEFAULT_QUEUE

PASSWORD = "correct horse battery staple"
_numbers = count(1)


def make_user(*groups: str, username: str = "", **fields: Any) -> User:
    """Make a person in the named groups; the password is ``PASSWORD``."""
    name = username or f"{groups[0] if groups else 'person'}-{next(_numbers)}"
    user = User.objects.create_user(username=name, password=PASSWORD, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    missing = set(groups) - set(user.groups.values_list("name", flat=True))
    assert not missing, f"no such group: {missing}"
    return user


def make_image(
    *, submitted_by: User | None = None, original_name: str = "photo.jpg", **fields: Any
) -> Image:
    """Make a stored original (bytes that are no picture) with one submission."""
    data = f"original {next(_numbers)}".encode()
    sha256 = hashlib.sha256(data).hexdigest()
    values = {
        "organization_id": submitted_by.organization_id if submitted_by else 1,
        "sha256": sha256,
        "original": _stored(f"originals/{sha256}.jpg", data),
        "byte_size": len(data),
        "format": "JPEG",
        "media_type": "image/jpeg",
        "width": 640,
        "height": 480,
    }
    image = Image.objects.create(**values | fields)
    Submission.objects.create(
        image=image,
        submitted_by=submitted_by,
        door=Door.WEB,
        original_name=original_name,
    )
    index_image(image_id=image.pk)
    return image


def make_analysis(
    *, image: Image | None = None, is_current: bool = True, **fields: Any
) -> Analysis:
    """Make a completed analysis: suspicious, 70 %, with one finding and thumbnail."""
    now = timezone.now()
    values = {
        "status": AnalysisStatus.COMPLETED,
        "pipeline_version": "1",
        "attempts": 1,
        "started_at": now,
        "finished_at": now,
        "elapsed_ms": 12.5,
        "verdict": Verdict.SUSPICIOUS,
        "score": 0.7,
        "reasons": [
            {"code": "editing_software", "text": "Edited with GIMP.", "weight": 0.85}
        ],
    }
    analysis = Analysis.objects.create(image=image or make_image(), **values | fields)
    if is_current:
        Image.objects.filter(pk=analysis.image_id).update(current_analysis=analysis)
        index_image(image_id=analysis.image_id)
    make_finding(analysis=analysis)
    make_evidence(analysis=analysis, kind="thumbnail")
    return analysis


def make_queued_analysis(*, image: Image | None = None, **fields: Any) -> Analysis:
    """Make an analysis that waits for a worker."""
    return Analysis.objects.create(image=image or make_image(), **fields)


def make_finding(*, analysis: Analysis, **fields: Any) -> Finding:
    """Make what the metadata analyzer could have said."""
    values = {
        "position": analysis.findings.count(),
        "analyzer": "metadata",
        "version": "1",
        "status": FindingStatus.OK,
        "score": 0.7,
        "summary": "The file names GIMP as its software.",
        "codes": ["editing_software"],
        "data": {"groups": {"EXIF": [{"tag": "Software", "value": "GIMP 2.10"}]}},
        "elapsed_ms": 1.5,
    }
    return Finding.objects.create(analysis=analysis, **values | fields)


def make_metadata(*, analysis: Analysis, text: str) -> MetadataText:
    """Make what an analysis' tags say, to be searched."""
    made = MetadataText.objects.create(analysis=analysis, text=text)
    index_image(image_id=analysis.image_id)
    return made


def make_evidence(
    *, analysis: Analysis, kind: str, finding: Finding | None = None
) -> EvidenceFile:
    """Make a stored evidence file (bytes that are no picture)."""
    data = f"{kind} {next(_numbers)}".encode()
    return EvidenceFile.objects.create(
        analysis=analysis,
        finding=finding,
        kind=kind,
        file=_stored(f"evidence/{analysis.id}/{uuid4().hex}-{kind}.webp", data),
        media_type="image/webp",
        width=320,
        height=240,
        byte_size=len(data),
        caption=f"The {kind}.",
    )


def make_area(*, analysis: Analysis, signal: str = "") -> LocalizedArea:
    """Make where an analysis could have seen an edited place: a square of 2 x 2."""
    return LocalizedArea.objects.create(
        analysis=analysis,
        signal=signal,
        rows=4,
        columns=4,
        cell=8,
        width=32,
        height=32,
        threshold=0.5,
        share=0.25,
        counts=compressed([5, 2, 2, 2, 5]),
        polygons=[{"exterior": [[8, 8], [24, 8], [24, 24], [8, 24]], "holes": []}],
    )


def make_bank_entry(*, bank: Bank | None = None, **fields: Any) -> BankEntry:
    """Make a known image, by default in a new bank of fakes."""
    bank = bank or Bank.objects.create(name=f"Bank {next(_numbers)}", purpose="fake")
    sha256 = hashlib.sha256(f"known {next(_numbers)}".encode()).hexdigest()
    return BankEntry.objects.create(bank=bank, **{"sha256": sha256} | fields)


def make_case(*, analysis: Analysis | None = None, **fields: Any) -> Case:
    """Make an open case; claim and decide it through the services."""
    analysis = analysis or make_analysis()
    values = {
        "organization_id": analysis.image.organization_id,
        "image": analysis.image,
        "analysis": analysis,
        "priority": Priority.NORMAL,
        "opened_because": "Called suspicious: verdict suspicious",
        "queue": Queue.objects.get(
            slug=DEFAULT_QUEUE, organization=analysis.image.organization_id
        ),
        "machine_verdict": analysis.verdict,
        "machine_score": analysis.score,
        "image_format": analysis.image.format,
        "door": Door.WEB,
        "received_at": analysis.image.created_at,
    }
    return Case.objects.create(**values | fields)


def make_policy(
    *conditions: dict[str, Any],
    name: str = "",
    position: int = 1,
    organization_id: int = 1,
    **fields: Any,
) -> PolicyVersion:
    """Make a policy with one live version: by default, *fake* opens a case."""
    policy = Policy.objects.create(
        organization_id=organization_id,
        name=name or f"Policy {next(_numbers)}",
        position=position,
    )
    fake = {"kind": "verdict_in", "value": [Verdict.FAKE.value]}
    values = {"number": 1, "state": VersionState.LIVE}
    return PolicyVersion.objects.create(
        policy=policy, conditions=list(conditions) or [fake], **values | fields
    )


def _stored(name: str, data: bytes) -> str:
    return str(default_storage.save(name, ContentFile(data)))
