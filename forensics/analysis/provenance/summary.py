"""The finding in plain words, with what it cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from forensics.analysis.provenance.declarations import Origin
from forensics.analysis.provenance.judgment import Integrity, Trust
from forensics.analysis.provenance.tree import generator_of
from forensics.analysis.provenance.values import as_map, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.provenance.judgment import Judgment
    from forensics.analysis.provenance.signer import Signer
    from forensics.analysis.provenance.trust import TrustList

ABSENT: Final = (
    "The file carries no Content Credentials (C2PA). Most pictures do not, and "
    "messengers and web sites remove them: their absence speaks neither way."
)
MISPLACED: Final = (
    "The file holds bytes of Content Credentials (C2PA), but not where its format "
    "keeps them, as after copying parts of another file. No reader takes them for the "
    "picture's own, so they say nothing about it."
)
NO_FORMAT: Final = "Content Credentials (C2PA) are not defined for this file format."
LIMITS: Final = (
    "A credential tells who signed what, not whether that is true. A valid signature "
    "says that the file was not changed since; a trusted signer is one whose "
    "certificate the trust list vouches for. Whether a certificate was withdrawn "
    "later is not asked, since nothing is fetched from the network."
)
_INTEGRITY: Final = {
    Integrity.VALID: "The file is as it was when it was signed.",
    Integrity.UNKNOWN: "Whether the file was changed since it was signed is not known.",
}
_ORIGIN: Final = {
    Origin.GENERATED: "declares that a generative model made the picture",
    Origin.PARTLY_GENERATED: "declares parts made by a generative model",
    Origin.CAPTURED: "declares an unedited photograph",
}


def elsewhere(address: str) -> str:
    """Say that the credential is not in the file."""
    host = text_of(urlsplit(address).hostname or "", 80) or "another place"
    return (
        f"The file's Content Credentials (C2PA) are not in it but at {host}. They were "
        "not fetched: this installation asks nothing of the network while it analyzes. "
        "What they say, and whether the file is still what was signed, is not known."
    )


def too_large(size: int, most: int) -> str:
    """Say that the credential was not read for its size."""
    return (
        f"The file's Content Credentials (C2PA) take {size:,} bytes; more than "
        f"{most:,} are not read. What they say is not known."
    )


def unreadable(codes: tuple[str, ...]) -> str:
    """Say that the credential is damaged."""
    text = (
        "The file carries Content Credentials (C2PA) that cannot be read: they are "
        "damaged or of an unknown kind. Who signed what is not known; damage happens "
        "by accident too."
    )
    if codes:
        text += " They seem to declare a generative model, which could not be checked."
    return text


def read_summary(
    judgment: Judgment,
    signer: Signer | None,
    origin: Origin,
    trust: TrustList | None,
    store: Mapping[str, Any],
) -> str:
    """Say integrity, signer, trust and declared origin, each for itself."""
    parts = [_integrity(judgment), _signer(judgment, signer, trust)]
    said = _ORIGIN.get(origin)
    if said is not None:
        doubt = "" if judgment.integrity is Integrity.VALID else ", which is unproven"
        parts.append(f"The credential {said}{doubt}.")
    maker = generator_of(_active(store))
    if maker:
        parts.append(f"Made with {maker}.")
    return " ".join(parts)


def _active(store: Mapping[str, Any]) -> Mapping[str, Any]:
    label = store.get("active_manifest")
    return as_map(as_map(store.get("manifests")).get(str(label)))


def _integrity(judgment: Judgment) -> str:
    known = _INTEGRITY.get(judgment.integrity)
    if known is not None:
        return known
    graves = [p.text for p in judgment.problems if not p.code.startswith("signing")]
    return graves[0] if graves else "The credential is broken."


def _signer(judgment: Judgment, signer: Signer | None, trust: TrustList | None) -> str:
    name = signer.shown if signer else "nobody that could be read"
    when = _when(signer)
    if trust is None:
        return (
            f"It names {name} as signer{when}. No trust list is installed, so whether "
            "to believe that name is not known."
        )
    if judgment.trust is Trust.TRUSTED:
        return f"Signed by {name}{when}, who is vouched for by the trust list."
    if judgment.trust is Trust.UNTRUSTED:
        return (
            f"It names {name} as signer{when}, for whom the trust list does not "
            "vouch: anybody can sign under any name."
        )
    return f"It names {name} as signer{when}, which could not be proven."


def _when(signer: Signer | None) -> str:
    if signer is None or not signer.signed_at:
        return ""
    doubt = "" if signer.is_time_trusted else ", by a clock nobody vouches for"
    return f" ({signer.signed_at}{doubt})"
