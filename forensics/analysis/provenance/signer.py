"""Who signed, who vouches for the name, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.analysis.provenance.values import as_map, text_of, without_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.analysis.provenance.judgment import Judgment
    from forensics.analysis.types import Json


@dataclass(frozen=True, slots=True)
class Signer:
    """The certificate's holder as the certificate names them.

    Attributes
    ----------
    signed_at : str
        ISO 8601, from a time-stamping authority; empty where none took part.
    is_time_trusted : bool
        Whether that authority is on the trust list.
    """

    name: str
    organization: str
    issuer: str
    signed_at: str
    is_time_trusted: bool
    valid_from: str
    valid_until: str
    algorithm: str
    serial: str

    @property
    def shown(self) -> str:
        """Name and organization, once where they are one."""
        names = dict.fromkeys(n for n in (self.name, self.organization) if n)
        return ", ".join(names) or "a signer without a name"

    def as_json(self) -> dict[str, Json]:
        """Return what is known."""
        return without_empty(
            {
                "name": self.name,
                "organization": self.organization,
                "issuer": self.issuer,
                "signed_at": self.signed_at,
                "is_time_trusted": self.is_time_trusted if self.signed_at else None,
                "valid_from": self.valid_from,
                "valid_until": self.valid_until,
                "algorithm": self.algorithm,
                "serial": self.serial,
            }
        )


def signer_of(
    store: Mapping[str, Any], signatures: object, judgment: Judgment
) -> Signer | None:
    """Return the active manifest's signer; None where it names none."""
    label = store.get("active_manifest")
    manifest = as_map(as_map(store.get("manifests")).get(label))  # type: ignore[arg-type]
    info = as_map(manifest.get("signature_info"))
    detail = as_map(as_map(as_map(signatures).get(str(label))).get("certificateInfo"))
    if not info and not detail:
        return None
    validity, subject = as_map(detail.get("validity")), as_map(detail.get("subject"))
    return Signer(
        name=text_of(info.get("common_name") or subject.get("CN")),
        organization=text_of(info.get("issuer") or subject.get("O")),
        issuer=_named(as_map(detail.get("issuer"))),
        signed_at=text_of(info.get("time"), 40),
        is_time_trusted=judgment.is_time_trusted,
        valid_from=text_of(validity.get("notBefore"), 40),
        valid_until=text_of(validity.get("notAfter"), 40),
        algorithm=text_of(info.get("alg"), 20),
        serial=text_of(detail.get("serialNumber"), 80),
    )


def _named(name: Mapping[str, Any]) -> str:
    parts = dict.fromkeys(text_of(name.get(key)) for key in ("CN", "O"))
    return ", ".join(part for part in parts if part)
