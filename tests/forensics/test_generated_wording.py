"""That nothing was found in a picture is never said as if it were real."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from forensics import wording
from forensics.analysis import fusion
from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.spectrum import SpectrumAnalyzer
from forensics.analysis.types import Analyzer, FindingStatus, Limits, Verdict
from forensics.analysis.watermark import WatermarkAnalyzer
from forensics.presentation import evidence_page
from tests.factories import make_analysis, make_evidence, make_finding
from tests.images import jpeg, photo_like, png

ROOT = Path(__file__).resolve().parents[2]
CHECKS = (WatermarkAnalyzer(), SpectrumAnalyzer())
# Words that would say where a picture comes from.
ACQUITTING = re.compile(
    r"\b(real|genuine|authentic|natural|human[- ]made|man[- ]made|untouched|original"
    r"|not (?:ai|generated|synthetic|fake)|no ai)\b",
    re.IGNORECASE,
)
FILES = {
    "nothing found": jpeg(photo_like(1, (640, 480))),
    "not applicable": png(photo_like(2, (96, 80))),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("case", FILES)
def test_silence_is_no_acquittal(check: Analyzer, case: str) -> None:
    finding = run(check, load_evidence(FILES[case], Limits()))
    expected = {"nothing found": "ok", "not applicable": "not_applicable"}
    assert finding.status == expected[case]
    assert finding.codes == ()
    assert finding.score is None
    assert not ACQUITTING.search(finding.summary)
    assert re.search("does not tell|neither for nor against", finding.summary)
    assert not any(ACQUITTING.search(picture.caption) for picture in finding.evidence)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_silence_moves_no_verdict(check: Analyzer) -> None:
    for data in FILES.values():
        finding = run(check, load_evidence(data, Limits()))
        fused = fusion.fuse([finding], width=640, height=480)
        assert fused.verdict is Verdict.INCONCLUSIVE
        assert fused.score == 0.5
        for reason in fused.reasons:
            assert reason.weight == 0.0
            assert not ACQUITTING.search(reason.text)


def test_the_words_for_checks_and_their_states_acquit_nobody() -> None:
    state = wording.FINDING_STATES[FindingStatus.NOT_APPLICABLE]
    assert not ACQUITTING.search(f"{state.label} {state.meaning}")
    assert "neither for nor against" in state.meaning
    for check in CHECKS:
        words = wording.ANALYZERS[check.name]
        assert not ACQUITTING.search(f"{words.label} {words.meaning}")


def test_no_page_and_no_answer_of_the_api_calls_a_picture_real() -> None:
    claim = re.compile(r"\b(is|looks|seems|probably|likely|a) (real|genuine)\b", re.I)
    sources = [*ROOT.glob("templates/**/*.html")]
    texts = {path: path.read_text(encoding="utf-8") for path in sources}
    for folder in ("forensics/api", "moderation/api", "forensics/analysis"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            texts[path] = " ".join(_strings(path))
    assert len(texts) > 80
    assert not [str(path) for path, text in texts.items() if claim.search(text)]


def _strings(path: Path) -> list[str]:
    """Return a module's string constants, which are all that it can show."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in nodes if isinstance(node.value, str)]


@pytest.mark.django_db
def test_a_spectrum_is_never_laid_over_the_picture() -> None:
    analysis = make_analysis()
    finding = make_finding(analysis=analysis, analyzer="spectrum")
    # All of one shape, so that only the kind can tell.
    for kind in ("preview", "spectrum", "watermark"):
        owner = None if kind == "preview" else finding
        make_evidence(analysis=analysis, kind=kind, finding=owner)
    page = evidence_page(analysis)
    covering = [picture.file.kind for picture in page.compared if picture.covers]
    assert covering == ["watermark"]
    assert "spectrum" in [picture.file.kind for picture in page.compared]
