"""Renders a localizer's card from its manifest and from what evaluations measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forensics.analysis.types import Json

RESEARCH_ONLY = (
    "**Research-only weights.** They were trained on data that may be used for "
    "research and teaching only. Do not use them commercially, and do not pass them on "
    "under other terms."
)
# Beside the localizer: what the whole pipeline makes of it, and what the bare file
# header gives away without one pixel.
_TARGETS = ("localizer", "verdict", "header_only")
_PROTOCOLS = {
    "raw": "as they are",
    "recompressed": "recompressed",
    "equalized": "**equalized**",
    "shared_online": "shared online",
}
_FIGURES = ("auc", "recall_at_5_percent", "balanced_accuracy", "false_alarms", "ece")
_PLACES = ("f1", "iou", "best_f1", "best_iou")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One run of ``evaluate_model``: its command and its ``results.json``."""

    command: str
    results: Mapping[str, Any]

    @property
    def sets(self) -> Mapping[str, Any]:
        """Figures by data set; empty where the run has none."""
        found = self.results.get("sets")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Failure:
    """A picture the model fails on. ``file`` is relative to the card."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Failures:
    """Pictures of failures, on what they were looked for, and by which command."""

    pictures: Sequence[Failure]
    searched: str
    terms: str
    command: str


def render_localizer_card(
    document: Mapping[str, Json],
    *,
    evaluations: Sequence[Evaluation] = (),
    failures: Failures | None = None,
) -> str:
    """Write the card in Markdown.

    Parameters
    ----------
    document : mapping
        The manifest's document.
    evaluations : sequence of Evaluation
        Whatever was measured; a figure that a run lacks is shown as a dash.
    failures : Failures, optional
        Pictures of failures.
    """
    view: Mapping[str, Any] = document
    sections = (
        _head(view),
        _training(view),
        _figures(evaluations),
        _refused(evaluations),
        _failures(failures),
        _calibration(view),
        _reproduction(view, evaluations, failures),
    )
    return "\n".join(line for section in sections for line in (*section, ""))


def _head(view: Mapping[str, Any]) -> Iterator[str]:
    tiling, pooling = view["tiling"], view["pooling"]
    yield f"# {view['name']} {view['version']}"
    yield ""
    if view["training"]["research_only"]:
        yield RESEARCH_ONLY
        yield ""
    yield f"**{view['limits']}**"
    yield ""
    yield (
        f"Origin: {view['origin']}, {view['created']}. A network of "
        f"{view['parameters']:,} parameters that says of every square of 8 px whether "
        "it seems edited, and from the strongest of them whether the picture does."
    )
    yield ""
    yield (
        "- Input, never resized: the pixels (RGB, 0..255), their error levels at "
        f"JPEG quality {view['preprocessing']['ela_jpeg_quality']}, and the file's "
        "luma quantization table (ones where the file is no JPEG)."
    )
    yield (
        f"- Any size: tiles of at most {tiling['side']} px, overlapping by "
        f"{tiling['overlap']} px, that begin on multiples of 32 px, so that the "
        "JPEG's grid stays where it is; overlaps are blended linearly."
    )
    yield (
        "- Picture's signal: the mean of the strongest "
        f"{100 * pooling['share']:g} % of the squares (at least {pooling['least']}, "
        f"at most {pooling['most']}) after a 3 x 3 mean."
    )
    yield (
        "- Files: `model.tflite` (LiteRT, float16 weights) and `training.hashes`, "
        "perceptual hashes of the training pictures, by which `evaluate_model` "
        "refuses pictures that the model has seen. `model.weights.h5` (Keras) lies "
        "beside them after training only."
    )


def _training(view: Mapping[str, Any]) -> Iterator[str]:
    training = view["training"]
    yield "## Training"
    yield ""
    yield f"- Data: {training['data']}."
    yield f"- Terms: {training['terms']}."
    yield f"- Research only: {'yes' if training['research_only'] else 'no'}."
    if training.get("note"):
        yield f"- Note: {training['note']}"
    for name, value in training.get("recipe", {}).items():
        yield f"- {str(name).replace('_', ' ').capitalize()}: {_plain(value)}"
    for name, value in view.get("metrics", {}).items():
        yield f"- At training time, {str(name).replace('_', ' ')}: {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _figures(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    yield "## Figures"
    yield ""
    rows = [row for one in evaluations for row in _protocols(one)]
    if not rows:
        yield "None measured yet: run `evaluate_model`, then `model_card`."
        return
    yield (
        "Each with its 95 % interval. *Equalized* is the one that counts: both classes "
        "resized by a seeded factor of 0.80-0.95 and encoded by one seeded draw, so "
        "that no format, table or metadata tells the class. *header_only* is what "
        "looking up format and tables, without one pixel, reaches; *verdict* is the "
        "whole pipeline's, and ECE its calibration error at an even prior."
    )
    yield ""
    yield (
        "| Pictures | Protocol | What | fake + authentic | AUC | recall at 5 % false "
        "positives | balanced accuracy | untouched accused | ECE |"
    )
    yield f"|{'---|' * 9}"
    for row in rows:
        yield from _scores(row)
    yield ""
    yield from _kinds(rows)
    yield from _places(rows)
    yield from _seconds(rows)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    protocol: str
    measured: Mapping[str, Any]

    @property
    def start(self) -> str:
        return f"| {_cell_text(self.name)} | {_PROTOCOLS[self.protocol]} |"

    def target(self, name: str) -> Mapping[str, Any]:
        return _mapping(_mapping(self.measured.get("targets")).get(name))


def _protocols(evaluation: Evaluation) -> Iterator[_Row]:
    for name, measured in evaluation.sets.items():
        protocols = _mapping(_mapping(measured).get("protocols"))
        for protocol in _PROTOCOLS:
            if protocol in protocols:
                yield _Row(name, protocol, _mapping(protocols[protocol]))


def _scores(row: _Row) -> Iterator[str]:
    counts = _mapping(row.measured.get("n"))
    count = f"{counts.get('fake', '-')} + {counts.get('authentic', '-')}"
    for target in _TARGETS:
        figures = row.target(target)
        if figures:
            cells = " | ".join(_cell(figures.get(figure)) for figure in _FIGURES)
            yield f"{row.start} {target} | {count} | {cells} |"


def _kinds(rows: Sequence[_Row]) -> Iterator[str]:
    lines = [
        f"{row.start} {_cell_text(kind)} | {figures.get('n', '-')} | "
        f"{_cell(figures.get('auc'))} | {_cell(figures.get('recall_at_5_percent'))} |"
        for row in rows
        for kind, figures in _mapping(row.target("localizer").get("kinds")).items()
        if isinstance(figures, dict)
    ]
    if lines:
        yield "By kind of forgery, the localizer against all authentic pictures:"
        yield ""
        yield "| Pictures | Protocol | Kind | n | AUC | recall at 5 % |"
        yield f"|{'---|' * 6}"
        yield from lines
        yield ""


def _places(rows: Sequence[_Row]) -> Iterator[str]:
    lines = [line for row in rows for line in _place_lines(row)]
    if lines:
        yield (
            "Where it says: means over tampered pictures with a mask, at the shipped "
            "threshold and at the best one of the set; and the share of an untouched "
            "picture that it marks."
        )
        yield ""
        yield (
            "| Pictures | Protocol | Kind | n | F1 | IoU | best F1 | best IoU | "
            "untouched area marked |"
        )
        yield f"|{'---|' * 9}"
        yield from lines
        yield ""


def _place_lines(row: _Row) -> Iterator[str]:
    found = _mapping(row.target("localizer").get("localization"))
    if not found:
        return
    marked = _cell(found.get("marked_untouched"))
    for kind, figures in {"all": found, **_mapping(found.get("kinds"))}.items():
        cells = " | ".join(_cell(_mapping(figures).get(name)) for name in _PLACES)
        count = _mapping(figures).get("n", "-")
        alarms = marked if kind == "all" else "-"
        yield f"{row.start} {_cell_text(kind)} | {count} | {cells} | {alarms} |"


def _seconds(rows: Sequence[_Row]) -> Iterator[str]:
    for row in rows:
        seconds = _mapping(row.measured.get("seconds"))
        own = _mapping(seconds.get("by_analyzer")).get("localizer")
        size = seconds.get("mean_megapixels")
        if isinstance(own, int | float) and isinstance(size, int | float):
            yield (
                f"- {row.name}, {_PROTOCOLS[row.protocol]}: the localizer took "
                f"{own:.2f} s a picture of {size:.2f} megapixels on average."
            )


def _refused(evaluations: Sequence[Evaluation]) -> Iterator[str]:
    for evaluation in evaluations:
        leaks = evaluation.results.get("leaks", evaluation.results.get("excluded"))
        if isinstance(leaks, list):
            yield (
                f"- {len(leaks)} test pictures of `{evaluation.command or 'a run'}` "
                "were refused by name: the training list knows them or their "
                "near-duplicates. They are in no figure."
            )


def _failures(failures: Failures | None) -> Iterator[str]:
    yield "## Where it fails"
    yield ""
    if failures is None:
        yield "No pictures of failures were made yet: run `model_card --failures`."
        return
    yield (
        f"The worst on {failures.searched}, as they are; each with the true mask in "
        "the middle and what the model marks on the right. Pictures under these "
        f"terms: {failures.terms}."
    )
    yield ""
    if not failures.pictures:
        yield "None of them was misjudged at the shipped threshold."
    for picture in failures.pictures:
        yield f"![{picture.words}]({picture.file})"
        yield ""
        yield f"{picture.words}"
        yield ""


def _calibration(view: Mapping[str, Any]) -> Iterator[str]:
    calibration = view["calibration"]
    yield "## Calibration"
    yield ""
    yield (
        f"P(edited) of a picture = sigmoid({calibration['slope']:.4f} x signal "
        f"{calibration['intercept']:+.4f}). {calibration['protocol']} The finding "
        f"carries its code from {view['threshold']:g} on; a square counts as marked "
        f"from {view['mask_threshold']:g} on."
    )


def _reproduction(
    view: Mapping[str, Any],
    evaluations: Sequence[Evaluation],
    failures: Failures | None,
) -> Iterator[str]:
    commands = [*view["training"]["commands"], *(e.command for e in evaluations)]
    commands += [failures.command] if failures else []
    yield "## Reproduction"
    yield ""
    yield "```"
    yield from (command for command in commands if command)
    yield "```"
    libraries = ", ".join(f"{k} {v}" for k, v in view.get("libraries", {}).items())
    if libraries:
        yield ""
        yield f"Trained with {libraries}."
    yield ""
    yield (
        "Seeds fix the draws and the order; sums over several threads are not "
        "bit-stable, so a second training differs a little in weights and figures."
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _cell(estimate: object) -> str:
    values = [_mapping(estimate).get(name) for name in ("value", "low", "high")]
    if not all(isinstance(value, int | float) for value in values):
        return "-"
    value, low, high = values
    return f"{value:.3f} ({low:.3f}-{high:.3f})"


def _cell_text(text: str) -> str:
    return str(text).replace("|", "/").replace("\n", " ")[:80]
