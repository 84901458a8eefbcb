"""Ending everything that somebody is signed in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

if TYPE_CHECKING:
    from accounts.models import User


def end_sessions_of(user: User) -> int:
    """Sign somebody out everywhere; return of how many sessions.

    A session says whose it is inside only, so that all that run are read: for an act
    that is rare, and never in a request of many.
    """
    running = Session.objects.filter(expire_date__gt=timezone.now())
    theirs = [
        session.session_key
        for session in running.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    Session.objects.filter(session_key__in=theirs).delete()
    return len(theirs)
