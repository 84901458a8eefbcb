"""Hostile manifests and a library that crashes: contained in one finding."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import c2pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.provenance import (
    ProvenanceAnalyzer,
    TrustListError,
    parse_trust_list,
    reader_process,
)
from forensics.analysis.provenance import reader as reader_module
from forensics.analysis.provenance.declarations import declared_origin
from forensics.analysis.provenance.judgment import Integrity, Trust, judge
from forensics.analysis.provenance.locate import locate
from forensics.analysis.provenance.reader import (
    ManifestReader,
    ReaderError,
    reader_settings,
)
from forensics.analysis.provenance.tree import MAX_NODES, build_tree
from forensics.analysis.types import (
    FindingStatus,
    ImageRejectedError,
    Limits,
    NotApplicableError,
)
from tests.credentials import GENERATED, Part, action, identity, opened, signed
from tests.images import encode, jpeg, photo_like, with_segment, with_xmp

PICTURE = photo_like(5, (64, 48))
FUZZ = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow],
)
STORE = b"jumd" + bytes.fromhex("6332706100110010800000aa00389b71")


@cache
def analyzer() -> ProvenanceAnalyzer:
    return ProvenanceAnalyzer.with_trust(parse_trust_list(identity().root))


@cache
def seeds() -> tuple[tuple[bytes, int, int], ...]:
    """Signed files, and between which bytes their manifests lie."""
    files = []
    for name, media_type in (
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("TIFF", "image/tiff"),
        ("AVIF", "image/avif"),
    ):
        data = signed(encode(PICTURE, name), media_type=media_type)
        start = data.index(STORE)
        size = int.from_bytes(data[start - 12 : start - 8], "big")
        files.append((data, start - 16, min(len(data), start + size)))
    inner = signed(jpeg(PICTURE), action(source=GENERATED))
    nested = signed(inner, opened(), parts=[Part(inner)])
    files.append((nested, nested.index(STORE) - 16, nested.rindex(b"\xff\xdb")))
    return tuple(files)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data, start, end = draw(st.sampled_from(seeds()))
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 6))):
        position = draw(st.integers(start, end - 1))
        kind = draw(st.sampled_from(("flip", "random", "ones", "zeros", "copy")))
        size = draw(st.integers(1, 40))
        piece = {
            "flip": bytes([changed[position] ^ 1]),
            "random": draw(st.binary(min_size=1, max_size=size)),
            "ones": b"\xff" * size,
            "zeros": bytes(size),
            "copy": bytes(changed[start : start + size]),
        }[kind]
        piece = piece[: len(changed) - position]
        changed[position : position + len(piece)] = piece
    return bytes(changed)


@FUZZ
@given(damaged())
def test_a_damaged_manifest_never_passes_as_whole_by_crashing(data: bytes) -> None:
    try:
        evidence = load_evidence(data, Limits())
        finding = analyzer().analyze(evidence)
    except (ImageRejectedError, NotApplicableError):
        return
    assert finding.status is FindingStatus.OK
    assert finding.data["integrity"] in {"valid", "invalid", "unknown"}
    json.dumps(dict(finding.data))


@FUZZ
@given(st.binary(max_size=400))
def test_random_bytes_where_a_manifest_should_be(noise: bytes) -> None:
    box = len(noise).to_bytes(4, "big") + b"jumb" + (40).to_bytes(4, "big") + STORE
    data = with_segment(
        jpeg(PICTURE), 0xEB, b"JP\x00\x01\x00\x00\x00\x01" + box + noise
    )
    finding = run(analyzer(), load_evidence(data, Limits()))
    assert finding.status is not FindingStatus.FAILED
    assert finding.data.get("integrity", "unknown") == "unknown"


def test_a_cut_manifest_is_explained() -> None:
    data = signed(jpeg(PICTURE), action(source=GENERATED))
    start = data.index(b"\xff\xeb")
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    first = data[start + 4 : start + 4 + length // 2]
    finding = analyzer().analyze(
        load_evidence(with_segment(jpeg(PICTURE), 0xEB, first), Limits())
    )
    assert finding.data["integrity"] in {"unknown", "invalid"}
    assert finding.data["trust"] == "unknown"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                (
                    "active_manifest",
                    "manifests",
                    "a",
                    "assertions",
                    "ingredients",
                    "label",
                    "c2pa.actions",
                    "data",
                    "actions",
                    "validation_results",
                    "activeManifest",
                    "failure",
                    "code",
                )
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


@FUZZ
@given(st.dictionaries(st.text(max_size=20), JSON) | JSON)
def test_any_answer_of_the_library_is_taken(store: Any) -> None:
    given_store = store if isinstance(store, dict) else {"manifests": {"a": store}}
    judgment = judge(given_store, has_trust_list=True)
    assert judgment.integrity is Integrity.UNKNOWN or judgment.problems
    assert judgment.trust is not Trust.TRUSTED
    build_tree(given_store)
    declared_origin(given_store)


def test_ingredients_that_contain_each_other_end() -> None:
    loop = [{"active_manifest": "b", "relationship": "parentOf"}] * 50
    back = [{"active_manifest": "a", "relationship": "parentOf"}] * 50
    store = {
        "active_manifest": "a",
        "manifests": {"a": {"ingredients": loop}, "b": {"ingredients": back}},
    }
    tree = build_tree(store)
    assert json.dumps(tree.root).count("is_repeated") < MAX_NODES
    assert tree.omitted
    declared_origin(store)


@pytest.mark.parametrize(
    ("work", "words"),
    [("os.abort()", "crashed"), ("time.sleep(60)", "took more than 0.5 s")],
)
def test_a_crash_or_a_hang_is_one_failed_finding(
    work: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "reader.py"
    script.write_text(
        "import os, sys, time\n"
        "def take():\n"
        "    return os.read(0, int.from_bytes(os.read(0, 4), 'big'))\n"
        "take(); os.write(1, (2).to_bytes(4, 'big') + b'{}'); take()\n" + work
    )
    reader = ManifestReader(reader_settings(None), time_limit=0.5)
    monkeypatch.setattr(reader_module, "_SCRIPT", script)
    with pytest.raises(ReaderError, match=words):
        reader.read(jpeg(PICTURE), "image/jpeg")
    evidence = load_evidence(signed(jpeg(PICTURE)), Limits())
    finding = run(ProvenanceAnalyzer(reader=reader), evidence)
    assert finding.status is FindingStatus.FAILED
    monkeypatch.undo()
    again = run(ProvenanceAnalyzer(reader=reader), evidence)
    assert again.status is FindingStatus.OK
    reader.close()


def test_what_hangs_a_warm_reader_is_not_asked_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script, starts = tmp_path / "reader.py", tmp_path / "starts"
    script.write_text(
        "import os, time\n"
        "def take():\n"
        "    left = int.from_bytes(os.read(0, 4), 'big')\n"
        "    while left:\n"
        "        left -= len(os.read(0, left))\n"
        f"open({str(starts)!r}, 'a').write('x')\n"
        "answer = (2).to_bytes(4, 'big') + b'{}'\n"
        "take(); os.write(1, answer)\n"
        "take(); take(); os.write(1, answer)\n"
        "take(); take(); time.sleep(60)\n"
    )
    monkeypatch.setattr(reader_module, "_SCRIPT", script)
    reader = ManifestReader(reader_settings(None), time_limit=5.0)
    assert reader.read(b"first", "image/jpeg") == {}
    reader._time_limit = 0.5
    with pytest.raises(ReaderError, match="took more than"):
        reader.read(b"second", "image/jpeg")
    assert starts.read_text() == "x"
    reader.close()


def test_a_reader_that_has_left_is_replaced() -> None:
    reader = ManifestReader(reader_settings(None))
    assert reader.read(jpeg(PICTURE), "image/jpeg") == {"is_missing": True}
    process = reader._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert reader.read(jpeg(PICTURE), "image/jpeg") == {"is_missing": True}
    reader.close()
    assert reader._process is None


CONFINED = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
import reader_process
reader_process.confine()
for act in (lambda: socket.socket(), lambda: open('/etc/hostname'), os.pipe):
    try:
        act()
    except OSError as error:
        print(error.errno)
"""


def test_the_process_can_open_neither_sockets_nor_files() -> None:
    folder = Path(reader_process.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(folder)],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.split() == ["24", "24", "24"]  # too many open files


def test_the_process_answers_within_its_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    context = c2pa.Context.from_dict(reader_settings(None))
    data = signed(jpeg(PICTURE))
    whole = json.loads(reader_process.answer(context, "image/jpeg", data))
    assert whole["store"]["manifests"]
    monkeypatch.setattr(reader_process, "MAX_ANSWER", len(json.dumps(whole)) - 1)
    cut = json.loads(reader_process.answer(context, "image/jpeg", data))
    assert cut["is_cut"]
    assert judge(cut["store"], has_trust_list=False).integrity is Integrity.VALID
    monkeypatch.setattr(reader_process, "MAX_ANSWER", 100)
    assert "error" in json.loads(reader_process.answer(context, "image/jpeg", data))
    broken = reader_process.read_manifest(context, "image/jpeg", b"\xff\xd8 nothing")
    assert set(broken) & {"error", "is_missing"}


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "no certificate"),
        (b"\xff\xfe", "not text"),
        (
            b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----",
            "cannot be read",
        ),
        (b"#" * 5_000_000, "larger"),
    ],
)
def test_an_unusable_trust_list_says_why(pem: bytes, words: str) -> None:
    with pytest.raises(TrustListError, match=words):
        parse_trust_list(pem)


@pytest.mark.parametrize(
    ("attribute", "address"),
    [
        ('dcterms:provenance="https://a.example/m.c2pa"', "https://a.example/m.c2pa"),
        (
            'dcterms:provenance="https://a.example/?a=1&amp;b=2"',
            "https://a.example/?a=1&b=2",
        ),
        ('dcterms:provenance="self#jumbf=c2pa"', None),
        ('dcterms:provenance="file:///etc/passwd"', None),
    ],
)
def test_only_web_addresses_count_as_another_place(
    attribute: str, address: str | None
) -> None:
    data = with_xmp(jpeg(PICTURE), attribute)
    found = locate(load_evidence(data, Limits()))
    assert (found.address if found else None) == address
