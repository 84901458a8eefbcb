"""Renders a model's card from its manifest, so that no figure is typed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forensics.analysis.types import Json

_PROTOCOL_WORDS = {
    "raw": "as they are",
    "quality_75": "all re-encoded at quality 75",
    "equalized": "equalized",
}
_FIGURES = ("auc", "accuracy", "balanced_accuracy", "false_alarms")


def render_card(document: Mapping[str, Json]) -> str:
    """Write the card in Markdown.

    Parameters
    ----------
    document : mapping
        The manifest's document.
    """
    view: Mapping[str, Any] = document
    sections = (
        _head(view),
        _data(view),
        _figures(view),
        _calibration(view),
        _reproduction(view),
    )
    return "\n".join(line for section in sections for line in section)


def _head(view: Mapping[str, Any]) -> Iterator[str]:
    steps = view["preprocessing"]
    yield f"# {view['name']} {view['version']}"
    yield ""
    yield f"**{view['limits']}**"
    yield ""
    yield (
        f"Origin: {view['origin']}, {view['created']}. The baseline of this field: "
        "error levels of one JPEG re-encoding, seen by a small convolutional network. "
        "Here for comparison and continuity; the verdict does not lean on it."
    )
    yield ""
    yield (
        f"- Input: picture as RGB, re-encoded as JPEG at quality "
        f"{steps['jpeg_quality']} ({steps['chroma_subsampling']}), absolute "
        f"difference, brightened by {steps['scaling']}, resized to 128 x 128 "
        f"({steps['resize']}), divided by {steps['divided_by']}."
    )
    yield (
        "- Network: Conv2D 32 5x5 relu, Conv2D 32 5x5 relu, MaxPool 2x2, Dropout .25, "
        f"Flatten, Dense 256 relu, Dropout .5, Dense 2 softmax: "
        f"{view['parameters']:,} parameters."
    )
    yield f"- Classes, in order of the outputs: {', '.join(view['classes'])}."
    yield (
        "- Shipped: `model.tflite` (LiteRT, int8 weights). The Keras weights "
        "(`model.weights.h5`) lie beside it after training or import only. On the "
        "reference inputs, noise and photographs, the two differ by at most "
        f"{view['reference_outputs']['litert_deviation']:.4f} in P(fake)."
    )
    yield ""


def _data(view: Mapping[str, Any]) -> Iterator[str]:
    training = view["training"]
    yield "## Training"
    yield ""
    yield f"- Data: {training['data']}."
    if training.get("note"):
        yield f"- Note: {training['note']}"
    yield f"- Terms: {training['terms']}."
    for name, value in training.get("recipe", {}).items():
        yield f"- {name.replace('_', ' ').capitalize()}: {value}"
    if view["splits"]:
        yield f"- Splits: {view['splits']['rule']} Seed {view['splits']['seed']}."
        yield ""
        yield "| Split | fake | authentic | groups |"
        yield "|---|---|---|---|"
        for name, counts in view["splits"]["counts"].items():
            cells = (counts["fake"], counts["authentic"], counts["groups"])
            yield f"| {name} | {' | '.join(map(str, cells))} |"
    yield ""


def _figures(view: Mapping[str, Any]) -> Iterator[str]:
    yield "## Figures"
    yield ""
    if not view["metrics"]:
        yield "None measured."
        yield ""
        return
    metrics = view["metrics"]
    yield metrics["how"]
    yield ""
    yield (
        "| Pictures | Re-encoding | fake + authentic | AUC | accuracy | "
        "balanced accuracy | untouched called fake |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name, measured in metrics["sets"].items():
        yield from _rows(name, measured)
    yield ""
    yield from _notes(metrics["sets"])
    yield from _leaks(metrics["sets"])


def _rows(name: str, measured: Mapping[str, Any]) -> Iterator[str]:
    for protocol, figures in measured["protocols"].items():
        count = f"{figures['n']['fake']} + {figures['n']['authentic']}"
        cells = (_cell(figures.get(figure)) for figure in _FIGURES)
        words = _PROTOCOL_WORDS[protocol]
        yield f"| {name} | {words} | {count} | {' | '.join(cells)} |"


def _cell(estimate: Mapping[str, float] | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f}-{estimate['high']:.3f})"


def _notes(sets: Mapping[str, Any]) -> Iterator[str]:
    for name, measured in sets.items():
        if measured.get("note"):
            yield f"- {name}: {measured['note']}"


def _leaks(sets: Mapping[str, Any]) -> Iterator[str]:
    for name, measured in sets.items():
        if "header_only_auc" in measured:
            yield (
                f"- {name}: looking up the file's format and JPEG tables, without one "
                f"pixel, reaches AUC {_cell(measured['header_only_auc'])}."
            )
        excluded = measured.get("excluded_near_duplicates")
        if excluded is not None:
            yield (
                f"- {name}: {excluded} of {measured['pictures']} pictures were left "
                "out as near-duplicates of training or validation pictures (a "
                "perceptual hash within "
                f"{measured['near_duplicate_bits']} of 64 bits)."
            )
    yield ""


def _calibration(view: Mapping[str, Any]) -> Iterator[str]:
    calibration = view["calibration"]
    yield "## Calibration"
    yield ""
    yield (
        "Log-likelihood ratio of *fake* = "
        f"{calibration['slope']:.4f} x logit(P(fake)) "
        f"{calibration['intercept']:+.4f}. {calibration['protocol']}"
    )
    yield f"Threshold on the raw P(fake), for the figures above: {view['threshold']}."
    yield ""


def _reproduction(view: Mapping[str, Any]) -> Iterator[str]:
    libraries = ", ".join(f"{k} {v}" for k, v in view["libraries"].items())
    steps = view["preprocessing"]
    yield "## Reproduction"
    yield ""
    yield "```"
    yield view["command"]
    yield "```"
    yield ""
    yield (
        f"With {libraries}, Pillow {steps['pillow']}, "
        f"libjpeg-turbo {steps['libjpeg_turbo']}. Seeds fix the splits, the draws and "
        "the order; sums over several threads are not bit-stable, so a second "
        "training differs in the last digits of its weights and a little in its "
        "figures."
    )
    yield ""
