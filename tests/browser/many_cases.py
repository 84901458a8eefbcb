"""More cases for a running installation: copies of its demo pictures, as rows."""

from __future__ import annotations

from tests.installation import Installation

# Runs in a process of the installation. Each copy has a hash of its own, and evidence
# with addresses of its own, so that a browser loads each picture anew.
SCRIPT = """
import hashlib
from uuid import uuid4
from forensics.models import Analysis, EvidenceFile, Finding, Image, Submission
from moderation.models import Case, Queue
from uuid6 import uuid7

Case.objects.filter(status__in=["open", "claimed", "appealed"], outcome="").update(
    status="held", claim_token=None, claimed_by=None, claim_expires_at=None
)
Submission.objects.filter(original_name__startswith="{slug}-").update(
    original_name="of an earlier test.jpg"
)
queue, _made = Queue.objects.get_or_create(
    slug={slug!r}, defaults={{"name": {slug!r}}}
)
done = list(
    Analysis.objects.filter(status="completed", verdict__gt="")
    .filter(evidence_files__kind="preview").distinct().order_by("id")[:6]
)
for number in range({count}):
    source = done[number % len(done)]
    image = Image.objects.get(pk=source.image_id)
    files = list(source.evidence_files.all())
    findings = list(source.findings.all())
    image.pk, image.sha256 = uuid7(), hashlib.sha256(uuid4().bytes).hexdigest()
    image.current_analysis = None
    image._state.adding = True
    image.save()
    Submission.objects.create(
        organization_id=1, image=image, door="web",
        original_name=f"{slug}-{{number:03}}.jpg",
    )
    analysis = Analysis.objects.get(pk=source.pk)
    analysis.pk, analysis.image = uuid7(), image
    analysis._state.adding = True
    analysis.save()
    Image.objects.filter(pk=image.pk).update(current_analysis=analysis)
    kept = {{}}
    for finding in findings:
        before = finding.pk
        finding.pk, finding.analysis = None, analysis
        finding._state.adding = True
        finding.save()
        kept[before] = finding
    for file in files:
        file.pk, file.analysis = uuid7(), analysis
        file.finding = kept.get(file.finding_id)
        file._state.adding = True
        file.save()
    Case.objects.create(
        organization_id=1, image=image, analysis=analysis, queue=queue, priority=20,
        opened_because="Made for a test", machine_verdict=analysis.verdict,
        machine_score=analysis.score,
    )
"""


def only_cases(installation: Installation, count: int, *, slug: str) -> None:
    """Leave no cases to decide but new ones: ``<slug>-000.jpg`` and so on."""
    run_in(installation, SCRIPT.format(count=count, slug=slug))


def run_in(installation: Installation, script: str) -> None:
    """Run lines of Python in a process of the installation."""
    installation.manage("shell", "--verbosity", "0", "-c", script)
