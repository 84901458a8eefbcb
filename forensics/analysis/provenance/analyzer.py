"""The provenance signal: what a file's Content Credentials say and are worth."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.provenance.declarations import Origin, declared_origin
from forensics.analysis.provenance.judgment import Integrity, Judgment, Trust, judge
from forensics.analysis.provenance.locate import Located, locate
from forensics.analysis.provenance.reader import ManifestReader, reader_settings
from forensics.analysis.provenance.signer import signer_of
from forensics.analysis.provenance.summary import (
    ABSENT,
    LIMITS,
    MISPLACED,
    NO_FORMAT,
    elsewhere,
    read_summary,
    too_large,
    unreadable,
)
from forensics.analysis.provenance.tree import build_tree
from forensics.analysis.provenance.values import as_map, text_of
from forensics.analysis.provenance.vocabulary import COMPOSITE, TRAINED
from forensics.analysis.types import Finding, FindingStatus, Json, NotApplicableError

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.provenance.trust import TrustList

MAX_MANIFEST: Final = 16 * 1024 * 1024
_MEDIA: Final = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "HEIC": "image/heic",
}
_DECLARED = re.compile(
    rb"digitalsourcetype/(%s|%s)\b" % (TRAINED.encode(), COMPOSITE.encode())
)
_SCORES: Final = {
    "ai_generated": 0.98,
    "ai_composite": 0.93,
    "ai_declared_unverified": 0.85,
    "credential_mismatch": 0.75,
    "credential_broken": 0.6,
    "signed_capture": 0.1,
}


def _unread() -> ManifestReader:
    return ManifestReader(reader_settings(None))


@dataclass(frozen=True, slots=True)
class ProvenanceAnalyzer:
    """Validates C2PA manifests (Content Credentials) without a network.

    Integrity (is the file what was signed?) and trust (is the signer on the trust
    list?) are two answers. The score is that of the gravest code, None where the
    credential makes no claim that matters here.

    Parameters
    ----------
    trust : TrustList or None
        Anchors; without them no signer's trust is known.
    reader : ManifestReader
        The process that runs the native library.
    """

    trust: TrustList | None = None
    reader: ManifestReader = field(default_factory=_unread, repr=False, compare=False)
    name: str = "provenance"
    version: str = "1.0"

    @classmethod
    def with_trust(cls, trust: TrustList | None) -> ProvenanceAnalyzer:
        """Make the analyzer with a reader that knows this list."""
        return cls(trust=trust, reader=ManifestReader(reader_settings(trust)))

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Find the manifest, have it validated and say what it means."""
        located = locate(evidence)
        if located is None:
            raise NotApplicableError(ABSENT)
        media_type = _MEDIA.get(evidence.header.format)
        if media_type is None:
            raise NotApplicableError(NO_FORMAT)
        if not located.size:
            data: dict[str, Json] = {"remote_url": text_of(located.address, 300)}
            return self._unknown(
                elsewhere(located.address), ("credential_remote",), data
            )
        if located.size > MAX_MANIFEST:
            codes = _unchecked(evidence.data)
            return self._unknown(too_large(located.size, MAX_MANIFEST), codes, {})
        return self._read(evidence, located, media_type)

    def _read(
        self, evidence: ImageEvidence, located: Located, media_type: str
    ) -> Finding:
        answer = self.reader.read(evidence.data, media_type)
        if answer.get("is_missing"):
            raise NotApplicableError(MISPLACED)
        store = as_map(answer.get("store"))
        if not store:
            codes = _unchecked(evidence.data)
            said = text_of(answer.get("error"), 300)
            data: dict[str, Json] = {"library_error": said}
            return self._unknown(unreadable(codes), codes, data)
        return self._found(store, answer, located, evidence)

    def _found(
        self,
        store: Any,
        answer: dict[str, Any],
        located: Located,
        evidence: ImageEvidence,
    ) -> Finding:
        judgment = judge(store, has_trust_list=self.trust is not None)
        signer = signer_of(store, answer.get("signatures"), judgment)
        origin = declared_origin(store)
        codes = _codes(judgment, origin)
        if answer.get("is_cut"):
            codes = (*codes, *_unchecked(evidence.data))
        tree = build_tree(store)
        return self._finding(
            summary=read_summary(judgment, signer, origin, self.trust, store),
            codes=codes,
            data={
                "integrity": judgment.integrity.value,
                "trust": judgment.trust.value,
                "origin": origin.value,
                "signer": signer.as_json() if signer else None,
                "problems": [
                    {"code": p.code, "text": p.text} for p in judgment.problems
                ],
                "manifest_bytes": located.size,
                "tree": tree.root,
                "omitted": tree.omitted,
            },
        )

    def _unknown(
        self, summary: str, codes: tuple[str, ...], data: dict[str, Json]
    ) -> Finding:
        known: dict[str, Json] = {
            "integrity": Integrity.UNKNOWN.value,
            "trust": Trust.UNKNOWN.value,
        }
        return self._finding(summary=summary, codes=codes, data={**known, **data})

    def _finding(
        self, *, summary: str, codes: tuple[str, ...], data: dict[str, Json]
    ) -> Finding:
        scores = [_SCORES[code] for code in codes if code in _SCORES]
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary,
            score=max(scores, default=None),
            codes=codes,
            data={**data, "trust_list": self._list(), "limits": LIMITS},
        )

    def _list(self) -> Json:
        if self.trust is None:
            return None
        return {
            "name": self.trust.name,
            "date": self.trust.date,
            "source": self.trust.source,
            "certificates": self.trust.certificates,
            "digest": self.trust.digest,
        }


def _codes(judgment: Judgment, origin: Origin) -> tuple[str, ...]:
    is_valid = judgment.integrity is Integrity.VALID
    is_ai = origin in {Origin.GENERATED, Origin.PARTLY_GENERATED}
    is_signed_capture = origin is Origin.CAPTURED and is_valid
    found = {
        "ai_generated": is_valid and origin is Origin.GENERATED,
        "ai_composite": is_valid and origin is Origin.PARTLY_GENERATED,
        "ai_declared_unverified": is_ai and not is_valid,
        "credential_mismatch": judgment.is_content_changed,
        "credential_broken": judgment.is_record_broken,
        "signed_capture": is_signed_capture and judgment.trust is Trust.TRUSTED,
    }
    return tuple(code for code, applies in found.items() if applies)


def _unchecked(data: bytes) -> tuple[str, ...]:
    """Look for a declaration in a manifest that the library cannot read."""
    return ("ai_declared_unverified",) if _DECLARED.search(data) else ()
