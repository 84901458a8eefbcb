"""Explains a check's finding to somebody who is no expert, in four parts.

What we looked at, what we found (the finding's own summary), what it means, and what
it cannot tell. Pages and the printed report say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.analysis.types import FindingStatus
from forensics.wording import FINDING_STATES, analyzer_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django_stubs_ext import StrOrPromise

# Log-odds of a reason below these are called nothing, weak, clear; above, strong.
NOTHING, WEAK, CLEAR = 0.05, 1.0, 2.5


@dataclass(frozen=True, slots=True)
class CheckWords:
    """What a check looks at, how to read what it finds, and what it cannot tell."""

    looks_at: StrOrPromise
    means: StrOrPromise
    cannot_tell: StrOrPromise


@dataclass(frozen=True, slots=True)
class Explanation:
    """One finding for people.

    ``weight`` is its part of the verdict's log-odds, above 0 for fake. A finding
    ``speaks`` if it found something, moves the verdict, or should have run and did
    not; all others can wait behind it.
    """

    looked_at: str
    means: str
    cannot_tell: str
    weight: float
    speaks: bool


CHECKS: Mapping[str, CheckWords] = {
    "ela": CheckWords(
        _("We saved the picture once more as JPEG and drew what that changes."),
        _(
            "Compare like with like: similar edges, textures and surfaces should be "
            "similarly bright. A part that is much brighter or darker than others like"
            " it may have another history."
        ),
        _(
            "It does not decide anything. Sharp edges and fine texture always shine, "
            "and saving again or scaling blurs the differences."
        ),
    ),
    "metadata": CheckWords(
        _(
            "We read what the file says about itself: software, camera, times, place, "
            "and the small picture inside it."
        ),
        _(
            "It tells how the file came about, if the notes are true. Software that "
            "leaves its name need not have been used to deceive."
        ),
        _(
            "Who wrote these notes. They can be wrong, removed or invented; messengers"
            " and web sites remove them from honest pictures."
        ),
    ),
    "localizer": CheckWords(
        _(
            "A network compared the fine noise and the compression of every small "
            "square with those of the others."
        ),
        _(
            "Yellow places in its map carry other traces than the rest, as a pasted or"
            " repainted part does."
        ),
        _(
            "Why the traces differ. Heavy compression and scaling hide edits; flat or "
            "overexposed places, print and repeated texture can look like one."
        ),
    ),
    "copy_move": CheckWords(
        _(
            "We looked for regions that occur twice in the picture, also turned, "
            "mirrored or scaled."
        ),
        _(
            "A copied region hides something, or makes more of something. Where a copy"
            " is found, a drawing joins it with its twin."
        ),
        _(
            "Which of the two is the original. Windows, lettering and other things "
            "that are made alike can look like copies; a part from another picture has"
            " no twin."
        ),
    ),
    "double_jpeg": CheckWords(
        _(
            "We read from the file's own numbers whether it was saved as JPEG before, "
            "and whether each place shares the same past."
        ),
        _(
            "A place with another past than the rest may have been put in. That the "
            "whole picture was saved more than once is usual, and no sign of forgery."
        ),
        _(
            "Anything about a picture that was scaled or sent through a messenger: "
            "that wipes the traces out."
        ),
    ),
    "provenance": CheckWords(
        _(
            "We looked for a signed record (Content Credentials, C2PA), checked "
            "whether it belongs to these very bytes, and who signed it."
        ),
        _(
            "Two answers that must not be mixed: whether the record is intact, and "
            "whether we know and believe the signer."
        ),
        _(
            "Whether what was signed is true. Most pictures have no record, and "
            "messengers remove it: its absence says nothing."
        ),
    ),
    "jpeg_history": CheckWords(
        _(
            "We estimated from the file's numbers how often the whole picture was "
            "saved as JPEG, and drew the grids of blocks that each place shows."
        ),
        _(
            "Being saved again is usual and no sign of forgery. A place with a grid of"
            " its own may have been moved there."
        ),
        _(
            "Anything before a resize or a coarse last saving: they wipe the traces "
            "out."
        ),
    ),
    "jpeg_ghosts": CheckWords(
        _(
            "We saved the picture again at many qualities and looked for places that "
            "hardly change at one of them while the rest does."
        ),
        _(
            "Such a place had that quality before: a part from a coarser JPEG pasted "
            "into a finer one looks like this, and so does a logo or a collage."
        ),
        _(
            "Anything about parts that were saved finer than the whole, were resized, "
            "or are flat: they leave no ghost."
        ),
    ),
    "jpeg_structure": CheckWords(
        _(
            "We took the file apart: its quantization tables, coding and segments, and"
            " what lies in and behind the picture."
        ),
        _(
            "It tells which kind of program or camera wrote the file last, and what "
            "else the file carries."
        ),
        _(
            "What was done to the picture before: honest copies and forgeries saved by"
            " the same program look the same."
        ),
    ),
    "watermark": CheckWords(
        _("We tried to read the invisible marks that open picture generators write."),
        _(
            "A mark that is read is as good as a signature: the picture, or a part of "
            "it, came out of that generator."
        ),
        _(
            "Anything where no mark is read: most generators write none that can be "
            "read offline, and scaling or saving again removes it."
        ),
    ),
    "spectrum": CheckWords(
        _(
            "We looked for noise that repeats every few pixels, as the up-samplers of "
            "picture generators leave it."
        ),
        _("Bright points away from the middle and the axes are such a rhythm."),
        _(
            "Whether a generator made it: enlarged photographs, dithering and pixel "
            "art have it too, and many generators leave none."
        ),
    ),
    "noise": CheckWords(
        _(
            "We compared the fine grain of every place with that of similarly bright "
            "and similarly smooth places of the same picture."
        ),
        _(
            "A place with far more grain may have been sharpened or had noise added; "
            "one with far less may have been smoothed or come from elsewhere."
        ),
        _(
            "Sharp and blurred things of an honest scene can look the same, and heavy "
            "compression takes the grain away everywhere."
        ),
    ),
    "resampling": CheckWords(
        _(
            "We looked for the rhythm that scaling and turning leave between pixels, "
            "in the whole picture and in its parts."
        ),
        _(
            "That the whole picture was scaled is usual and no sign of forgery. A part"
            " with a rhythm of its own may have been pasted."
        ),
        _(
            "Fabric, fences and other regular things have rhythms too, and compression"
            " hides weak ones."
        ),
    ),
    "filtering": CheckWords(
        _(
            "We looked for places with less detail than similar places, and for the "
            "streaks that a median filter leaves."
        ),
        _("Such a place may have been blurred or retouched."),
        _("Focus, haze, motion and a phone's own noise reduction look the same."),
    ),
    "cnn": CheckWords(
        _(
            "A small network looked at the error levels of the whole picture, made "
            "small."
        ),
        _("It says how much the picture resembles the forgeries it was trained on."),
        _(
            "Much about pictures of other origin: it was trained on one public set and"
            " is often wrong elsewhere, so it weighs little."
        ),
    ),
}
_FOR_FAKE = (
    _("speaks weakly for fake"),
    _("speaks clearly for fake"),
    _("speaks strongly for fake"),
)
_FOR_AUTHENTIC = (
    _("speaks weakly for authentic"),
    _("speaks clearly for authentic"),
    _("speaks strongly for authentic"),
)
_QUIET = _("Nothing stands out. That is not proof that nothing was changed.")


def explain(
    *,
    name: str,
    status: str,
    codes: Collection[str],
    reasons: Iterable[Mapping[str, Any]],
) -> Explanation:
    """Explain a finding as it is stored, or as a report has it.

    Parameters
    ----------
    name, status : str
        Of the analyzer and of the finding.
    codes : collection of str
        The finding's.
    reasons : iterable of mapping
        All of the verdict's, with ``code`` and ``weight``.
    """
    words = check_words(name)
    weight = sum(
        float(reason.get("weight") or 0.0)
        for reason in reasons
        if reason.get("code") == name or reason.get("code") in codes
    )
    is_ok = status == FindingStatus.OK
    found = is_ok and (bool(codes) or abs(weight) >= NOTHING)
    if is_ok:
        said = (str(words.means), _in_the_verdict(weight, found))
        means = " ".join(filter(None, said))
    else:
        means = str(FINDING_STATES[status].meaning)
    return Explanation(
        looked_at=str(words.looks_at),
        means=means,
        cannot_tell=str(words.cannot_tell),
        weight=weight,
        speaks=found or status == FindingStatus.FAILED,
    )


def check_words(name: str) -> CheckWords:
    """Return a check's words; of one without any, those of its label.

    Their first sentence says what it looks at, the others what it cannot tell.
    """
    if name in CHECKS:
        return CHECKS[name]
    first, dot, rest = str(analyzer_words(name).meaning).partition(". ")
    return CheckWords(looks_at=first + dot.strip(), means="", cannot_tell=rest)


def strength(weight: float) -> str:
    """Say what a part of the log-odds does in the verdict."""
    size = abs(weight)
    if size < NOTHING:
        return gettext("no weight in the verdict")
    level = 0 if size < WEAK else 1 if size < CLEAR else 2
    return str((_FOR_FAKE if weight > 0 else _FOR_AUTHENTIC)[level])


def _in_the_verdict(weight: float, found: object) -> str:
    if abs(weight) >= NOTHING:
        return gettext("In the verdict it {speaks}.").format(speaks=strength(weight))
    return gettext("It has no weight in the verdict.") if found else str(_QUIET)
