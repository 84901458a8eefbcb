"""How verdicts, states and analyzers are called and explained on pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.types import FindingStatus, Verdict
from forensics.states import AnalysisStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Words:
    """A name, an icon of ``static/vendor/lucide`` and an explanation."""

    label: str
    icon: str
    meaning: str


VERDICTS: Mapping[str, Words] = {
    Verdict.AUTHENTIC: Words(
        "Authentic",
        "shield-check",
        "Nothing these checks can see speaks against the picture. No trace found is "
        "not proof that nothing was changed.",
    ),
    Verdict.INCONCLUSIVE: Words(
        "Inconclusive",
        "circle-question-mark",
        "We do not know. The evidence is too weak, or contradicts itself.",
    ),
    Verdict.SUSPICIOUS: Words(
        "Suspicious",
        "triangle-alert",
        "Something speaks against the picture. A person should look at it.",
    ),
    Verdict.FAKE: Words(
        "Fake",
        "octagon-x",
        "Strong signs that the picture was altered or generated. A person still "
        "decides.",
    ),
}
NO_VERDICT = Words("No verdict yet", "hourglass", "The analysis has not finished.")

ANALYSIS_STATES: Mapping[str, Words] = {
    AnalysisStatus.QUEUED: Words("Queued", "hourglass", "Waiting for the worker."),
    AnalysisStatus.RUNNING: Words("Running", "refresh-cw", "Being analyzed now."),
    AnalysisStatus.COMPLETED: Words("Completed", "circle-check", "All checks ran."),
    AnalysisStatus.PARTIAL: Words(
        "Partial", "circle-minus", "A check failed; the verdict rests on the others."
    ),
    AnalysisStatus.FAILED: Words("Failed", "circle-x", "There is no result."),
}

FINDING_STATES: Mapping[str, Words] = {
    FindingStatus.OK: Words("Checked", "circle-check", "This check ran."),
    FindingStatus.NOT_APPLICABLE: Words(
        "Not applicable",
        "circle-slash",
        "This check has nothing to say about this kind of picture: that speaks "
        "neither for nor against it.",
    ),
    FindingStatus.FAILED: Words(
        "Failed", "circle-x", "This check broke off. The others still count."
    ),
}

ANALYZERS: Mapping[str, Words] = {
    "ela": Words(
        "Error level analysis",
        "layers",
        "Saves the picture once more as JPEG and shows what changes. Similar edges, "
        "textures and surfaces should look alike. Re-saving and scaling blur the "
        "differences, and sharp edges always shine: it helps the eye and does not "
        "decide.",
    ),
    "metadata": Words(
        "Metadata",
        "file-image",
        "Reads what the file says about itself: software, camera, times, thumbnail. "
        "Such notes can be wrong, removed or invented.",
    ),
    "cnn": Words(
        "Neural network",
        "cpu",
        "A small network trained on one public set of forgeries. On pictures of "
        "other origin it is often wrong, so it weighs little.",
    ),
}


def verdict_words(verdict: str) -> Words:
    """Return the words for a verdict, or for its absence."""
    return VERDICTS.get(verdict, NO_VERDICT)


def analyzer_words(name: str) -> Words:
    """Return the words for an analyzer; one unknown here keeps its own name."""
    return ANALYZERS.get(
        name, Words(name.replace("_", " ").capitalize(), "scan-eye", "")
    )


def percent(score: float) -> str:
    """Write a score of 0.01..0.99 as it is shown, never as 0 or 100 %."""
    return f"{min(99, max(1, round(score * 100)))} %"
