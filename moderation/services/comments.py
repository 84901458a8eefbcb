"""Comments on cases, and telling those whom they mention."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import flow_selectors
from moderation.exceptions import InvalidDecisionError
from moderation.models import (
    MAX_COMMENT,
    Case,
    Comment,
    Notification,
    NotificationKind,
)
from moderation.services.permissions import require
from moderation.services.search import refresh_remarks
from moderation.services.transitions import on_record

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

# A user name after an @ that does not itself stand inside a word, such as an address.
MENTION = re.compile(r"(?<![\w.+@-])@([\w.+-]{1,150})")
MAX_MENTIONS = 20


@dataclass(frozen=True, slots=True)
class Commented:
    """A stored comment, whom it told, and which names mean nobody who sees cases."""

    comment: Comment
    told: list[str]
    unknown: list[str]


def comment_on_case(*, case_id: UUID, actor: User, text: str) -> Commented:
    """Say something about a case to the others; those it mentions are told.

    A name of nobody, or of somebody who may not see cases, is told back to the writer.
    The comment stands all the same.
    """
    require(actor, flow_selectors.DECIDE, _("comment on cases"))
    words = text.replace("\0", "").strip()
    if not words:
        raise InvalidDecisionError(_("Write something first."))
    if len(words) > MAX_COMMENT:
        raise InvalidDecisionError(
            _("A comment has at most %(limit)d characters.") % {"limit": MAX_COMMENT}
        )
    people, unknown = _mentioned(words, actor.organization_id)
    with on_record() as log:
        case = Case.objects.get(pk=case_id)
        comment = Comment.objects.create(
            case=case, author=actor, author_name=str(actor), text=words
        )
        refresh_remarks(image_id=case.image_id)
        told = [person for person in people if person.pk != actor.pk]
        Notification.objects.bulk_create(
            Notification(
                person=person,
                kind=NotificationKind.MENTIONED,
                case=case,
                comment=comment,
                from_name=str(actor),
            )
            for person in told
        )
        names = [person.username for person in told]
        log.add(
            "case_commented",
            actor=actor,
            case=case,
            comment=str(comment.pk),
            mentioned=names,
        )
    return Commented(comment, names, unknown)


def mark_read(*, actor: User, notification_id: UUID | None = None) -> int:
    """Mark one notification of this person as read, or all; return how many."""
    unread = Notification.objects.filter(person=actor, read_at=None)
    if notification_id is not None:
        unread = unread.filter(pk=notification_id)
    return unread.update(read_at=timezone.now())


def _mentioned(text: str, organization_id: int | None) -> tuple[list[User], list[str]]:
    """Return the people whom a text names, and the names that mean nobody."""
    written = list(dict.fromkeys(MENTION.findall(text)))[:MAX_MENTIONS]
    # A full stop may end the sentence or belong to the name.
    candidates = {name: (name, name.rstrip(".+-")) for name in written}
    wanted = {one for pair in candidates.values() for one in pair if one}
    found = (
        {
            person.username: person
            for person in flow_selectors.people_who_see_cases(
                wanted, organization_id=organization_id
            )
        }
        if wanted
        else {}
    )
    people: dict[str, User] = {}
    unknown = []
    for name, pair in candidates.items():
        known = next((found[one] for one in pair if one in found), None)
        if known is None:
            unknown.append(pair[1] or name)
        else:
            people[known.username] = known
    return list(people.values()), unknown
