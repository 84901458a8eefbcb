"""Keeping what can be searched: written where the texts change, in the same step."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction

from forensics.models import Image, MetadataText, SearchDocument, Submission
from forensics.search_words import Field, as_tsvector, words_of
from forensics.sending import leaves_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from uuid import UUID

MAX_TEXT = 32_000
MAX_NAMES = 40
_COLUMNS = ", ".join(Field)


def index_image(*, image_id: UUID) -> None:
    """Write down an image's hash and names and the tags of its newest result."""
    _store(image_id, lambda: _own_texts(image_id))


def index_remarks(*, image_id: UUID, texts: Callable[[], Iterable[str]]) -> None:
    """Write down what people wrote about an image.

    ``texts`` is called once the document is locked: of two writers at a time, the
    second sees what the first wrote.
    """
    _store(image_id, lambda: {Field.REMARKS: _words(texts())})


def rebuild_documents(
    *,
    remarks: Callable[[UUID], Iterable[str]],
    progress: Callable[[int], object],
) -> int:
    """Write the document of every image anew; return how many there are."""
    done = 0
    for image_id in list(Image.objects.order_by("pk").values_list("pk", flat=True)):
        _store(image_id, partial(_all_texts, image_id, remarks), is_anew=True)
        done += 1
        progress(done)
    if connection.vendor == "sqlite":
        _index_all()
    return done


@transaction.atomic
def _index_all() -> None:
    """Make SQLite's index from the documents, whatever it held: it keeps no texts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO forensics_searchindex (forensics_searchindex) "
            "VALUES ('delete-all')"
        )
        cursor.execute(
            f"INSERT INTO forensics_searchindex (rowid, {_COLUMNS}) "  # noqa: S608
            f"SELECT id, {_COLUMNS} FROM forensics_searchdocument"
        )


def _all_texts(
    image_id: UUID, remarks: Callable[[UUID], Iterable[str]]
) -> dict[Field, str]:
    return _own_texts(image_id) | {Field.REMARKS: _words(remarks(image_id))}


@transaction.atomic
def _store(
    image_id: UUID,
    texts: Callable[[], Mapping[Field, str]],
    *,
    is_anew: bool = False,
) -> None:
    document = _locked(image_id)
    before = _texts_of(document)
    after = {**before, **texts()}
    if before == after and not is_anew:
        return
    for field, text in after.items():
        setattr(document, field, text)
    document.save()
    if connection.vendor == "postgresql":
        _write_vector(document.pk, after)
    else:
        _write_index(document.pk, before, after)


def _locked(image_id: UUID) -> SearchDocument:
    found = SearchDocument.objects.select_for_update().filter(image=image_id).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            made = SearchDocument.objects.create(image_id=image_id)
            if connection.vendor == "sqlite":
                _insert(made.pk, _texts_of(made))
            return made
    except IntegrityError:  # somebody else made it in this moment
        return SearchDocument.objects.select_for_update().get(image=image_id)


def _texts_of(document: SearchDocument) -> dict[Field, str]:
    return {field: getattr(document, field) for field in Field}


def _own_texts(image_id: UUID) -> dict[Field, str]:
    image = Image.objects.get(pk=image_id)
    arrivals = Submission.objects.filter(image=image_id).order_by("-created_at")
    said = arrivals.values_list("original_name", "external_id", "context")
    tags = MetadataText.objects.filter(analysis=image.current_analysis_id)
    return {
        Field.NAMES: _words([image.sha256, *_said_in(said[:MAX_NAMES])]),
        Field.METADATA: _words(tags.values_list("text", flat=True)),
    }


def _said_in(arrivals: Iterable[tuple[str, str, Any]]) -> list[str]:
    """Return what the image was sent as, each once: names, ids, values of contexts."""
    names: list[str] = []
    values: list[str] = []
    for name, external_id, context in arrivals:
        names += filter(None, (name, external_id))
        values += (value for _, value in leaves_of(context))
    return list(dict.fromkeys(names + values))


def _words(texts: Iterable[str]) -> str:
    words = " ".join(words_of("\n".join(texts)))
    if len(words) <= MAX_TEXT:
        return words
    return words[:MAX_TEXT].rpartition(" ")[0]


def _write_vector(key: int, texts: Mapping[Field, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forensics_searchdocument SET vector = %s::tsvector WHERE id = %s",
            (as_tsvector(texts), key),
        )


def _write_index(
    key: int, before: Mapping[Field, str], after: Mapping[Field, str]
) -> None:
    # FTS5 keeps no copy of the texts: it is told what to forget.
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO forensics_searchindex (forensics_searchindex, rowid, "  # noqa: S608
            f"{_COLUMNS}) VALUES ('delete', %s, %s, %s, %s)",
            (key, *(before[field] for field in Field)),
        )
    _insert(key, after)


def _insert(key: int, texts: Mapping[Field, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO forensics_searchindex (rowid, {_COLUMNS}) "  # noqa: S608
            "VALUES (%s, %s, %s, %s)",
            (key, *(texts[field] for field in Field)),
        )
