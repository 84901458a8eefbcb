"""Words in, images out: the same on both databases, whatever is typed."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.models import Image, SearchDocument, Submission
from forensics.search import search_images, search_visible_images
from forensics.search_words import Field, Term, terms_of, words_of
from forensics.services.search import MAX_TEXT, index_image, index_remarks
from tests.factories import make_analysis, make_image, make_metadata, make_user

pytestmark = pytest.mark.django_db


def found(query: str, **options: object) -> list[Image]:
    return list(Image.objects.filter(search_images(query, **options)).order_by("id"))  # type: ignore[arg-type]


def test_names_hashes_metadata_and_remarks_are_found_together() -> None:
    image = make_image(original_name="Harbor at night.JPG")
    analysis = make_analysis(image=image)
    make_metadata(analysis=analysis, text="exif image make: canon\nexif iso: 800")
    index_remarks(image_id=image.pk, texts=lambda: ["The crane is pasted in."])
    make_analysis(image=make_image(original_name="street.png"))

    for query in (
        "harbor",
        "HARB",
        "night harbor",
        "harbor canon crane",
        "make: can",
        '"crane is pasted"',
        '"at night" 800',
        image.sha256[:9],
        image.sha256,
    ):
        assert found(query) == [image], query
    for query in ("harbor street", '"night at"', '"harb"', "anon", "h", "?", ""):
        assert found(query) == [], query


def test_a_name_typed_as_it_is_written_is_a_phrase() -> None:
    wanted = make_image(original_name="IMG_1234-edit.jpg")
    make_image(original_name="1234 IMG.jpg")
    for query in ("IMG_1234", "img_12", "IMG_1234-edit.jpg", "1234-ed"):
        assert found(query) == [wanted], query
    assert len(found("img 1234")) == 2


def test_case_accents_and_writing_without_blanks() -> None:
    zurich = make_image(original_name="Zürich Straße.jpg")
    tokyo = make_image(original_name="東京タワー夜景.jpg")
    assert found("zurich strasse") == found("ZÜRICH") == [zurich]
    assert found("東京") == found("夜景") == found("タワー夜") == [tokyo]
    assert found("京東") == []


def test_only_the_asked_parts_are_searched() -> None:
    image = make_image(original_name="alpha.jpg")
    index_remarks(image_id=image.pk, texts=lambda: ["beta gamma"])
    assert found("alpha", fields={Field.NAMES}) == [image]
    assert found("alpha", fields={Field.METADATA, Field.REMARKS}) == []
    assert found('"beta gam"', fields={Field.REMARKS}) == []
    assert found("beta gam", fields={Field.REMARKS}) == [image]
    assert found("alpha beta", fields={Field.NAMES}) == []
    assert found("alpha", fields=()) == []


def test_what_changed_is_found_and_what_was_is_not() -> None:
    image = make_image(original_name="one.jpg")
    index_remarks(image_id=image.pk, texts=lambda: ["before"])
    Submission.objects.create(
        organization_id=1, image=image, door="api", original_name="two.jpg"
    )
    index_image(image_id=image.pk)
    index_remarks(image_id=image.pk, texts=lambda: ["after"])

    assert found("one two after") == [image]
    assert found("before") == []
    assert SearchDocument.objects.count() == 1


def test_a_person_without_rights_finds_by_their_own_names_and_tags_only() -> None:
    person = make_user("integrator")
    image = make_image(submitted_by=person, original_name="mine.jpg")
    Submission.objects.create(
        organization_id=1, image=image, door="api", original_name="theirs.jpg"
    )
    make_metadata(analysis=make_analysis(image=image), text="exif make: canon")
    index_remarks(image_id=image.pk, texts=lambda: ["secret"])

    def seen(query: str, user: object) -> int:
        return Image.objects.filter(
            search_visible_images(query, user=user)  # type: ignore[arg-type]
        ).count()

    assert seen("mine", person) == seen("canon", person) == 1
    assert seen(image.sha256[:12], person) == 1
    assert seen("theirs", person) == seen("secret", person) == 0
    assert seen("mine theirs", person) == seen("ine", person) == 0
    assert seen("min", person) == seen('"mine jpg"', person) == 1
    moderator = make_user("moderator")
    assert seen("theirs", moderator) == seen("secret", moderator) == 1


def test_many_matches_are_found_in_the_order_of_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("forensics.narrowing._FEW", {"postgresql": 3, "sqlite": 3})
    images = [make_image(original_name=f"beach {n}.jpg") for n in range(6)]
    make_image(original_name="street.jpg")
    listed = Image.objects.filter(search_images("beach")).order_by("-created_at", "-id")
    assert list(listed) == images[::-1]
    assert listed.filter(search_images("beach 4")).count() == 1


def test_documents_are_bounded() -> None:
    image = make_image()
    index_remarks(image_id=image.pk, texts=lambda: ["x" * 500, "wörd " * 50_000])
    document = SearchDocument.objects.get(image=image)
    assert len(document.remarks) <= MAX_TEXT
    assert document.remarks.startswith("x" * 60 + " word")
    assert found("word") == [image]


HOSTILE = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="\"'*:()&|!<->{}^~\\%_ \0\ta1é東ß½", max_size=80),
    st.sampled_from(
        [
            '"',
            '""""',
            "a OR b",
            "NEAR(a b)",
            "NOT a",
            "names : x",
            "a:*",
            "'; DROP TABLE x; --",
            "* * *",
            "a <-> b",
            "\x00",
            "-",
            "(((((",
            "%" * 255,
            "a " * 200,
        ]
    ),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=HOSTILE)
def test_no_query_is_an_error(query: str, db: None) -> None:
    for fields in (frozenset(Field), {Field.NAMES}, {Field.METADATA, Field.REMARKS}):
        assert list(Image.objects.filter(search_images(query, fields=fields))) == []


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.text(min_size=1, max_size=60))
def test_every_word_of_a_remark_finds_it(text: str, db: None) -> None:
    image = Image.objects.first() or make_image()
    index_remarks(image_id=image.pk, texts=lambda: [text])
    for word in words_of(text)[:5]:
        assert found(f'"{word}"', fields={Field.REMARKS}) == [image], word


def test_terms() -> None:
    assert terms_of('a "b c" d_e.f') == [
        Term(("a",)),
        Term(("b", "c")),
        Term(("d", "e", "f")),
    ]
    assert terms_of("one tw") == [Term(("one",)), Term(("tw",), is_open=True)]
    assert terms_of('"one tw"') == [Term(("one", "tw"))]
    assert terms_of('x "open ended') == [Term(("x",)), Term(("open", "ended"))]
    assert len(terms_of("word " * 100)) == 12
    assert terms_of("?! ...") == terms_of("") == []


def test_the_index_is_where_it_should_be() -> None:
    tables = connection.introspection.table_names()
    assert ("forensics_searchindex" in tables) == (connection.vendor == "sqlite")
