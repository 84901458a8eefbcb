"""Integrity of the file and trust of its signer: two answers, never one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.provenance.statuses import (
    CONTENT_MATCH,
    SIGNATURE_MATCH,
    TRUSTED,
    Touches,
    is_open,
    sentence,
    touches,
)
from forensics.analysis.provenance.values import as_list, as_map, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_PROBLEMS: Final = 20
_UNPROVEN: Final = frozenset(("claimSignature.mismatch", "claimSignature.missing"))


class Integrity(StrEnum):
    """Whether the file is what was signed."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    NONE = "none"


class Trust(StrEnum):
    """Whether the signer is on the trust list."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure by its code, in words."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the validator's results come to.

    Attributes
    ----------
    is_content_changed : bool
        Whether the content, and not only the credential, differs from what was signed.
    is_record_broken : bool
        Whether the credential itself was altered or does not keep its form.
    """

    integrity: Integrity
    trust: Trust
    problems: tuple[Problem, ...] = ()
    is_content_changed: bool = False
    is_record_broken: bool = False
    is_time_trusted: bool = False


def judge(store: Mapping[str, Any], *, has_trust_list: bool) -> Judgment:
    """Read integrity and trust off the validator's results.

    Both start as unknown. *Valid* takes a valid signature, a matching content and no
    failure; *trusted* takes an anchor that the validator names, and a signature that
    proves that the signer is who the certificate names.
    """
    results = as_map(store.get("validation_results"))
    active = as_map(results.get("activeManifest"))
    good, bad = _codes(active, "success"), _codes(active, "failure")
    bad += [code for code in _ingredient_failures(results) if code not in bad]
    kinds = {touches(code) for code in bad}
    return Judgment(
        integrity=_integrity(store, good, bad),
        trust=_trust(good, bad, has_trust_list=has_trust_list),
        problems=_problems(bad, has_trust_list=has_trust_list),
        is_content_changed=Touches.CONTENT in kinds,
        is_record_broken=Touches.RECORD in kinds,
        is_time_trusted="timeStamp.trusted" in good,
    )


def failures(results: object) -> list[str]:
    """Return the failures of one manifest's results, whatever shape they have."""
    return _codes(as_map(as_map(results).get("activeManifest")), "failure")


def _integrity(store: Mapping[str, Any], good: list[str], bad: list[str]) -> Integrity:
    kinds = {touches(code) for code in bad}
    if kinds & {Touches.CONTENT, Touches.RECORD}:
        return Integrity.INVALID
    is_proven = SIGNATURE_MATCH in good and not CONTENT_MATCH.isdisjoint(good)
    # An expired or unfit certificate makes the library's own state invalid as well;
    # whose signature it is, is the other question.
    is_unexplained = store.get("validation_state") == "Invalid" and not bad
    is_doubted = is_unexplained or any(map(is_open, bad))
    if is_doubted or not is_proven:
        return Integrity.UNKNOWN
    return Integrity.VALID


def _trust(good: list[str], bad: list[str], *, has_trust_list: bool) -> Trust:
    if not has_trust_list or not _UNPROVEN.isdisjoint(bad):
        return Trust.UNKNOWN
    if any(touches(code) is Touches.SIGNER for code in bad):
        return Trust.UNTRUSTED
    is_signed = SIGNATURE_MATCH in good
    return Trust.TRUSTED if TRUSTED in good and is_signed else Trust.UNKNOWN


def _problems(bad: list[str], *, has_trust_list: bool) -> tuple[Problem, ...]:
    # Without a list nobody is on it: that is no fault of the signer's.
    said = [
        code
        for code in dict.fromkeys(bad)
        if has_trust_list or code != "signingCredential.untrusted"
    ]
    return tuple(Problem(code, sentence(code)) for code in said[:_MAX_PROBLEMS])


def _ingredient_failures(results: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for delta in as_list(results.get("ingredientDeltas"))[:200]:
        codes = _codes(as_map(as_map(delta).get("validationDeltas")), "failure")
        found += [c for c in codes if c.startswith("ingredient.")]
    return found


def _codes(results: Mapping[str, Any], kind: str) -> list[str]:
    found = (as_map(status).get("code") for status in as_list(results.get(kind))[:500])
    return [text_of(code, 100) for code in found if isinstance(code, str)]
