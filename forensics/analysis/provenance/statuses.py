"""The validator's status codes (C2PA 2.2, 15.2) in words, and what each touches."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Touches(StrEnum):
    """What a failure speaks against."""

    CONTENT = "content"
    RECORD = "record"
    SIGNER = "signer"
    NOTHING = "nothing"


# The content is not what was signed: pixels, or bytes beside them.
CONTENT_MISMATCH: Final = frozenset(
    (
        "assertion.dataHash.mismatch",
        "assertion.bmffHash.mismatch",
        "assertion.boxesHash.mismatch",
        "assertion.collectionHash.mismatch",
        "assertion.multiAssetHash.mismatch",
        "assertion.hardBinding.mismatch",
    )
)
CONTENT_MATCH: Final = frozenset(
    code.replace("mismatch", "match") for code in CONTENT_MISMATCH
)
SIGNATURE_MATCH: Final = "claimSignature.validated"
TRUSTED: Final = "signingCredential.trusted"
# Failures that leave open whether anything was altered.
_OPEN: Final = frozenset(
    (
        "algorithm.unsupported",
        "assertion.inaccessible",
        "assertion.cloud-data.hardBinding",
        "hashedURI.missing",
        "ingredient.claimSignature.missing",
        "ingredient.manifest.missing",
        "ingredient.unknownProvenance",
        "manifest.inaccessible",
    )
)

_SENTENCES: Mapping[str, str] = {
    "assertion.dataHash.mismatch": "The file was changed after it was signed: its "
    "content is not what the credential was made for.",
    "assertion.bmffHash.mismatch": "The file was changed after it was signed: its "
    "content is not what the credential was made for.",
    "assertion.boxesHash.mismatch": "The file was changed after it was signed: parts "
    "of it are not what the credential was made for.",
    "assertion.collectionHash.mismatch": "A file of the signed collection was changed.",
    "assertion.hashedURI.mismatch": "A statement in the credential was changed after "
    "it was signed.",
    "assertion.missing": "A statement that was signed is missing from the credential.",
    "assertion.multipleHardBindings": "The credential ties itself to its file more "
    "than once, which is not allowed.",
    "assertion.undeclared": "The credential holds a statement that was not signed.",
    "assertion.inaccessible": "A statement is kept elsewhere and was not fetched.",
    "assertion.notRedacted": "A statement that should have been removed is there.",
    "assertion.selfRedacted": "The credential removes a statement of its own, which "
    "is not allowed.",
    "assertion.json.invalid": "A statement in the credential cannot be read.",
    "assertion.cbor.invalid": "A statement in the credential cannot be read.",
    "assertion.action.malformed": "The list of what was done does not keep its form.",
    "assertion.action.ingredientMismatch": "The list of what was done names a picture "
    "that the credential does not hold.",
    "assertion.action.redacted": "The list of what was done was removed, which is not "
    "allowed.",
    "assertion.ingredient.malformed": "What the credential says of a picture that "
    "went into this one does not keep its form.",
    "assertion.cloud-data.hardBinding": "What ties the credential to its file is kept "
    "elsewhere and was not fetched.",
    "algorithm.unsupported": "It was signed in a way that is not supported here.",
    "claim.missing": "The credential's main statement is missing.",
    "claim.multiple": "The credential has several main statements instead of one.",
    "claim.malformed": "The credential's main statement does not keep its form.",
    "claim.cbor.invalid": "The credential's main statement cannot be read.",
    "claim.hardBindings.missing": "Nothing ties the credential to this file: it may "
    "belong to another.",
    "claimSignature.missing": "The credential is not signed.",
    "claimSignature.mismatch": "The credential was changed after it was signed, or was "
    "not signed by whom it names.",
    "claimSignature.outsideValidity": "It was signed at a time when the signer's "
    "certificate was not valid.",
    "hashedURI.missing": "A part that the credential points to is missing.",
    "hashedURI.mismatch": "A part that the credential points to was changed.",
    "ingredient.manifest.missing": "The credential of a picture that went into this "
    "one is missing.",
    "ingredient.manifest.mismatch": "The credential of a picture that went into this "
    "one was changed.",
    "ingredient.claimSignature.missing": "The credential of a picture that went into "
    "this one is not signed.",
    "ingredient.claimSignature.mismatch": "The signature of a picture that went into "
    "this one was changed.",
    "ingredient.unknownProvenance": "Where a picture that went into this one comes "
    "from is not known.",
    "manifest.inaccessible": "The credential is kept elsewhere and was not fetched.",
    "manifest.multipleParents": "The credential names several originals: only one is "
    "allowed.",
    "manifest.update.invalid": "A later note in the credential alters too much.",
    "manifest.update.wrongParents": "A later note in the credential names the wrong "
    "original.",
    "manifest.timestamp.invalid": "A later time stamp does not keep its form.",
    "signingCredential.untrusted": "The signer is not on the trust list: anybody can "
    "make such a signature under any name.",
    "signingCredential.expired": "The signer's certificate had expired.",
    "signingCredential.invalid": "The signer's certificate is not fit for signing "
    "pictures.",
    "signingCredential.revoked": "The signer's certificate was withdrawn.",
    "signingCredential.ocsp.revoked": "The signer's certificate was withdrawn.",
    "signingCredential.ocsp.unknown": "The certificate's issuer does not know it.",
    "timeStamp.malformed": "The time stamp cannot be read.",
    "timeStamp.mismatch": "The time stamp belongs to something else.",
    "timeStamp.untrusted": "Who stamped the time is not on the trust list.",
    "timeStamp.outsideValidity": "The time was stamped when the stamp's certificate "
    "was not valid.",
    "timeStamp.credentialInvalid": "The time stamp's certificate is not fit for that.",
}


def sentence(code: str) -> str:
    """Say a failure in words; codes without words of their own are named."""
    known = _SENTENCES.get(code)
    if known is not None:
        return known
    shown = code if code.replace(".", "").replace("-", "").isalnum() else "unnamed"
    return f"The validator objects ({shown[:80]})."


def touches(code: str) -> Touches:
    """Tell what a failure speaks against."""
    if code in CONTENT_MISMATCH:
        return Touches.CONTENT
    if (
        code.startswith("signingCredential.")
        or code == "claimSignature.outsideValidity"
    ):
        return Touches.SIGNER
    if code in _OPEN or code.startswith("timeStamp."):
        return Touches.NOTHING
    return Touches.RECORD


def is_open(code: str) -> bool:
    """Tell whether a failure leaves open if anything was altered."""
    return code in _OPEN
