"""Content Credentials made in the test: certificates, signatures, hostile variants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
GENERATED = f"{SOURCE}trainedAlgorithmicMedia"
COMPOSITE = f"{SOURCE}compositeWithTrainedAlgorithmicMedia"
DRAWN = f"{SOURCE}digitalCreation"
CAPTURE = f"{SOURCE}digitalCapture"
# Claim signing by the C2PA's profile; the protection of mail, as it was before.
CLAIM_SIGNING, MAIL = "1.3.6.1.4.1.62558.2.1", "1.3.6.1.5.5.7.3.4"
# The library does not sign with what it would not accept.
_SETTINGS = {
    "trust": {"trust_config": f"{CLAIM_SIGNING}\n{MAIL}"},
    "verify": {"ocsp_fetch": False, "remote_manifest_fetch": False},
}


@dataclass(frozen=True)
class Identity:
    """A signer: chain and key as PEM, and the anchor that vouches for it."""

    chain: bytes
    key: bytes
    root: bytes


@cache
def identity(
    *,
    days: tuple[float, float] = (-1, 100),
    ocsp: str = "",
    purpose: str = CLAIM_SIGNING,
) -> Identity:
    """Make a root and a signer's certificate valid between two days from now."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name("Test Root", "Test Authority")
    root = _builder(root_name, root_name, root_key, (-900, 900))
    root = root.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    root = root.add_extension(_usage(is_authority=True), True)
    leaf = _builder(_name("Test Signer", "Test Studio"), root_name, key, days)
    leaf = leaf.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
    leaf = leaf.add_extension(_usage(is_authority=False), True)
    purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)])
    leaf = leaf.add_extension(purposes, False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = leaf.add_extension(issuer, False)
    if ocsp:
        leaf = leaf.add_extension(_asks(ocsp), False)
    anchor = root.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM)
    signed = leaf.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Identity(signed + anchor, secret, anchor)


def _asks(address: str) -> x509.AuthorityInformationAccess:
    where = x509.UniformResourceIdentifier(address)
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where)]
    )


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: tuple[float, float],
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
    )


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Part:
    """A picture that goes into another."""

    data: bytes
    relationship: str = "parentOf"
    title: str = "part.jpg"
    media_type: str = "image/jpeg"


def action(name: str = "c2pa.created", source: str = "", **more: Any) -> dict[str, Any]:
    found = {"action": name, "softwareAgent": {"name": "Test Program"}, **more}
    return found | ({"digitalSourceType": source} if source else {})


def signed(
    data: bytes,
    *actions: dict[str, Any],
    media_type: str = "image/jpeg",
    parts: Sequence[Part] = (),
    title: str = "picture",
    assertions: Sequence[dict[str, Any]] = (),
    by: Identity | None = None,
    remote: str = "",
) -> bytes:
    """Sign a file; ``remote`` keeps the manifest out of it and names that address."""
    who = by or identity()
    done = list(actions) or [action(source=CAPTURE)]
    manifest = {
        "title": title,
        "claim_generator_info": [{"name": "Test Camera", "version": "2.1"}],
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": done}},
            *assertions,
        ],
    }
    info = c2pa.C2paSignerInfo(b"es256", who.chain, who.key, None)
    result = BytesIO()
    with (
        c2pa.Context.from_dict(_SETTINGS) as context,
        c2pa.Signer.from_info(info) as signer,
        c2pa.Builder(manifest, context=context) as builder,
    ):
        for number, part in enumerate(parts):
            named = {
                "title": part.title,
                "relationship": part.relationship,
                "instance_id": f"part-{number}",
            }
            builder.add_ingredient(named, part.media_type, BytesIO(part.data))
        if remote:
            builder.set_remote_url(remote)
            builder.set_no_embed()
        builder.sign(signer, media_type, BytesIO(data), result)
    return result.getvalue()


def opened(**more: Any) -> dict[str, Any]:
    """The action that a parent asks for."""
    return action("c2pa.opened", parameters={"ingredientIds": ["part-0"]}, **more)


def flipped(data: bytes, position: int) -> bytes:
    """Return the bytes with one bit changed."""
    changed = bytearray(data)
    changed[position] ^= 1
    return bytes(changed)
