"""The curves of an evaluation as SVG that can stand inside an HTML page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from forensics.training.header_only import HEADER_ONLY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # words stay words: to read, to search, to enlarge
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
# Okabe and Ito's colors, told apart by most color-blind people.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
_HIDDEN = {"Creator": None, "Date": None, "Format": None, "Type": None}


def panel(protocol: Mapping[str, Any], *, name: str) -> str:
    """Draw ROC curves, the verdict's reliability and its scores' histogram.

    Parameters
    ----------
    protocol : mapping
        One protocol's part of the results.
    name : str
        Letters and digits; keeps the identifiers of several drawings apart.

    Returns
    -------
    str
        An ``svg`` element without any address, or nothing where there is no curve.
    """
    targets = protocol.get("targets", {})
    verdict = targets.get("verdict", {})
    curves = {n: t["roc"] for n, t in targets.items() if "roc" in t}
    if not curves and "histogram" not in verdict:
        return ""
    style: dict[Any, Any] = {**_STYLE, "svg.hashsalt": name}
    with mpl.rc_context(style):
        figure = Figure(figsize=(10.5, 3.4), layout="constrained")
        axes = figure.subplots(1, 3)
        _roc(axes[0], curves)
        _reliability(axes[1], verdict.get("reliability", []))
        _histogram(axes[2], verdict.get("histogram", {}))
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata=_HIDDEN)
    return _standing_inside(written.getvalue(), name)


def _roc(axes: Axes, curves: Mapping[str, list[tuple[float, float]]]) -> None:
    for index, (target, points) in enumerate(curves.items()):
        x, y = zip(*points, strict=True)
        color, width = _COLORS[index % len(_COLORS)], 1.8 if index == 0 else 1.1
        if target == HEADER_ONLY:
            axes.plot(x, y, lw=width, color="black", ls="--", label=target)
        else:
            axes.plot(x, y, lw=width, color=color, label=target)
    axes.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls=":")
    axes.set(xlabel="false positives", ylabel="fakes found", title="ROC")
    if curves:
        axes.legend(fontsize=7, frameon=False, loc="lower right")


def _reliability(axes: Axes, bins: list[Mapping[str, Any]]) -> None:
    axes.plot([0, 1], [0, 1], color="#999999", lw=0.8, ls=":")
    for one in bins:
        share = one["fakes"]
        axes.plot([one["score"]] * 2, [share["low"], share["high"]], color=_COLORS[0])
    scores, shares = [b["score"] for b in bins], [b["fakes"]["value"] for b in bins]
    axes.plot(scores, shares, color=_COLORS[0], marker="o", ms=4, lw=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), title="Reliability of the verdict's score")
    axes.set(xlabel="mean score", ylabel="share of fakes, even prior")


def _histogram(axes: Axes, counts: Mapping[str, list[int]]) -> None:
    for index, (label, heights) in enumerate(counts.items()):
        total = max(1, sum(heights))
        edges = [i / len(heights) for i in range(len(heights) + 1)]
        shares = [height / total for height in heights]
        axes.stairs(shares, edges, color=_COLORS[1 - index], label=label)
    axes.set(xlabel="verdict's score", ylabel="share of the class", title="Scores")
    if counts:
        axes.legend(fontsize=7, frameon=False)


def _standing_inside(svg: str, name: str) -> str:
    """Cut the XML head and the addresses, and make identifiers the drawing's own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
