"""Where a file keeps its C2PA manifest, found without parsing any of it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forensics.analysis.image import ImageEvidence

# The description box of every manifest store begins so (C2PA 2.2, 11.1.4): the type
# ``jumd`` and the store's UUID. It stands in one piece even where JPEG cuts the rest
# into segments, so that one search finds it in each format.
_STORE: Final = b"jumd" + bytes.fromhex("63327061001100108000 00aa00389b71")
_MAX_XMP: Final = 1024 * 1024
_MAX_ADDRESS: Final = 2000
_REMOTE = re.compile(
    rb"""dcterms:provenance(?:\s{0,20}=\s{0,20}["']|>\s{0,20})(https?://[^"'<>\s]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Located:
    """A manifest in the file, or the address of one elsewhere.

    Attributes
    ----------
    size : int
        Bytes of the embedded manifest as the file claims or holds them, whichever is
        more; 0 where it is kept elsewhere.
    address : str
        Where the XMP says the manifest is kept. Never asked.
    """

    size: int = 0
    address: str = ""


def locate(evidence: ImageEvidence) -> Located | None:
    """Find a manifest or the address of one; None where the file names neither."""
    data, blocks = evidence.data, evidence.blocks
    position = data.find(_STORE)
    address = _address(blocks.xmp)
    if position >= 0:
        # The enclosing box's size stands before its type and the inner box's size.
        claimed = int.from_bytes(data[max(0, position - 12) : max(0, position - 8)])
        # No more than the file holds: a decoy in front of the manifest may claim all.
        held = min(claimed, len(data) - max(0, position - 12))
        return Located(max(1, held, len(blocks.c2pa)), address)
    return Located(address=address) if address else None


def _address(packets: Iterable[bytes]) -> str:
    for packet in packets:
        found = _REMOTE.search(packet[:_MAX_XMP])
        if found is not None:
            raw = found.group(1)[:_MAX_ADDRESS]
            return html.unescape(raw.decode("utf-8", errors="replace"))
    return ""
