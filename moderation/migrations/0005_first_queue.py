"""The first queue, with every case in it; the record as it stands, as a chain."""

from django.db import migrations
from django.db.models import OuterRef, Subquery

from moderation.audit_chain import START, Entry, hash_of, plain

BATCH = 1000


def fill(apps, schema_editor):
    queue = apps.get_model("moderation", "Queue")
    case = apps.get_model("moderation", "Case")
    analysis = apps.get_model("forensics", "Analysis")
    submission = apps.get_model("forensics", "Submission")
    review, _ = queue.objects.get_or_create(
        slug="review",
        defaults={
            "name": "Review",
            "description": "Where every case goes that nothing sends elsewhere.",
            "position": 1000,
        },
    )
    of_case = analysis.objects.filter(pk=OuterRef("analysis_id"))
    first = submission.objects.filter(image=OuterRef("image_id"))
    case.objects.update(
        queue=review,
        machine_score=Subquery(of_case.values("score")[:1]),
        uploader=Subquery(
            first.order_by("created_at", "id").values("submitted_by")[:1]
        ),
    )
    case.objects.filter(analysis__isnull=False).update(
        machine_verdict=Subquery(of_case.values("verdict")[:1])
    )


def chain(apps, schema_editor):
    event_model = apps.get_model("moderation", "AuditEvent")
    head_model = apps.get_model("moderation", "AuditHead")
    count, last = 0, START
    changed = []
    events = event_model.objects.order_by("at", "id").select_related("case")
    for event in events.iterator(BATCH):
        count += 1
        event.position, event.previous_hash = count, last
        event.image = event.case.image_id if event.case_id else None
        event.data = plain(event.data)
        last = event.hash = hash_of(_entry(event), last)
        changed.append(event)
        if len(changed) == BATCH:
            _save(event_model, changed)
            changed = []
    _save(event_model, changed)
    head_model.objects.create(pk=1, count=count, hash=last)


def _save(model, events):
    fields = ("position", "previous_hash", "hash", "image", "data")
    model.objects.bulk_update(events, fields)


def _entry(event):
    return Entry(
        position=event.position,
        at=event.at,
        actor=event.actor_id,
        actor_name=event.actor_name,
        address=event.address,
        action=event.action,
        case=str(event.case_id) if event.case_id else None,
        policy=event.policy_id,
        image=str(event.image) if event.image else None,
        data=event.data,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0004_workbench"),
        ("accounts", "0002_organizations"),
    ]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(chain, migrations.RunPython.noop),
    ]
