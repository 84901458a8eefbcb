"""Full-text search over images: the one way to ask, whatever the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.expressions import Func, RawSQL

from forensics.search_words import Field, as_match, as_tsquery, terms_of, words_of
from forensics.selectors import submissions_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User

EVERYWHERE = frozenset(Field)
# What matches more often than this is met soon enough by reading a list in its order.
COMMON = 1_000
_HITS = "SELECT rowid FROM forensics_searchindex WHERE forensics_searchindex MATCH "
_LIST_POSTGRESQL = (
    "SELECT image_id FROM forensics_searchdocument WHERE vector @@ %s::tsquery"
)
_LIST_SQLITE = f"SELECT image_id FROM forensics_searchdocument WHERE id IN ({_HITS}%s)"  # noqa: S608 - ours


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
    if connection.vendor == "postgresql":
        # Its statistics tell it whether to list the matches or to probe row by row.
        asked = RawSQL(_LIST_POSTGRESQL, (as_tsquery(terms, chosen),))  # noqa: S611
        return Q(**{f"{key}__in": asked})
    text = as_match(terms, chosen)
    if _is_common(text):
        return Q(_Probe(key, text))
    return Q(**{f"{key}__in": RawSQL(_LIST_SQLITE, (text,))})  # noqa: S611 - ours


def search_visible_images(query: str, *, user: User, key: str = "pk") -> Q:
    """Return the condition for what this person may search.

    Who sees every arrival searches all names, and who sees cases what was written.
    Anybody else searches tags, and of the names those they sent images under.
    """
    if user.has_perm("forensics.view_submission"):
        is_reader = user.has_perm("moderation.view_case")
        return search_images(
            query,
            key=key,
            fields=EVERYWHERE if is_reader else EVERYWHERE - {Field.REMARKS},
        )
    own = submissions_visible_to(user).filter(
        image=OuterRef(key), original_name__icontains=query.replace("\0", "").strip()
    )
    found = search_images(query, key=key, fields={Field.METADATA}) | Q(Exists(own))
    words = words_of(query)
    if key == "pk" and len(words) == 1:
        found |= Q(sha256__startswith=words[0])
    return found


class _Probe(Func):
    """Whether a row's image is among SQLite's matches, which are found once."""

    template = (
        "EXISTS (SELECT 1 FROM forensics_searchdocument probed "
        "WHERE probed.image_id = %(expressions)s))"
    )
    arg_joiner = f" AND probed.id IN ({_HITS}"
    output_field = models.BooleanField()

    def __init__(self, key: str, text: str) -> None:
        super().__init__(models.F(key), Value(text))


def _is_common(text: str) -> bool:
    """Return whether more match than are worth listing; read no further than that."""
    with connection.cursor() as cursor:
        limited = f"SELECT count(*) FROM ({_HITS}%s LIMIT %s)"  # noqa: S608 - ours
        cursor.execute(limited, (text, COMMON + 1))
        return bool(cursor.fetchone()[0] > COMMON)
