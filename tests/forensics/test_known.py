"""Known images: the look-up against a comparison of all, and what an analysis keeps."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from forensics import known
from forensics.analysis.declared import declared_fake
from forensics.analysis.pdq import pdq
from forensics.analysis.pdq_index import MATCH_DISTANCE
from forensics.analysis.pipeline import AnalysisOptions, build_pipeline
from forensics.exchange import KnownImage
from forensics.known_models import band_columns
from forensics.models import Analysis, Bank, BankEntry, Door, Fingerprint, Image
from forensics.services import run_analysis, submit_image
from forensics.services.known import import_entries, save_entry
from moderation.models import Case
from moderation.services import flag_analysis
from tests.factories import make_image
from tests.images import jpeg, scene

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

HASH = "0f" * 32


def analyzed(data: bytes) -> Analysis:
    receipt = submit_image(
        data=data, original_name="a.jpg", door=Door.WEB, submitted_by=None
    )
    run_analysis(analysis_id=receipt.analysis.id, on_completed=flag_analysis)
    receipt.analysis.refresh_from_db()
    return receipt.analysis


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def turned(text: str, *bits: int) -> str:
    return f"{int(text, 16) ^ sum(1 << bit for bit in bits):064x}"


def make_bank(purpose: str = "fake", name: str = "Reuters fakes") -> Bank:
    return Bank.objects.create(name=name, purpose=purpose)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_the_look_up_finds_what_comparing_all_finds(data: st.DataObject) -> None:
    Bank.objects.all().delete()
    bank = make_bank()
    center = data.draw(st.integers(0, 2**256 - 1), label="center")
    spreads = data.draw(
        st.lists(st.sets(st.integers(0, 255), min_size=1, max_size=48), max_size=30),
        label="bits that differ",
    )
    distance = data.draw(st.integers(0, MATCH_DISTANCE), label="distance")
    stored = {turned(f"{center:064x}", *bits) for bits in spreads}
    for text in stored:
        BankEntry.objects.create(bank=bank, pdq=text, **band_columns(text))

    found = known.near(BankEntry.objects.all(), f"{center:064x}", distance=distance)

    compared = {text: (int(text, 16) ^ center).bit_count() for text in stored}
    entries = dict(BankEntry.objects.values_list("pk", "pdq"))
    assert {entries[key]: bits for key, bits in found.distances.items()} == {
        text: bits for text, bits in compared.items() if bits <= distance
    }
    assert list(found.distances.values()) == sorted(found.distances.values())
    assert found.is_complete


def test_a_look_up_is_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    bank = make_bank()
    for bit in range(40):
        text = turned(HASH, bit)
        BankEntry.objects.create(bank=bank, pdq=text, **band_columns(text))
    # PostgreSQL: a savepoint, the question, and settings before and after it.
    with django_assert_num_queries(5 if connection.vendor == "postgresql" else 1):
        found = known.near(BankEntry.objects.all(), HASH)
    assert len(found.distances) == 40


def test_the_bands_are_looked_up_by_their_indexes() -> None:
    rows = BankEntry.objects.filter(known._SharesABand(known.neighbours(HASH)))
    if connection.vendor == "sqlite":  # PostgreSQL scans what is nearly empty
        assert "SCAN" not in rows.order_by().explain()


def test_too_many_alike_are_cut_off_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "MAX_CANDIDATES", 5)
    bank = make_bank()
    for bit in range(10):
        text = turned(HASH, bit)
        BankEntry.objects.create(bank=bank, pdq=text, **band_columns(text))
    assert not known.near(BankEntry.objects.all(), HASH).is_complete


def test_an_analysis_keeps_the_hash_and_finds_copies() -> None:
    picture = scene(640, 480, 1)
    data = jpeg(picture)
    first = analyzed(data)
    smaller = analyzed(jpeg(picture.resize((320, 240)), quality=60))
    other = analyzed(jpeg(scene(640, 480, 2)))

    kept = first.image.fingerprint
    assert kept.pdq == pdq(PillowImage.open(BytesIO(data))).hash
    near = known.near_images(first.image)
    assert list(near.distances) == [smaller.image_id]
    assert near.distances[smaller.image_id] <= MATCH_DISTANCE
    assert not known.near_images(other.image).distances


def test_flat_pictures_match_nothing() -> None:
    for shade in (100, 101):
        analyzed(jpeg(PillowImage.new("RGB", (300, 200), (shade, shade, shade))))
    assert Fingerprint.objects.filter(quality__lt=50, band_00=None).count() == 2
    assert not known.near_images(Image.objects.all()[0]).distances


def test_the_very_file_of_a_known_fake_is_called_fake_and_opens_a_case() -> None:
    data = jpeg(scene(640, 480, 3))
    before = analyzed(jpeg(scene(640, 480, 3), quality=93))
    save_entry(entry=BankEntry(bank=make_bank(), sha256=sha256(data)))

    analysis = analyzed(data)

    assert analysis.verdict == "fake"
    assert analysis.reasons[0]["code"] == "known_fake"
    assert "a bank of known fakes" in analysis.reasons[0]["text"]
    assert "Reuters" not in str(analysis.reasons)  # who reads them may not know it
    assert before.verdict != "fake"
    match = analysis.known_matches[0]
    assert (match["code"], match["method"], match["distance"]) == (
        "known_fake",
        "sha256",
        0,
    )
    assert match["hash"] == sha256(data)
    case = Case.objects.get(image=analysis.image)
    assert case.opened_because == "Known fake: a check found known_fake"


def test_what_looks_like_a_known_fake_is_said_without_weight() -> None:
    picture = scene(640, 480, 4)
    plain = analyzed(jpeg(picture, quality=95))
    entry = BankEntry(bank=make_bank(), pdq=pdq(picture).hash)
    save_entry(entry=entry)

    mirrored = picture.transpose(PillowImage.Transpose.FLIP_LEFT_RIGHT)
    analysis = analyzed(jpeg(mirrored))

    reason = next(r for r in analysis.reasons if r["code"] == "known_fake_near")
    assert reason["weight"] == 0
    assert "mirrored" in reason["text"]
    match = analysis.known_matches[0]
    assert match["method"] == "pdq"
    assert match["transform"] == "mirrored"
    assert match["distance"] <= MATCH_DISTANCE
    assert match["entry"] == str(entry.pk)
    assert analysis.verdict == plain.verdict
    assert Case.objects.get(image=analysis.image).policy.name == (
        "Looks like a known fake"
    )


def test_known_good_is_said_without_weight_and_silent_banks_say_nothing() -> None:
    data = jpeg(scene(640, 480, 5))
    save_entry(entry=BankEntry(bank=make_bank("good", "Desk"), sha256=sha256(data)))
    silent = make_bank("fake", "Old list")
    save_entry(entry=BankEntry(bank=silent, sha256=sha256(data)))
    Bank.objects.filter(pk=silent.pk).update(is_active=False)

    analysis = analyzed(data)

    assert [match["code"] for match in analysis.known_matches] == ["known_good"]
    reason = next(r for r in analysis.reasons if r["code"] == "known_good")
    assert reason["weight"] == 0


def test_a_file_that_came_into_a_bank_since_is_analyzed_again() -> None:
    data = jpeg(scene(640, 480, 6))
    first = analyzed(data)
    assert analyzed(data) == first
    save_entry(entry=BankEntry(bank=make_bank(), sha256=sha256(data)))
    again = analyzed(data)
    assert again != first
    assert again.verdict == "fake"
    assert analyzed(data) == again


def test_a_file_that_left_the_banks_is_analyzed_again() -> None:
    data = jpeg(scene(640, 480, 6))
    bank = make_bank()
    entry = save_entry(entry=BankEntry(bank=bank, sha256=sha256(data)))
    first = analyzed(data)

    Bank.objects.filter(pk=bank.pk).update(is_active=False)
    silent = analyzed(data)
    assert silent != first
    assert silent.verdict != "fake"

    Bank.objects.filter(pk=bank.pk).update(is_active=True, purpose="good")
    good = analyzed(data)
    assert good.known_matches[0]["code"] == "known_good"

    Bank.objects.filter(pk=bank.pk).update(purpose="fake")
    fake = analyzed(data)
    assert fake.verdict == "fake"

    entry.delete()
    last = analyzed(data)
    assert last.known_matches == []
    assert analyzed(data) == last


def test_what_looked_alike_in_a_bank_that_is_silent_now_is_analyzed_again() -> None:
    picture = scene(640, 480, 4)
    bank = make_bank()
    save_entry(entry=BankEntry(bank=bank, pdq=pdq(picture).hash))
    # Only the worker looks for it mirrored; the stored hash alone would not find it.
    data = jpeg(picture.transpose(PillowImage.Transpose.FLIP_LEFT_RIGHT))
    first = analyzed(data)
    assert analyzed(data) == first
    Bank.objects.filter(pk=bank.pk).update(is_active=False)
    again = analyzed(data)
    assert again != first
    assert analyzed(data) == again


def fill(bank: Bank, center: str, *, count: int) -> None:
    """Put many entries into a bank that differ by one bit from a hash."""
    for bit in range(count):
        text = turned(center, bit)
        BankEntry.objects.create(bank=bank, pdq=text, **band_columns(text))


def test_many_alike_hide_no_very_file_that_came_since() -> None:
    data = jpeg(scene(640, 480, 6))
    fill(make_bank(), pdq(PillowImage.open(BytesIO(data))).hash, count=60)
    first = analyzed(data)
    assert len(first.known_matches) == known.MAX_MATCHES
    assert analyzed(data) == first  # those that were cut off are no news
    other = make_bank(name="Desk")
    save_entry(entry=BankEntry(bank=other, sha256=sha256(data), pdq=HASH))
    again = analyzed(data)
    assert again.verdict == "fake"
    assert again.known_matches[0]["bank"] == "Desk"
    assert analyzed(data) == again


@pytest.mark.parametrize("most", [known.MAX_CANDIDATES, 55])
def test_many_good_ones_alike_do_not_hide_a_fake_one(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "MAX_CANDIDATES", most)
    data = jpeg(scene(640, 480, 6))
    own = pdq(PillowImage.open(BytesIO(data))).hash
    fill(make_bank("good", "Desk"), own, count=60)
    first = analyzed(data)
    farther = turned(own, *range(20))
    save_entry(entry=BankEntry(bank=make_bank(), pdq=farther))

    again = analyzed(data)

    assert again != first
    codes = [match["code"] for match in again.known_matches]
    assert codes.count("known_good_near") == known.MAX_MATCHES
    assert codes.count("known_fake_near") == 1
    assert analyzed(data) == again


@pytest.mark.parametrize("is_active", [True, False])
def test_a_look_up_in_banks_that_was_cut_off_says_so(
    monkeypatch: pytest.MonkeyPatch, *, is_active: bool
) -> None:
    monkeypatch.setattr(known, "MAX_CANDIDATES", 5)
    data = jpeg(scene(640, 480, 6))
    bank = make_bank("custom")
    fill(bank, pdq(PillowImage.open(BytesIO(data))).hash, count=10)
    fakes = make_bank(name="Few")
    save_entry(
        entry=BankEntry(
            bank=fakes, pdq=turned(pdq(PillowImage.open(BytesIO(data))).hash, 99)
        )
    )
    Bank.objects.filter(pk=bank.pk).update(is_active=is_active)
    analysis = analyzed(data)
    # A silent bank takes no place from an active one.
    weights = {reason["code"]: reason["weight"] for reason in analysis.reasons}
    assert "known_fake_near" in weights
    assert weights.get("known_incomplete") == (0 if is_active else None)
    assert analyzed(data) == analysis


def test_banks_are_looked_up_by_the_bands_not_by_the_bank() -> None:
    fill(make_bank(), HASH, count=3)
    with CaptureQueriesContext(connection) as queries:
        known.bank_matches(sha256="", hashes={"same": HASH}, organization_id=1)
    asked = [query["sql"] for query in queries if " OR " in query["sql"]]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]}")
            plan = str(cursor.fetchall())
        assert "MULTI-INDEX OR" in plan
        assert "bank_id" not in plan


def test_an_entry_by_sha256_gets_the_hash_of_the_stored_picture() -> None:
    analysis = analyzed(jpeg(scene(640, 480, 7)))
    entry = save_entry(
        entry=BankEntry(bank=make_bank(), sha256=analysis.image.sha256.upper())
    )
    assert entry.pdq == analysis.image.fingerprint.pdq
    assert entry.band_00 is not None


@pytest.mark.parametrize(
    "hashes",
    [
        {},
        {"sha256": "12"},
        {"pdq": "z" * 64},
        {"pdq": "0" * 64},
        {"sha256": "a" * 65},
    ],
)
def test_malformed_entries_are_refused(hashes: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        save_entry(entry=BankEntry(bank=make_bank(), **hashes))
    assert not BankEntry.objects.exists()


def test_the_same_entry_twice_is_refused_and_skipped_in_a_list() -> None:
    bank = make_bank()
    save_entry(entry=BankEntry(bank=bank, pdq=HASH))
    with pytest.raises(ValidationError):
        save_entry(entry=BankEntry(bank=bank, pdq=HASH))
    added = import_entries(
        bank=bank,
        known=[KnownImage(pdq=HASH), KnownImage(pdq=turned(HASH, 3))],
        source="list",
        added_by=None,
    )
    assert added == 1
    assert known.near(BankEntry.objects.all(), HASH).distances.keys() == set(
        BankEntry.objects.values_list("pk", flat=True)
    )


def test_declaring_a_fake_reaches_the_band_from_any_score() -> None:
    report = build_pipeline(AnalysisOptions()).analyze(jpeg(scene(200, 200, 1)))
    for score in (0.01, 0.5, 0.99):
        found = declared_fake(replace(report, score=score), code="known_fake", text="x")
        assert found.verdict == "fake"
        assert 0.9 <= found.score <= 0.99
        assert found.reasons[0].weight >= 4.0


def test_images_from_before_are_hashed_by_command() -> None:
    data = jpeg(scene(300, 200, 8))
    kept = make_image(original=default_storage.save("o/x.jpg", ContentFile(data)))
    broken = make_image()
    output, errors = StringIO(), StringIO()
    with pytest.raises(CommandError):
        call_command("fingerprint_images", stdout=output, stderr=errors)
    assert kept.fingerprint.quality == 100
    assert broken.sha256 in errors.getvalue()
    assert "1 hashed" in output.getvalue()
    Image.objects.filter(pk=broken.pk).delete()
    again = StringIO()
    call_command("fingerprint_images", stdout=again, stderr=StringIO())
    assert "0 hashed" in again.getvalue()
