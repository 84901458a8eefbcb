"""Saved views of lists: one's own, some shared with everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from moderation.exceptions import InvalidDecisionError, NotAllowedError
from moderation.models import SavedView
from moderation.models.lists import MAX_VIEW_QUERY
from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from accounts.models import User

MOST_VIEWS = 30
MAX_NAME = 60
SHARE = "moderation.share_view"


def save_view(*, actor: User, name: str, list_name: str, query: str) -> SavedView:
    """Keep filters under a name; a name that one has already gets the new filters.

    Raises
    ------
    InvalidDecisionError
        The name is none, or there are too many.
    """
    _require_list(actor, list_name)
    if not query:
        raise InvalidDecisionError(_("Apply filters or an order first."))
    if len(query) > MAX_VIEW_QUERY:
        raise InvalidDecisionError(_("These filters are too long to be kept."))
    words = _name(name)
    with transaction.atomic():
        own = SavedView.objects.select_for_update().filter(owner=actor, list=list_name)
        views = list(own)
        view = next((one for one in views if one.name == words), None)
        if view is None and len(views) >= MOST_VIEWS:
            raise InvalidDecisionError(
                _("You have %(limit)d views of this list. Delete one first.")
                % {"limit": MOST_VIEWS}
            )
        view = view or SavedView(owner=actor, list=list_name, name=words)
        view.query = query
        _save(view)
        if view.is_shared:
            _record("view_shared", actor, view)
    return view


def change_view(
    *, view_id: int, actor: User, name: str, is_shared: bool, is_default: bool
) -> SavedView:
    """Rename one's view, share it or not, and open the list with it or not."""
    with transaction.atomic():
        view = _own(view_id, actor)
        if is_shared and not view.is_shared:
            require(actor, SHARE, _("share views"))
        was_shared = view.is_shared
        if is_default:
            others = SavedView.objects.filter(owner=actor, list=view.list)
            others.exclude(pk=view.pk).update(is_default=False)
        view.name, view.is_shared, view.is_default = _name(name), is_shared, is_default
        _save(view)
        if is_shared or was_shared:
            _record("view_shared" if is_shared else "view_unshared", actor, view)
    return view


def delete_view(*, view_id: int, actor: User) -> SavedView:
    """Delete one's view; who may share views deletes anybody's shared one."""
    with transaction.atomic():
        view = (
            SavedView.objects.select_for_update(of=("self",))
            .filter(pk=view_id, owner__organization=actor.organization_id)
            .first()
        )
        is_own = view is not None and view.owner_id == actor.pk
        if view is None or not (is_own or (view.is_shared and actor.has_perm(SHARE))):
            raise NotAllowedError(_("This view is not yours, or is gone."))
        view.delete()
        if view.is_shared:
            _record("view_unshared", actor, view)
    return view


def _own(view_id: int, actor: User) -> SavedView:
    view = SavedView.objects.select_for_update().filter(pk=view_id, owner=actor).first()
    if view is None:
        raise NotAllowedError(_("This view is not yours, or is gone."))
    return view


def _require_list(actor: User, list_name: str) -> None:
    permissions = {
        "cases": "moderation.view_case",
        "decisions": "moderation.view_decision",
    }
    if list_name in permissions:
        require(actor, permissions[list_name], _("see this list"))


def _name(text: str) -> str:
    name = " ".join(text.replace("\0", " ").split())
    if not name or len(name) > MAX_NAME:
        raise InvalidDecisionError(
            _("Give the view a name of up to %(limit)d characters.")
            % {"limit": MAX_NAME}
        )
    return name


def _save(view: SavedView) -> None:
    try:
        view.full_clean()
        with transaction.atomic():
            view.save()
    except (ValidationError, IntegrityError) as error:
        raise InvalidDecisionError(
            _("You have another view of this name. Choose another name.")
        ) from error


def _record(action: str, actor: User, view: SavedView) -> None:
    record(action, actor=actor, view=view.name, list=view.list, query=view.query)
