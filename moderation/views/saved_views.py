"""Saved views: keep, change, delete. Each returns to the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from moderation.exceptions import ModerationError
from moderation.services.saved_views import change_view, delete_view, save_view
from moderation.views_of_lists import LISTS, address_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import AuthenticatedRequest


@login_required
@require_POST
def save(request: AuthenticatedRequest, list_name: str) -> HttpResponse:
    """Keep the filters of a list under a name."""
    if list_name not in LISTS:
        raise Http404(_("There is no such list."))
    form_class, _address = LISTS[list_name]
    asked = QueryDict(request.POST.get("query", "")[:2000])
    query = form_class(asked, user=request.user).query
    try:
        view = save_view(
            actor=request.user,
            name=request.POST.get("name", ""),
            list_name=list_name,
            query=query,
        )
    except ModerationError as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("The view “%(name)s” is kept.") % {"name": view})
    return redirect(address_of(list_name, query))


@login_required
@require_POST
def change(request: AuthenticatedRequest, view_id: int) -> HttpResponse:
    """Rename a view, share it, open the list with it; or delete it."""
    try:
        if "delete" in request.POST:
            view = delete_view(view_id=view_id, actor=request.user)
            messages.success(
                request, _("The view “%(name)s” is deleted.") % {"name": view}
            )
        else:
            view = change_view(
                view_id=view_id,
                actor=request.user,
                name=request.POST.get("name", ""),
                is_shared="is_shared" in request.POST,
                is_default="is_default" in request.POST,
            )
            messages.success(
                request, _("The view “%(name)s” is changed.") % {"name": view}
            )
    except ModerationError as error:
        messages.error(request, error.detail)
        return redirect("home")
    return redirect(address_of(view.list, view.query))
