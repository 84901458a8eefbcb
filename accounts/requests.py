"""The type of a request that passed the sign-in check, and what its sender reads."""

from django.http import HttpRequest

from accounts.models import User

HTML, JSON = "text/html", "application/json"


class AuthenticatedRequest(HttpRequest):
    """A request behind ``login_required``: its user is somebody."""

    user: User


def wants_json(request: HttpRequest) -> bool:
    """Return whether the sender prefers JSON to a page."""
    return request.get_preferred_type([HTML, JSON]) == JSON
