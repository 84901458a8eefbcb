"""Content Credentials that the tests sign, tamper with, strip and nest themselves."""

from __future__ import annotations

import time
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from forensics.analysis.fusion import fuse
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.provenance import ProvenanceAnalyzer, parse_trust_list
from forensics.analysis.provenance.statuses import sentence
from forensics.analysis.types import (
    NotApplicableError,
    Verdict,
)
from tests.credentials import (
    CAPTURE,
    COMPOSITE,
    DRAWN,
    GENERATED,
    MAIL,
    Part,
    action,
    flipped,
    identity,
    opened,
    signed,
)
from tests.forensics.analysis.provenance_findings import (
    PICTURE,
    analyze,
    evidence_of,
    node,
    plain,
    two,
)
from tests.images import encode, jpeg, photo_like, with_xmp

MEDIA = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "AVIF": "image/avif",
    "HEIC": "image/heic",
}


@pytest.mark.parametrize("name", MEDIA)
def test_a_signature_is_checked_in_every_format(name: str) -> None:
    data = signed(encode(PICTURE, name), media_type=MEDIA[name])
    finding = analyze(data)
    assert two(finding) == ("valid", "trusted")
    assert finding.codes == ("signed_capture",)


def test_an_unlisted_signer_leaves_the_integrity_alone() -> None:
    stranger = identity(days=(-2, 50))
    finding = analyze(signed(plain(), by=stranger))
    assert two(finding) == ("valid", "untrusted")
    assert "signed_capture" not in finding.codes
    assert "anybody can sign" in finding.summary


def test_without_a_list_nobody_is_trusted_or_distrusted() -> None:
    finding = analyze(signed(plain()), has_list=False)
    assert two(finding) == ("valid", "unknown")
    assert "No trust list is installed" in finding.summary
    assert finding.data["trust_list"] is None
    assert finding.data["problems"] == []
    assert finding.codes == ()


def test_changed_pixels_break_the_integrity_and_leave_the_trust_alone() -> None:
    data = signed(plain())
    finding = analyze(flipped(data, len(data) - 500))
    assert two(finding) == ("invalid", "trusted")
    assert finding.codes == ("credential_mismatch",)
    assert finding.summary.startswith("The file was changed after it was signed")


def test_a_credential_moved_to_another_picture_does_not_fit_it() -> None:
    data = signed(plain(), action(source=CAPTURE))
    other = jpeg(photo_like(9, (400, 300)))
    moved = other[:2] + _app11(data) + other[2:]
    assert two(analyze(moved))[0] == "invalid"


def _app11(data: bytes) -> bytes:
    found, position = b"", 2
    while data[position] == 0xFF and data[position + 1] != 0xDA:
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if data[position + 1] == 0xEB:
            found += data[position:end]
        position = end
    return found


def test_a_changed_statement_is_no_changed_content() -> None:
    data = signed(plain(), action(source=GENERATED))
    finding = analyze(flipped(data, data.index(b"trainedAlgorithmicMedia") + 3))
    assert two(finding) == ("invalid", "trusted")
    assert finding.codes == ("credential_broken",)


def test_a_forged_signature_proves_no_signer() -> None:
    data = signed(plain())
    finding = analyze(flipped(data, data.index(b"instanceID") + 30))
    assert two(finding) == ("invalid", "unknown")
    assert "credential_broken" in finding.codes


def test_an_older_kind_of_certificate_is_fit_as_well() -> None:
    who = identity(purpose=MAIL)
    finding = ProvenanceAnalyzer.with_trust(parse_trust_list(who.root)).analyze(
        evidence_of(signed(plain(), by=who))
    )
    assert two(finding) == ("valid", "trusted")


def test_an_expired_certificate_is_about_the_signer() -> None:
    # Signing checks the certificate too, so its time has to run out afterwards.
    who = identity(days=(-1, 2 / 86400))
    data = signed(plain(), by=who)
    time.sleep(3)
    finding = ProvenanceAnalyzer.with_trust(parse_trust_list(who.root)).analyze(
        evidence_of(data)
    )
    assert two(finding) == ("valid", "untrusted")
    assert "certificate" in str(finding.data["problems"])


def test_signing_again_covers_the_tampering_and_shows_it_in_the_tree() -> None:
    first = signed(plain(), title="original")
    tampered = flipped(first, len(first) - 500)
    again = signed(tampered, opened(), parts=[Part(tampered, title="original")])
    finding = analyze(again)
    assert two(finding) == ("valid", "trusted")
    (parent,) = node(finding)["ingredients"]
    assert parent["relationship"] == "parentOf"
    assert parent["problems"] == [sentence("assertion.dataHash.mismatch")]
    assert "signed_capture" not in finding.codes


def test_a_changed_credential_of_an_original_breaks_the_whole() -> None:
    original = signed(plain(), action(source=GENERATED))
    edited = signed(original, opened(), parts=[Part(original)])
    position = edited.index(b"trainedAlgorithmicMedia")
    finding = analyze(flipped(edited, position + 4))
    assert finding.data["integrity"] == "invalid"
    assert "ai_generated" not in finding.codes


def test_a_stripped_file_has_none_and_that_says_nothing() -> None:
    stripped = jpeg(Image.open(BytesIO(signed(plain()))))
    with pytest.raises(NotApplicableError, match="absence speaks neither way"):
        analyze(stripped)
    with pytest.raises(NotApplicableError):
        analyze(encode(PICTURE, "BMP"))


@pytest.mark.parametrize(
    ("done", "codes"),
    [
        (action(source=GENERATED), ("ai_generated",)),
        (action("c2pa.edited", COMPOSITE), ("ai_composite",)),
        (action("c2pa.drawing", GENERATED), ("ai_composite",)),
        (action(source=CAPTURE), ("signed_capture",)),
        (action("c2pa.cropped"), ()),
    ],
)
def test_what_the_actions_declare_becomes_a_code(
    done: dict[str, Any], codes: tuple[str, ...]
) -> None:
    actions = (
        [done] if done["action"] == "c2pa.created" else [action(source=DRAWN), done]
    )
    assert analyze(signed(plain(), *actions)).codes == codes


def test_an_edited_capture_is_not_vouched_for() -> None:
    data = signed(plain(), action(source=CAPTURE), action("c2pa.cropped"))
    assert analyze(data).codes == ()


def test_a_generated_original_stays_generated_and_a_part_makes_a_composite() -> None:
    generated = signed(plain(), action(source=GENERATED))
    edited = signed(generated, opened(), parts=[Part(generated)])
    assert analyze(edited).codes == ("ai_generated",)
    placed = signed(
        plain(),
        action(source=CAPTURE),
        action("c2pa.placed", parameters={"ingredientIds": ["part-0"]}),
        parts=[Part(generated, "componentOf")],
    )
    assert analyze(placed).codes == ("ai_composite",)
    input_only = signed(
        plain(), action(source=CAPTURE), parts=[Part(generated, "inputTo")]
    )
    assert analyze(input_only).codes == ()


def test_a_broken_declaration_counts_less() -> None:
    data = signed(plain(), action(source=GENERATED))
    finding = analyze(flipped(data, len(data) - 500))
    assert finding.codes == ("ai_declared_unverified", "credential_mismatch")
    fused = fuse([finding], width=400, height=300)
    assert fused.verdict is Verdict.SUSPICIOUS
    weights = {reason.code: reason.weight for reason in fused.reasons}
    assert weights["credential_mismatch"] == 0.0


def test_one_declaration_counts_once() -> None:
    xmp = f'Iptc4xmpExt:DigitalSourceType="{GENERATED}"'
    data = signed(with_xmp(plain(), xmp), action(source=GENERATED))
    findings = [MetadataAnalyzer().analyze(evidence_of(data)), analyze(data)]
    assert all("ai_generated" in finding.codes for finding in findings)
    alone = fuse(findings[1:], width=400, height=300)
    both = fuse(findings, width=400, height=300)
    assert both.log_odds == alone.log_odds
    broken = flipped(data, len(data) - 500)
    findings = [MetadataAnalyzer().analyze(evidence_of(broken)), analyze(broken)]
    weights = {r.code: r.weight for r in fuse(findings, width=400, height=300).reasons}
    assert weights["ai_declared_unverified"] == 0.0


def test_metadata_leaves_the_manifest_to_this_signal() -> None:
    data = signed(plain(), action(source=GENERATED))
    finding = MetadataAnalyzer().analyze(evidence_of(data))
    assert "ai_generated" not in finding.codes


def test_a_credential_alone_acquits_only_a_trusted_untouched_capture() -> None:
    def verdict(data: bytes) -> Verdict:
        return fuse([analyze(data)], width=400, height=300).verdict

    assert verdict(signed(plain())) is Verdict.AUTHENTIC
    stranger = identity(days=(-2, 50))
    assert verdict(signed(plain(), by=stranger)) is Verdict.INCONCLUSIVE
    assert verdict(signed(plain(), action(source=DRAWN), action("c2pa.edited"))) is (
        Verdict.INCONCLUSIVE
    )


def test_the_signer_is_named_with_who_vouches_for_the_name() -> None:
    signer = analyze(signed(plain())).data["signer"]
    assert isinstance(signer, dict)
    assert signer["name"] == "Test Signer"
    assert signer["organization"] == "Test Studio"
    assert signer["issuer"] == "Test Root, Test Authority"
    assert "signed_at" not in signer  # no authority has stamped the time


def test_actions_and_wishes_about_training_are_shown() -> None:
    wish = {
        "label": "cawg.training-mining",
        "data": {"entries": {"cawg.ai_generative_training": {"use": "notAllowed"}}},
    }
    root = node(analyze(signed(plain(), action(source=GENERATED), assertions=[wish])))
    assert root["actions"][0] == {
        "action": "c2pa.created",
        "words": "Created",
        "software": "Test Program",
        "source_type": "trainedAlgorithmicMedia",
        "source_words": "made by a generative model",
    }
    assert root["training"] == ["training of generative models: not allowed"]
    assert root["generator"] == "Test Camera 2.1"


def test_the_tree_is_capped_in_depth() -> None:
    data = signed(plain())
    for _ in range(9):
        data = signed(data, opened(), parts=[Part(data)])
    finding = analyze(data)
    depth, here = 0, node(finding)
    while here.get("ingredients"):
        depth, here = depth + 1, here["ingredients"][0]
    assert depth == 5
    assert finding.data["omitted"] == 1


def test_the_list_in_use_is_part_of_the_finding() -> None:
    head = b"# name: Ours\n# date: 2026-01-02\n# source: made here\n\n"
    trust = parse_trust_list(head + identity().root)
    finding = ProvenanceAnalyzer.with_trust(trust).analyze(evidence_of(signed(plain())))
    assert finding.data["trust_list"] == {
        "name": "Ours",
        "date": "2026-01-02",
        "source": "made here",
        "certificates": 1,
        "digest": trust.digest,
    }
