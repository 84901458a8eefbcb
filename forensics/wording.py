"""How verdicts, states and analyzers are called and explained on pages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from forensics.analysis.types import FindingStatus, Verdict
from forensics.states import AnalysisStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Words:
    """A name, an icon of ``static/vendor/lucide`` and an explanation."""

    label: StrOrPromise
    icon: str
    meaning: StrOrPromise


VERDICTS: Mapping[str, Words] = {
    Verdict.AUTHENTIC: Words(
        _("Authentic"),
        "shield-check",
        _(
            "Nothing these checks can see speaks against the picture. No trace found "
            "is not proof that nothing was changed."
        ),
    ),
    Verdict.INCONCLUSIVE: Words(
        _("Inconclusive"),
        "circle-question-mark",
        _("We do not know. The evidence is too weak, or contradicts itself."),
    ),
    Verdict.SUSPICIOUS: Words(
        _("Suspicious"),
        "triangle-alert",
        _("Something speaks against the picture. A person should look at it."),
    ),
    Verdict.FAKE: Words(
        _("Fake"),
        "octagon-x",
        _(
            "Strong signs that the picture was altered or generated. A person still "
            "decides."
        ),
    ),
}
# Pictures that scored so: less than this is none, but for rounding.
_NEARLY_NONE = 0.05
NO_VERDICT = Words(
    _("No verdict yet"), "hourglass", _("The analysis has not finished.")
)

# Of models whose training data only research may use.
RESEARCH_ONLY = Words(
    _("Research-only weights"),
    "lock",
    _(
        "This model was trained on pictures that may be used for research and teaching"
        " only. Its finding is shown like any other; whether you may rely on it in "
        "your work is for your organization to decide."
    ),
)

ANALYSIS_STATES: Mapping[str, Words] = {
    AnalysisStatus.QUEUED: Words(
        _("Queued"), "hourglass", _("Waiting for the worker.")
    ),
    AnalysisStatus.RUNNING: Words(_("Running"), "refresh-cw", _("Being analyzed now.")),
    AnalysisStatus.COMPLETED: Words(
        _("Completed"), "circle-check", _("All checks ran.")
    ),
    AnalysisStatus.PARTIAL: Words(
        _("Partial"),
        "circle-minus",
        _("A check failed; the verdict rests on the others."),
    ),
    AnalysisStatus.FAILED: Words(_("Failed"), "circle-x", _("There is no result.")),
    AnalysisStatus.NOT_APPLICABLE: Words(
        _("Not applicable"),
        "circle-minus",
        _("No check fits this picture; the reasons say why."),
    ),
}

FINDING_STATES: Mapping[str, Words] = {
    FindingStatus.OK: Words(_("Checked"), "circle-check", _("This check ran.")),
    FindingStatus.NOT_APPLICABLE: Words(
        _("Not applicable"),
        "circle-slash",
        _(
            "This check has nothing to say about this kind of picture: that speaks "
            "neither for nor against it."
        ),
    ),
    FindingStatus.FAILED: Words(
        _("Failed"), "circle-x", _("This check broke off. The others still count.")
    ),
}

# Kinds of the copies that lie inside a file begin so; a number follows.
INNER_PICTURE = "embedded_"
# Of Content Credentials: whether the file is what was signed, and who signed. Two
# questions; an answer to one says nothing about the other.
INTEGRITY: Mapping[str, Words] = {
    "valid": Words(
        _("Unchanged since signing"),
        "circle-check",
        _("The file is, bit by bit, what was signed. That does not make it true."),
    ),
    "invalid": Words(
        _("Does not check"),
        "octagon-x",
        _(
            "The file or its credential was changed after it was signed. Saving again "
            "with a program that does not know credentials is enough for that."
        ),
    ),
    "unknown": Words(
        _("Not known"),
        "circle-question-mark",
        _("There is a credential, but it could not be checked."),
    ),
    "none": Words(
        _("No credential"),
        "circle-slash",
        _("Most pictures have none, and messengers remove them."),
    ),
}
TRUST: Mapping[str, Words] = {
    "trusted": Words(
        _("Trusted signer"),
        "shield-check",
        _("The trust list vouches that the signer is who the certificate names."),
    ),
    "untrusted": Words(
        _("Signer not trusted"),
        "triangle-alert",
        _("Nobody on the trust list vouches for the name: anybody can sign under any."),
    ),
    "unknown": Words(
        _("Signer not known"),
        "circle-question-mark",
        _("Who signed could not be proven, or no trust list is installed."),
    ),
}
RELATIONSHIPS: Mapping[str, StrOrPromise] = {
    "parentOf": _("Made from"),
    "componentOf": _("Contains"),
    "inputTo": _("Used as input"),
}

# Where a check's label is too long for a switch.
_OVERLAYS = {"ela": "ELA"}

ANALYZERS: Mapping[str, Words] = {
    "ela": Words(
        _("Error level analysis"),
        "layers",
        _(
            "Saves the picture once more as JPEG and shows what changes. Similar "
            "edges, textures and surfaces should look alike. Re-saving and scaling "
            "blur the differences, and sharp edges always shine: it helps the eye and "
            "does not decide."
        ),
    ),
    "metadata": Words(
        _("Metadata"),
        "file-image",
        _(
            "Reads what the file says about itself: software, camera, times, place, "
            "pictures inside. Such notes can be wrong, removed or invented."
        ),
    ),
    "provenance": Words(
        _("Content Credentials"),
        "history",
        _(
            "Reads the signed record (C2PA) that cameras, editors and generators can "
            "put into a file. It tells who signed what, not whether that is true. Few "
            "pictures have one, and messengers remove it."
        ),
    ),
    "localizer": Words(
        _("Localizing network"),
        "scan-eye",
        _(
            "A network trained on forgeries made for it looks for places whose noise "
            "and compression differ from the rest of the picture. Heavy compression "
            "and scaling hide such traces; flat or overexposed places and text can "
            "look like them."
        ),
    ),
    "copy_move": Words(
        _("Copied regions"),
        "scan-eye",
        _(
            "Looks for regions that occur twice in the picture, also turned, mirrored "
            "or scaled. Similar textures, windows or lettering can look like copies."
        ),
    ),
    "double_jpeg": Words(
        _("Compression history"),
        "layers",
        _(
            "Looks for places with another JPEG history than the rest. That the whole "
            "picture was saved more than once is usual and no sign of forgery. Scaling"
            " and messengers wipe the traces out."
        ),
    ),
    "jpeg_ghosts": Words(
        _("JPEG ghosts"),
        "scan-eye",
        _(
            "Looks for places that hardly change when saved at one quality, while the "
            "rest does: they had that quality before. Parts saved finer than the last "
            "saving, resized parts and flat places leave no ghost; logos and collages "
            "do."
        ),
    ),
    "jpeg_history": Words(
        _("Savings and grids"),
        "history",
        _(
            "Says how often the whole picture was saved as JPEG, with a probability, "
            "and maps the grids of blocks in it. Being saved again is usual and no "
            "sign of forgery; a resize, or a coarse last saving, wipes the traces out."
        ),
    ),
    "jpeg_structure": Words(
        _("JPEG structure"),
        "file-image",
        _(
            "Takes the file apart: whose quantization tables it has and at what "
            "quality, how it is coded, its segments, and what lies in and behind it. "
            "It tells which program wrote the file last; honest copies and forgeries "
            "look the same."
        ),
    ),
    "watermark": Words(
        _("Invisible watermark"),
        "scan-eye",
        _(
            "Tries to read the invisible marks that open picture generators write. A "
            "mark that is read is as good as a signature in the file. That none is "
            "read says nothing: most generators write none, and scaling or saving "
            "again removes it."
        ),
    ),
    "spectrum": Words(
        _("Noise spectrum"),
        "scan-eye",
        _(
            "Looks for noise that repeats every two pixels, as the up-samplers of "
            "picture generators leave it. Enlarged photographs, dithering and pixel "
            "art have it too, and many generators leave none: it helps the eye and "
            "does not decide."
        ),
    ),
    "noise": Words(
        _("Noise"),
        "scan-eye",
        _(
            "Compares the fine grain of every place with that of similar places of the"
            " same picture. Added noise and sharpening give more of it, smoothing and "
            "parts from elsewhere less. Sharp and blurred things of an honest scene "
            "can look the same."
        ),
    ),
    "resampling": Words(
        _("Scaling"),
        "layers",
        _(
            "Looks for the rhythm that scaling and turning leave in pixels. That the "
            "whole picture was scaled is usual and no sign of forgery; a place with a "
            "rhythm of its own may be pasted. Fabric, grids and compression can "
            "mislead it."
        ),
    ),
    "filtering": Words(
        _("Smoothing"),
        "layers",
        _(
            "Looks for places with less detail than similar places of the picture, as "
            "blurring and retouching leave them, and for the streaks of a median "
            "filter. Focus, haze and motion look the same."
        ),
    ),
    "cnn": Words(
        _("Neural network"),
        "cpu",
        _(
            "A small network trained on one public set of forgeries. On pictures of "
            "other origin it is often wrong, so it weighs little."
        ),
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


def measured_words(uncertainty: Mapping[str, Any]) -> list[str]:
    """Say what a score is worth, as an analysis has it stored."""
    untouched, stability = uncertainty.get("untouched"), uncertainty.get("stability")
    found = [_untouched_words(**untouched)] if untouched else []
    if stability:
        found.append(_stability_words(stability))
    return found


def _untouched_words(*, score: float, share: float, upper: float, pictures: int) -> str:
    figures = {
        "score": percent(score),
        "most": _of_hundred_at_most(upper),
        "pictures": number_format(pictures, force_grouping=True),
        "share": _of_hundred(share),
        "sure": "95 %",
    }
    if share * pictures < _NEARLY_NONE:
        said = gettext(
            "The checks of the pixels alone come to {score}. Of {pictures} untouched "
            "photographs that were measured, none scored this high or higher by them "
            "(of 100, at most {most} with {sure} confidence)."
        )
    else:
        said = gettext(
            "The checks of the pixels alone come to {score}. Of 100 untouched "
            "photographs, about {share} score this high or higher by them ({pictures} "
            "were measured; at most {most} with {sure} confidence)."
        )
    return said.format(**figures)


def _of_hundred(share: float) -> str:
    number = share * 100
    return number_format(number, 1 if number < 1 else 0)


def _of_hundred_at_most(share: float) -> str:
    """Round up: a bound that is rounded down does not hold."""
    tenths = math.ceil(share * 1000 - 1e-9)
    if tenths < 10:
        return number_format(tenths / 10, 1)
    return str(math.ceil(share * 100 - 1e-9))


def _stability_words(stability: Mapping[str, Any]) -> str:
    low, high = percent(stability["low"]), percent(stability["high"])
    count = len(stability["variants"])
    return ngettext(
        "The score lies near a threshold, so one copy saved a little differently was "
        "analyzed too: all scores lie between {low} and {high}.",
        "The score lies near a threshold, so {count} copies saved a little differently "
        "were analyzed too: all scores lie between {low} and {high}.",
        count,
    ).format(count=count, low=low, high=high)


def percent(score: float) -> str:
    """Write a score of 0.01..0.99 as it is shown, never as 0 or 100 %."""
    return f"{min(99, max(1, round(score * 100)))} %"


def overlay_label(kind: str) -> str:
    """Name an evidence picture on the stage's controls."""
    if kind.startswith(INNER_PICTURE):
        number = kind.removeprefix(INNER_PICTURE)
        return gettext("Picture inside the file, {number}").format(number=number)
    check = ANALYZERS.get(kind)
    label = check.label if check else kind.replace("_", " ")
    return _OVERLAYS.get(kind) or str(label)
