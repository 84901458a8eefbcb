"""Pages about cases: the queue, the case, what may be done with it."""

from moderation.views.queue import home

__all__ = ["home"]
