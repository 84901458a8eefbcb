"""What pages and the API show of a picture's Content Credentials.

Names and titles come from strangers: they are only ever escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.analysis.types import FindingStatus
from forensics.language import retold
from forensics.wording import INTEGRITY, RELATIONSHIPS, TRUST, Words

if TYPE_CHECKING:
    from forensics.models import Finding

ANALYZER: Final = "provenance"
_NO_LIST: Final = _(
    "No trust list is installed, so whether to believe a signer is not known."
)


@dataclass(frozen=True, slots=True)
class ProvenanceNode:
    """One picture of the tree: what was done to it, and what went into it."""

    title: str
    role: str
    facts: Sequence[tuple[str, str]]
    actions: Sequence[str]
    problems: Sequence[str]
    parts: Sequence[ProvenanceNode]


@dataclass(frozen=True, slots=True)
class ProvenanceCard:
    """Integrity and trust as two badges, the signer, the tree and the limits."""

    integrity: Words
    trust: Words
    codes: tuple[str, str]
    summary: str
    facts: Sequence[tuple[str, str]]
    problems: Sequence[str]
    tree: ProvenanceNode | None
    omitted: int
    limits: str
    trust_list: str


def finding_of(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding about credentials; None where that check did not exist yet."""
    return next((f for f in findings if f.analyzer == ANALYZER), None)


def in_short(finding: Finding) -> dict[str, Any]:
    """Return integrity and trust, never merged, and who signed, for the API."""
    integrity, trust = _answers(finding)
    signer = _map(finding.data.get("signer"))
    trust_list = _map(finding.data.get("trust_list"))
    return {
        "integrity": integrity,
        "trust": trust,
        "signer": _text(signer.get("name")) or None,
        "organization": _text(signer.get("organization")) or None,
        "issuer": _text(signer.get("issuer")) or None,
        "signed_at": _text(signer.get("signed_at")) or None,
        "signed_at_is_trusted": signer.get("is_time_trusted"),
        "origin": _text(finding.data.get("origin")) or None,
        "trust_list_date": _text(trust_list.get("date")) or None,
    }


def provenance_card(finding: Finding) -> ProvenanceCard | None:
    """Prepare the card; None where the file has no credential to show."""
    if finding.status == FindingStatus.NOT_APPLICABLE:
        return None
    integrity, trust = _answers(finding)
    tree = _map(finding.data.get("tree"))
    return ProvenanceCard(
        integrity=INTEGRITY[integrity],
        trust=TRUST[trust],
        codes=(integrity, trust),
        summary=retold(finding.summary),
        facts=_signer(_map(finding.data.get("signer"))),
        problems=[
            retold(_text(_map(p).get("text"))) for p in _list(finding.data, "problems")
        ],
        tree=_node(tree) if tree else None,
        omitted=int(finding.data.get("omitted") or 0),
        limits=retold(_text(finding.data.get("limits"))),
        trust_list=_trust_list(finding.data.get("trust_list")),
    )


def _answers(finding: Finding) -> tuple[str, str]:
    if finding.status == FindingStatus.NOT_APPLICABLE:
        return "none", "unknown"
    integrity = _text(finding.data.get("integrity"))
    trust = _text(finding.data.get("trust"))
    return (
        integrity if integrity in INTEGRITY else "unknown",
        trust if trust in TRUST else "unknown",
    )


def _signer(signer: Mapping[str, Any]) -> list[tuple[str, str]]:
    when = _text(signer.get("signed_at"))
    if signer and not when:
        when = gettext("not stamped by an authority, so not known")
    elif when and not signer.get("is_time_trusted"):
        when = gettext(
            "{time} (stamped by an authority that is not on the trust list)"
        ).format(time=when)
    rows = (
        (gettext("Signer"), _text(signer.get("name"))),
        (gettext("Organization"), _text(signer.get("organization"))),
        (gettext("Certificate issued by"), _text(signer.get("issuer"))),
        (gettext("Signed at"), when),
    )
    return [(label, value) for label, value in rows if value]


def _trust_list(used: object) -> str:
    known = _map(used)
    if not known:
        return str(_NO_LIST)
    name = _text(known.get("name")) or gettext("A list without a name")
    date = _text(known.get("date"))
    if date:
        return gettext("{name}, as of {date}.").format(name=name, date=date)
    return gettext("{name}, without a date.").format(name=name)


def _node(node: Mapping[str, Any], depth: int = 0) -> ProvenanceNode:
    relationship = _text(node.get("relationship"))
    facts = (
        (gettext("Made with"), _text(node.get("generator"))),
        (gettext("Signed by"), _text(node.get("signer"))),
        (gettext("Signed at"), _text(node.get("signed_at"))),
        (gettext("Format"), _text(node.get("format"))),
        (
            gettext("Asked of others"),
            ", ".join(retold(_text(asked)) for asked in _list(node, "training")),
        ),
    )
    inner = _list(node, "ingredients") if depth < 10 else []
    return ProvenanceNode(
        title=_text(node.get("title")) or gettext("(no title)"),
        role=(
            str(RELATIONSHIPS.get(relationship, relationship))
            if depth
            else gettext("This file")
        ),
        facts=[(label, value) for label, value in facts if value],
        actions=[_action(_map(action)) for action in _list(node, "actions")],
        problems=[
            *(retold(_text(problem)) for problem in _list(node, "problems")),
            *_remarks(node, depth),
        ],
        parts=[_node(_map(part), depth + 1) for part in inner],
    )


def _remarks(node: Mapping[str, Any], depth: int) -> list[str]:
    if node.get("is_repeated"):
        return [gettext("It is shown further up already.")]
    if depth and node.get("has_credential") is False:
        return [gettext("It has no credential of its own.")]
    return []


def _action(action: Mapping[str, Any]) -> str:
    parts = [retold(_text(action.get("words")))]
    if software := _text(action.get("software")):
        parts.append(gettext("with {software}").format(software=software))
    if when := _text(action.get("when")):
        parts.append(gettext("on {date}").format(date=when))
    said = [
        retold(_text(action.get("source_words"))),
        _text(action.get("description")),
    ]
    return ": ".join([" ".join(parts), *(text for text in said if text)])


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    found = values.get(key)
    return found if isinstance(found, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
