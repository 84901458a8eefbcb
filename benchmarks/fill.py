"""Fill an empty installation with a realistic past, as fast as the database takes it.

``DATABASE_URL=... PIXELWARDEN_DATA_DIR=... python -m benchmarks.fill --cases 1000000``
(after ``manage.py migrate``). Each case has an image, 1 or 2 arrivals, an analysis with
findings, thumbnail and metadata text (about 700 characters), a search document and its
events in a valid hash chain; 95 in 100 are decided, some have tags and comments. Rows
go by COPY (PostgreSQL) or in one transaction (SQLite), plain indexes at the end.
The same ``--seed`` makes the same rows but for the time they are made at.

=================  ==================================================================
verdicts of cases  suspicious 55 %, fake 20 %, inconclusive 15 %, authentic 10 %
states             decided 95 %, open 4.2 %, on hold .4 %, appealed .2 %, claimed .2 %
formats            JPEG 82 %, PNG 10 %, WEBP 5 %, HEIC 2 %, AVIF .5 %, TIFF, GIF
doors              API 85 %, dashboard 10 %, command line 4 %, admin 1 %
time               even over the last 730 days; those that wait over the last 20
people             500 that send (the first of them most), 60 that decide
names, notes       words of a vocabulary of 4,000, the frequent ones far more often
metadata           one of 20,000 texts (cameras, software, dates, a description)
=================  ==================================================================
"""

# ruff: noqa: PLC0415 - the settings are named before anything of Django's loads
# ruff: noqa: S311, S608, SLF001 - seeded, statements of our own columns, Django's _meta

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE, POOL = 10_000, 20_000
DAYS, WAITING_DAYS = 730, 20
SENDERS, MODERATORS, TAGS = 500, 60, 50
VERDICTS = (("suspicious", 55), ("fake", 20), ("inconclusive", 15), ("authentic", 10))
SCORES = {
    "authentic": (0.02, 0.3),
    "inconclusive": (0.3, 0.55),
    "suspicious": (0.55, 0.85),
    "fake": (0.85, 0.99),
}
FORMATS = (
    ("JPEG", 820),
    ("PNG", 100),
    ("WEBP", 50),
    ("HEIC", 20),
    ("AVIF", 5),
    ("TIFF", 3),
    ("GIF", 2),
)
DOORS = (("api", 85), ("web", 10), ("command", 4), ("admin", 1))
STATES = (("decided", 950), ("open", 42), ("held", 4), ("appealed", 2), ("claimed", 2))
CAMERAS = (
    ("Canon", "EOS 5D"),
    ("Canon", "EOS R6"),
    ("NIKON", "D850"),
    ("SONY", "ILCE-7M4"),
    ("Apple", "iPhone 14"),
    ("samsung", "SM-S918B"),
    ("Google", "Pixel 8"),
    ("FUJIFILM", "X-T5"),
)
SOFTWARE = ("Adobe Photoshop 25.0", "GIMP 2.10", "Snapseed 2.0", "16.5", "Lightroom")
REASONS = {
    "fake": ("content_edited", "ai_generated", "metadata_contradicts"),
    "authentic": ("no_trace_found", "harmless_edit", "source_confirmed"),
    "cannot_tell": ("quality_too_low", "evidence_conflicts"),
}
SYLLABLES = "ba be bo da do fa fi ga go ka ke la li lo ma mi mo na no pa ra ri sa so ta"


def vocabulary(rng: random.Random, count: int = 4000) -> list[str]:
    """Make words; the first ones are meant to be met most."""
    parts = SYLLABLES.split()
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(parts, k=rng.randint(2, 4)))] = None
    return list(found)


@cache
def _weighed(
    pairs: tuple[tuple[str, int], ...],
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    return tuple(p[0] for p in pairs), tuple(accumulate(p[1] for p in pairs))


class Writer:
    """Rows of a model like one that Django made, with some columns of their own."""

    def __init__(self, like: Any, *columns: str, extra: str = "") -> None:
        from django.db import connection

        meta = like._meta
        fields = [f for f in meta.concrete_fields if not f.generated]
        self.table = meta.db_table
        self.names = [field.column for field in fields]
        self._is_postgresql = connection.vendor == "postgresql"
        self._plain = copied if self._is_postgresql else stored
        values = [
            f.get_db_prep_save(f.pre_save(like, add=True), connection) for f in fields
        ]
        if extra and self._is_postgresql:
            self.names.append(extra)
            values.append(None)
            columns = (*columns, extra)
        self._row = [self._plain(value) for value in values]
        self._places = [self.names.index(name) for name in columns]
        self.rows: list[Any] = []

    def add(self, *values: Any) -> None:
        """Add a row with the values of its own columns, in their order."""
        row, plain = self._row.copy(), self._plain
        for place, value in zip(self._places, values, strict=False):
            row[place] = plain(value)
        self.rows.append("\t".join(row) if self._is_postgresql else row)

    def flush(self, cursor: Any) -> None:
        """Store what was added."""
        into = f'"{self.table}" ({", ".join(self.names)})'
        if self.rows and self._is_postgresql:
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                copy.write("\n".join(self.rows) + "\n")
        elif self.rows:
            marks = ", ".join(["%s"] * len(self.names))
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", self.rows)
        self.rows.clear()


def copied(value: Any) -> str:
    """Write a value as PostgreSQL's COPY reads it."""
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        if "\\" in value or "\n" in value or "\t" in value:
            value = value.replace("\\", "\\\\").replace("\n", "\\n")
            return str(value.replace("\t", "\\t"))
        return str(value)
    if kind is dict or kind is list:
        return copied(json.dumps(value))
    return copied(json.dumps(value.obj)) if hasattr(value, "obj") else str(value)


def stored(value: Any) -> Any:
    """Write a value as Django stores it in SQLite."""
    kind = type(value)
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return str(value)[:26].removesuffix("+00:00")
    return json.dumps(value) if kind is dict or kind is list else value


class Past:
    """Makes rows of everything that happened to one image, in order of time."""

    def __init__(self, seed: int, cases: int) -> None:
        from django.db import connection

        self.rng = random.Random(seed)
        self.words = vocabulary(self.rng)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.cases = cases
        self.head, self.position = "", 0
        self.is_postgresql = connection.vendor == "postgresql"
        self._people()
        self._tables()
        self.pool = [self.pooled() for _ in range(min(POOL, cases))]

    def _people(self) -> None:
        from django.contrib.auth.models import Group

        from accounts.models import User
        from moderation.models import Policy, Queue, Tag

        def people(prefix: str, count: int, group: str) -> list[Any]:
            made = User.objects.bulk_create(
                User(username=f"{prefix}-{n}", password="!")  # noqa: S106 - nobody's
                for n in range(count)
            )
            Group.objects.get(name=group).user_set.add(*made)
            return [(user.pk, user.username) for user in made]

        self.senders = people("sender", SENDERS, "integrator")
        self.moderators = people("moderator", MODERATORS, "moderator")
        self.leads = people("lead", 3, "lead")
        for n in range(4):
            Queue.objects.create(slug=f"q{n}", name=f"Queue {n}", due_minutes=1440)
        self.queues = list(Queue.objects.values_list("pk", flat=True))
        self.policies = list(Policy.objects.values_list("pk", flat=True))
        Tag.objects.bulk_create(Tag(name=f"tag {word}") for word in self.words[:TAGS])
        self.tags = list(Tag.objects.values_list("pk", "name"))

    def _tables(self) -> None:
        from forensics.models import (
            Analysis,
            EvidenceFile,
            Finding,
            Image,
            MetadataText,
            SearchDocument,
            Submission,
        )
        from moderation.models import (
            AuditEvent,
            AuditHead,
            Case,
            CaseTag,
            Comment,
            Decision,
        )

        now = self.now
        self.image = Writer(
            Image(
                organization_id=1,
                original="none",
                byte_size=1,
                media_type="image/jpeg",
            ),
            *("id", "sha256", "format", "width", "height", "created_at"),
            "current_analysis_id",
        )
        self.submission = Writer(
            Submission(organization_id=1, door="api"),
            *("id", "image_id", "submitted_by_id", "door", "original_name"),
            "created_at",
        )
        self.analysis = Writer(
            Analysis(
                organization_id=1,
                status="completed",
                pipeline_version="1",
                attempts=1,
            ),
            *("id", "image_id", "queued_at", "started_at", "finished_at", "verdict"),
            *("score", "reasons"),
        )
        self.finding = Writer(
            Finding(version="1", status="ok", elapsed_ms=1.5),
            *("id", "analysis_id", "position", "analyzer", "score", "summary"),
            *("codes", "data"),
        )
        self.evidence = Writer(
            EvidenceFile(
                kind="thumbnail",
                file="none",
                media_type="image/webp",
                width=320,
                height=240,
                byte_size=1,
            ),
            *("id", "analysis_id"),
        )
        self.text = Writer(MetadataText(), "analysis_id", "text")
        self.document = Writer(
            SearchDocument(id=1),
            *("id", "image_id", "names", "metadata", "remarks"),
            extra="vector",
        )
        self.case = Writer(
            Case(
                organization_id=1,
                opened_because="x",
                available_from=now - timedelta(days=DAYS),
            ),
            *("id", "image_id", "analysis_id", "queue_id", "status", "priority"),
            *("policy_id", "opened_because", "opened_at", "due_at", "escalated_at"),
            *("assigned_to_id", "machine_verdict", "machine_score", "uploader_id"),
            *("door", "image_format", "received_at", "claimed_by_id", "claim_token"),
            *("claim_expires_at", "outcome", "decided_at"),
        )
        self.decision = Writer(
            Decision(organization_id=1),
            *("id", "case_id", "analysis_id", "image_sha256", "outcome", "reason"),
            *("note", "decided_by_id", "decided_by_name", "machine_verdict"),
            *("machine_score", "created_at", "final_at"),
        )
        self.comment = Writer(
            Comment(), "id", "case_id", "author_id", "author_name", "text", "created_at"
        )
        self.case_tag = Writer(
            CaseTag(id=1), "id", "case_id", "tag_id", "added_by_name"
        )
        self.event = Writer(
            AuditEvent(id=1, organization_id=1, format=1),
            *("id", "position", "at", "actor_id", "actor_name", "action", "case_id"),
            *("image", "data", "previous_hash", "hash"),
        )
        head = AuditHead.objects.get(pk=1)
        self.head, self.position = head.hash, head.count
        self.writers = [w for w in vars(self).values() if isinstance(w, Writer)]
        self.count = 0

    def some(self, pairs: tuple[tuple[str, int], ...]) -> str:
        """Choose by weight."""
        names, steps = _weighed(pairs)
        return self.rng.choices(names, cum_weights=steps)[0]

    def key(self, at: datetime) -> UUID:
        """Make a version 7 key of a moment."""
        ms = int(at.timestamp() * 1000)
        bits = self.rng.getrandbits(74)
        number = ms << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & (2**62 - 1)
        return UUID(int=number)

    def text_of(self, count: int) -> str:
        """Write some words, frequent ones more often."""
        most, rng = len(self.words), self.rng
        return " ".join(self.words[int(most * rng.random() ** 4)] for _ in range(count))

    def name(self, n: int, suffix: str) -> str:
        """Write a file name as cameras and people do."""
        kind = self.rng.random()
        if kind < 0.4:
            return f"IMG_{n % 10000:04}.{suffix}"
        if kind < 0.6:
            return f"DSC{n % 100000:05}.{suffix.upper()}"
        return f"{self.text_of(self.rng.randint(1, 3))} {n % 997}.{suffix}"

    def metadata(self, at: datetime) -> str:
        """Write a metadata text as the analysis keeps it."""
        rng = self.rng
        make, model = rng.choice(CAMERAS)
        taken = (at - timedelta(minutes=rng.randint(1, 90_000))).strftime("%Y:%m:%d %T")
        lines = [
            f"exif image make: {make}",
            f"exif image model: {model}",
            f"exif image software: {rng.choice(SOFTWARE)}",
            f"exif image modifydate: {taken}",
            f"exif photo datetimeoriginal: {taken}",
            f"exif photo exposuretime: 1/{rng.choice((30, 60, 125, 250, 500))}",
            f"exif photo fnumber: {rng.choice((1.8, 2.8, 4.0, 5.6, 8.0))}",
            f"exif photo iso: {rng.choice((100, 200, 400, 800, 1600))}",
            f"exif photo lensmodel: {rng.choice((24, 35, 50, 85))}mm f/1.8",
            f"exif photo serialnumber: {rng.getrandbits(40):012x}",
            f"xmp xmp:creatortool: {rng.choice(SOFTWARE)}",
            f"xmp dc:description: {self.text_of(12)}",
            f"iptc keywords: {self.text_of(4)}",
            "file filetype: jpeg",
            "file bitspersample: 8",
            "icc_profile profiledescription: srgb iec61966-2.1",
        ]
        return "\n".join(lines).casefold()

    def add(self) -> None:
        """Make one image, its analysis, its case and what happened to it."""
        rng, n = self.rng, self.count
        self.count += 1
        state = self.some(STATES)
        days = DAYS * (1 - n / self.cases)
        waits = state != "decided"
        if waits:
            days = rng.random() * WAITING_DAYS
        at = self.now - timedelta(days=days, seconds=rng.randint(60, 600))
        verdict, kind, door = self.some(VERDICTS), self.some(FORMATS), self.some(DOORS)
        low, high = SCORES[verdict]
        score = round(rng.uniform(low, high), 4)
        image, analysis, case = self.key(at), self.key(at), self.key(at)
        sha256 = hashlib.sha256(image.bytes).hexdigest()
        sender = self.senders[int(SENDERS * rng.random() ** 3)]
        names = [self.name(n, kind.lower()) for _ in range(1 + (n % 10 == 0))]
        self.image.add(image, sha256, kind, 4000, 3000, at, analysis)
        for place, name in enumerate(names):
            sent = at + timedelta(seconds=place)
            self.submission.add(self.key(sent), image, sender[0], door, name, sent)
        end = at + timedelta(seconds=3)
        reason = {
            "code": "editing_software",
            "text": "Edited with GIMP.",
            "weight": 0.85,
        }
        self.analysis.add(analysis, image, at, at, end, verdict, score, [reason])
        for place, analyzer in enumerate(("metadata", "ela", "noise")):
            self.finding.add(
                *(self.key(end), analysis, place, analyzer, score, "Something."),
                *(["editing_software"], {"value": score}),
            )
        self.evidence.add(self.key(end), analysis)
        tags = rng.choice(self.pool)
        self.text.add(analysis, tags[0])
        remarks = self.add_case(
            image=image,
            analysis=analysis,
            case=case,
            sha256=sha256,
            at=end,
            verdict=verdict,
            score=score,
            state=state,
            origin=(sender[0], door, kind, at),
        )
        self.add_document(image, [sha256, *names], tags, remarks)

    def add_case(  # noqa: PLR0913 - what a case repeats of its image
        self,
        *,
        image: UUID,
        analysis: UUID,
        case: UUID,
        sha256: str,
        at: datetime,
        verdict: str,
        score: float,
        state: str,
        origin: tuple[Any, ...],
    ) -> list[str]:
        """Make the case and what people did; return what they wrote."""
        rng = self.rng
        person = self.moderators[int(MODERATORS * rng.random())]
        said = {"authentic": "authentic", "inconclusive": "cannot_tell"}.get(
            verdict, "fake"
        )
        outcome = said if rng.random() < 0.9 else rng.choice(tuple(REASONS))
        has_decision = state in {"decided", "appealed"}
        decided = at + timedelta(hours=rng.random() * 20)
        waits = state != "decided"
        is_claimed = state == "claimed"
        self.case.add(
            *(case, image, analysis, rng.choice(self.queues), state),
            rng.choices((10, 20, 30, 40), (10, 60, 25, 5))[0],
            *(rng.choice(self.policies), "Called suspicious: verdict suspicious", at),
            at + timedelta(days=1) if rng.random() < 0.8 else None,
            at if waits and rng.random() < 0.02 else None,
            person[0] if waits and rng.random() < 0.05 else None,
            *(verdict, score, *origin),
            person[0] if is_claimed or has_decision else None,
            UUID(int=rng.getrandbits(128)) if is_claimed else None,
            self.now + timedelta(minutes=30) if is_claimed else None,
            outcome if has_decision else "",
            decided if has_decision else None,
        )
        self.add_event("case_opened", at, None, case, image)
        remarks = []
        if has_decision:
            note = self.text_of(rng.randint(4, 14)) if rng.random() < 0.3 else ""
            remarks = [note]
            self.decision.add(
                *(self.key(decided), case, analysis, sha256, outcome),
                *(rng.choice(REASONS[outcome]), note, *person, verdict, score),
                *(decided, decided + timedelta(seconds=30)),
            )
            self.add_event("case_decided", decided, person, case, image)
        if rng.random() < 0.02:
            words = self.text_of(10)
            remarks.append(words)
            self.comment.add(self.key(at), case, *person, words, at)
        if rng.random() < 0.1:
            key, name = self.tags[int(TAGS * rng.random() ** 2)]
            remarks.append(name)
            self.case_tag.add(self.count, case, key, person[1])
        return remarks

    def add_event(
        self,
        action: str,
        at: datetime,
        person: tuple[int, str] | None,
        case: UUID,
        image: UUID,
    ) -> None:
        """Bind an event to the one before it."""
        from moderation.audit_chain import Entry, hash_of

        self.position += 1
        actor, name = person or (None, "")
        entry = Entry(
            position=self.position,
            at=at,
            actor=actor,
            actor_name=name,
            address=None,
            action=action,
            case=str(case),
            policy=None,
            image=str(image),
            data={},
        )
        before, self.head = self.head, hash_of(entry, self.head)
        self.event.add(
            *(self.position, self.position, at, actor, name, action, case, image, {}),
            *(before, self.head),
        )

    def add_document(
        self, image: UUID, names: list[str], tags: tuple[str, ...], remarks: list[str]
    ) -> None:
        """Make the words by which the image is found."""
        from forensics.search_words import Field, as_tsvector, words_of

        texts = {
            Field.NAMES: " ".join(words_of("\n".join(names))),
            Field.METADATA: "",
            Field.REMARKS: " ".join(words_of("\n".join(remarks))),
        }
        vector = f"{as_tsvector(texts)} {tags[2]}" if self.is_postgresql else ""
        texts[Field.METADATA] = tags[1]
        self.document.add(self.count, image, *texts.values(), vector)

    def pooled(self) -> tuple[str, str, str]:
        """Make a metadata text, its words, and what PostgreSQL keeps of them."""
        from forensics.search_words import Field, as_tsvector, words_of

        text = self.metadata(self.now - timedelta(days=self.rng.randrange(DAYS)))
        words = " ".join(words_of(text))
        # Their places come behind those of names and notes, which are fewer.
        texts = {Field.NAMES: "- " * 90, Field.METADATA: words, Field.REMARKS: ""}
        _names, _blank, vector = as_tsvector(texts).partition(" ")
        return text, words, vector

    def finish(self, cursor: Any) -> None:
        """Set what counts rows, and make SQLite's index of words."""
        from django.db import connection

        cursor.execute(
            "UPDATE moderation_audithead SET count = %s, hash = %s",
            (self.position, self.head),
        )
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO forensics_searchindex (rowid, names, metadata, remarks) "
                "SELECT id, names, metadata, remarks FROM forensics_searchdocument"
            )
            return
        tables = ("forensics_searchdocument", "moderation_casetag")
        for table in (*tables, "moderation_auditevent"):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                f"(SELECT max(id) FROM {table}))"
            )


@contextmanager
def without_indexes(cursor: Any, tables: set[str]) -> Iterator[None]:
    """Take the tables' plain indexes off, and make them at the end, which is faster."""
    from django.db import connection

    listing = (
        "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index'"
        if connection.vendor == "sqlite"
        else "SELECT indexname, indexdef, tablename FROM pg_indexes"
    )
    cursor.execute(listing)
    plain = [
        (name, sql)
        for name, sql, table in cursor.fetchall()
        if table in tables and sql and "UNIQUE" not in sql
    ]
    for name, _ in plain:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    if connection.vendor == "postgresql":
        cursor.execute("SET maintenance_work_mem = '1GB'")
    for _, sql in plain:
        cursor.execute(sql)


def fill(*, cases: int, seed: int) -> dict[str, float]:
    """Fill the database; return how long it took."""
    from django.db import connection, transaction

    started = time.perf_counter()
    past = Past(seed, cases)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("PRAGMA cache_size = -500000")
    tables = {writer.table for writer in past.writers}
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")  # keys fit
        with without_indexes(cursor, tables):
            for n in range(cases):
                past.add()
                if n % AT_ONCE == AT_ONCE - 1 or n == cases - 1:
                    for writer in past.writers:
                        writer.flush(cursor)
                    print(f"\r{n + 1:,} cases", end="", file=sys.stderr)
            past.finish(cursor)
            made = time.perf_counter() - started
            print(f" in {made:.0f} s; indexes.", file=sys.stderr)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
    return {
        "rows_s": round(made, 1),
        "indexes_s": round(time.perf_counter() - started - made, 1),
    }


def main() -> None:
    """Fill what the environment names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(fill(cases=options.cases, seed=options.seed))


if __name__ == "__main__":
    main()
