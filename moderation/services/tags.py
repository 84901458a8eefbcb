"""Tags on cases, on record and to be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext as _

from moderation.exceptions import InvalidDecisionError
from moderation.models import Case, CaseTag, Tag
from moderation.services.permissions import require
from moderation.services.search import refresh_remarks
from moderation.services.transitions import lock, on_record
from moderation.tag_names import MAX_TAG, tag_name

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from moderation.services.transitions import Log

MOST_TAGS = 20


def tag_case(*, case_id: UUID, actor: User, name: str) -> Case:
    """Put a tag on a case; nothing happens if it is there.

    Raises
    ------
    NotAllowedError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, "moderation.decide_case", _("tag cases"))
    tag = checked_name(name)
    with on_record() as log:
        case = lock(case_id)
        add_tag(case, actor=actor, name=tag, log=log)
    return case


def untag_case(*, case_id: UUID, actor: User, name: str) -> Case:
    """Take a tag off a case; nothing happens if it is not there."""
    require(actor, "moderation.decide_case", _("tag cases"))
    with on_record() as log:
        case = lock(case_id)
        remove_tag(case, actor=actor, name=tag_name(name) or "", log=log)
    return case


def checked_name(text: str) -> str:
    """Return a tag's name, or say what one is."""
    name = tag_name(text)
    if name is None:
        raise InvalidDecisionError(
            _(
                "A tag has up to %(limit)d letters, digits, blanks and . : + # / - and "
                "begins with a letter or digit."
            )
            % {"limit": MAX_TAG}
        )
    return name


def add_tag(case: Case, *, actor: User, name: str, log: Log) -> bool:
    """Tag a locked case; return whether it was not tagged so."""
    if case.case_tags.filter(tag__name=name).exists():
        return False
    if case.case_tags.count() >= MOST_TAGS:
        raise InvalidDecisionError(
            _("A case has at most %(limit)d tags. Take one off first.")
            % {"limit": MOST_TAGS}
        )
    tag, _made = Tag.objects.get_or_create(
        name=name, organization_id=cast("int", case.organization_id)
    )
    CaseTag.objects.create(case=case, tag=tag, added_by_name=str(actor))
    refresh_remarks(image_id=case.image_id)
    log.add("case_tagged", actor=actor, case=case, tag=name)
    return True


def remove_tag(case: Case, *, actor: User, name: str, log: Log) -> bool:
    """Take a tag off a locked case; return whether it was there."""
    removed, _rows = case.case_tags.filter(tag__name=name).delete()
    if not removed:
        return False
    refresh_remarks(image_id=case.image_id)
    log.add("case_untagged", actor=actor, case=case, tag=name)
    return True
