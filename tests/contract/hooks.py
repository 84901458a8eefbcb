"""What Schemathesis cannot know: each request under a fresh Idempotency-Key.

It sends the same key with different bodies, which is refused, as it should be; the
bodies would then never be looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import schemathesis

if TYPE_CHECKING:
    from schemathesis import Case, HookContext

KEY, LONGEST = "Idempotency-Key", 255


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Replace a key that could be a client's; a wrong one stays as it is."""
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and key.isascii() and 0 < len(key) <= LONGEST:
        case.headers[KEY] = str(uuid4())
