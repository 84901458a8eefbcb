"""Ending the sessions of people who are not there to sign out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User


def end_sessions_of(users: Collection[User]) -> None:
    """Sign people out everywhere.

    A session says whose it is inside only: all that run are read, once.
    """
    if not users:
        return
    keys = {str(user.pk) for user in users}
    running = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [
        session.session_key
        for session in running.iterator()
        if session.get_decoded().get(SESSION_KEY) in keys
    ]
    Session.objects.filter(session_key__in=theirs).delete()
