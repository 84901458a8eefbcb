"""Full-text search over images: the one way to ask, whatever the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import Func
from django.db.models.functions import Cast
from django.utils.module_loading import import_string

from forensics.models import ContextValue, Image, SearchDocument
from forensics.narrowing import Probe, among, few, first_keys
from forensics.search_words import Field, are_met, as_match, as_tsquery, terms_of
from forensics.selectors import submissions_visible_to
from forensics.sending import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from forensics.search_words import Term

EVERYWHERE = frozenset(Field)
_LOOKED_AT, _ONE_IN = 400, 50
_TYPED = re.compile(r"[^\W_]+")
_HASH = re.compile("[0-9a-f]{6,64}")
_IN_POSTGRESQL = "vector @@ %s::tsquery"
_IN_SQLITE = (
    "id IN (SELECT rowid FROM forensics_searchindex WHERE forensics_searchindex MATCH "
    "%s)"
)


def search_images(
    query: str, *, key: str = "pk", fields: Iterable[Field] = EVERYWHERE
) -> Q:
    """Return the condition that an image's texts hold all that is asked.

    Parameters
    ----------
    query : str
        What was typed: words, ``"phrases"``; the last word may be unfinished.
    key : str
        Where the listed rows name the image: ``pk`` of images, ``image`` of cases.
    fields : iterable of Field
        Which parts may be searched: who may not read remarks, searches none.
    """
    terms, chosen = terms_of(query), frozenset(fields)
    if not terms or not chosen:
        return Q(pk__in=[])
    text = _written(terms, chosen)
    keys = _first_matches(text)
    return Q(_Probe(key, text)) if keys is None else among(keys, key=key)


def search_visible_images(query: str, *, user: User, key: str = "pk") -> Q:
    """Return the condition for what this person may search.

    Who sees every arrival searches all names, and who sees cases what was written.
    What was written about a picture that they are to judge unseen stays unfound.
    Anybody else searches tags, and of the names those they sent images under.
    """
    if user.has_perm("forensics.view_submission"):
        is_reader = user.has_perm("moderation.view_case")
        concealed = import_string(settings.CONCEALED_REMARKS)(user)
        if is_reader and concealed is None:
            return search_images(query, key=key)
        unwritten = search_images(query, key=key, fields=EVERYWHERE - {Field.REMARKS})
        if not is_reader:
            return unwritten
        everywhere = search_images(query, key=key)
        return unwritten | (everywhere & ~Q(**{f"{key}__in": concealed}))
    in_tags = search_images(query, key=key, fields={Field.METADATA})
    return in_tags | _named_by(user, query, key=key)


def _named_by(user: User, query: str, *, key: str) -> Q:
    """Return the condition that one's own name of an image, or its hash, is asked for.

    The documents hold everybody's names, so it is the arrivals that are asked.
    """
    terms, typed = terms_of(query), _TYPED.findall(query)
    if not terms or not typed:
        return Q(pk__in=[])
    longest = max(typed, key=len)
    own = submissions_visible_to(user).filter(
        Q(original_name__icontains=longest)
        | Q(external_id__icontains=longest)
        | Exists(_values_with(longest))
    )
    images = first_keys(own, "image_id")
    if len(images) > few():
        return Q(Probe(own.filter(image=OuterRef(key))))
    names: dict[str, list[str]] = {}
    listed = own.filter(among(images, key="image"))
    columns = ("original_name", "external_id", "context")
    for image, name, external_id, context in listed.values_list(
        _as_text("image_id"), *columns
    ):
        values = (value for _, value in leaves_of(context))
        names.setdefault(image, []).extend((name, external_id, *values))
    found = [one for one, said in names.items() if are_met(terms, "\n".join(said))]
    return among([*found, *_hashed(longest.lower())], key=key)


def _values_with(text: str) -> QuerySet[ContextValue]:
    values = ContextValue.objects.filter(value__icontains=text)
    return values.filter(submission=OuterRef("pk"))


def _hashed(start: str) -> list[str]:
    """Return the images whose SHA-256 begins so."""
    if not _HASH.fullmatch(start):
        return []
    return first_keys(Image.objects.filter(sha256__range=(start, f"{start}g")), "id")


def _as_text(column: str) -> Cast:
    return Cast(column, models.TextField())


class _Probe(Func):
    """Whether a row's image matches, looked up row by row."""

    output_field = models.BooleanField()

    def __init__(self, key: str, text: str) -> None:
        where = _IN_POSTGRESQL if connection.vendor == "postgresql" else _IN_SQLITE
        before, after = where.split("%s")
        super().__init__(
            models.F(key),
            Value(text),
            template="EXISTS (SELECT 1 FROM forensics_searchdocument probed "  # noqa: S608 - ours
            f"WHERE probed.image_id = %(expressions)s{after} LIMIT 1 OFFSET 0)",
            arg_joiner=f" AND probed.{before}",
        )


def _written(terms: list[Term], fields: frozenset[Field]) -> str:
    write = as_tsquery if connection.vendor == "postgresql" else as_match
    return write(terms, fields)


def _first_matches(text: str) -> list[str] | None:
    """Return the images that match; None if they are many."""
    is_postgresql = connection.vendor == "postgresql"
    documents = SearchDocument.objects.extra(  # noqa: S610 - the text is a parameter
        where=[_IN_POSTGRESQL if is_postgresql else _IN_SQLITE], params=[text]
    )
    # How often one word occurs, PostgreSQL knows. That two never meet, it does not, and
    # would read the whole table for the first that do.
    if is_postgresql and (" & " in text or " <-> " in text):
        if _is_met_often(text):
            return None
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            found = first_keys(documents, "image_id")
            cursor.execute("SET LOCAL enable_seqscan = on")
    else:
        found = first_keys(documents, "image_id")
    return found if len(found) <= few() else None


def _is_met_often(text: str) -> bool:
    """Return whether some of the newest documents match; a look, no count."""
    newest = (
        "SELECT count(*) FROM (SELECT vector FROM forensics_searchdocument "
        "ORDER BY id DESC LIMIT %s) newest WHERE vector @@ %s::tsquery"
    )
    with connection.cursor() as cursor:
        cursor.execute(newest, (_LOOKED_AT, text))
        return bool(cursor.fetchone()[0] * _ONE_IN >= _LOOKED_AT)
