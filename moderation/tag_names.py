"""What a tag may be called. Pure."""

from __future__ import annotations

import re
import unicodedata

MAX_TAG = 40
_NAME = re.compile(r"[^\W_][\w .:+#/-]*")


def tag_name(text: str) -> str | None:
    """Return a tag as it is kept (small letters, single blanks), or None if it is none.

    A tag begins with a letter or digit, so that no cell of a table can be a formula.
    """
    folded = unicodedata.normalize("NFC", text.replace("\0", " ")).lower()
    name = " ".join(folded.split())
    if len(name) > MAX_TAG or not _NAME.fullmatch(name):
        return None
    return name
