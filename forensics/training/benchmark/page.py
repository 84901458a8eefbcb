"""The results as one HTML file that asks nothing of any other machine."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from forensics.training.benchmark.plots import panel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MOST_LEAKS = 200
_PROTOCOLS = {
    "raw": "raw: the file as it is",
    "recompressed": "recompressed: JPEG quality 75-95, metadata dropped",
    "equalized": "equalized: resized by 0.80-0.95, then JPEG quality 75-95",
    "shared_online": "shared online: at most 1,280 px or x0.75, then quality 80",
}
_FIGURES = {
    "auc": "AUC",
    "recall_at_5_percent": "recall at 5 % false positives",
    "balanced_accuracy": "balanced accuracy",
    "recall": "fakes called",
    "false_alarms": "untouched called",
    "ece": "ECE",
}
_PLACES = {
    "f1": "F1 at 0.5",
    "iou": "IoU at 0.5",
    "region_f1": "F1 of marks that touch",
    "best_threshold": "best threshold",
    "best_f1": "F1 there",
    "best_iou": "IoU there",
    "marked_untouched": "marked of untouched",
}
_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; color: #1c2230; background: #fff; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 3rem; border-top: 2px solid #1c2230;
  padding-top: 1rem; } h3 { margin-top: 2rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; margin: .6rem 0;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .7rem; border-bottom: 1px solid #d5d9e2;
  vertical-align: top; } td small { color: #5a6172; white-space: nowrap; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
figcaption, .note { color: #5a6172; max-width: 60rem; }
"""


def render_page(results: Mapping[str, Any]) -> str:
    """Write the page.

    Parameters
    ----------
    results : mapping
        What `results.json` holds.
    """
    sets = results["sets"]
    sections = (*_head(results), _glance(sets), *_leaks(results), *_sets(sets))
    body = "\n".join(sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of Pixelwarden</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _head(results: Mapping[str, Any]) -> Iterator[str]:
    run = results["run"]
    yield "<h1>Evaluation</h1>"
    yield f"<p><code>{escape(results['command'])}</code></p>"
    yield (
        f"<p>{escape(results['created'])}, pipeline {escape(run['pipeline'])}, seed "
        f"{run['seed']}, {results['processes']} process(es). "
        "Figures with 95 % intervals: bootstrap of "
        f"{results['resamples']} draws of pictures within classes, exact binomial for "
        "shares called. The bare header looks up format and JPEG tables, without one "
        "pixel: a score no better than that may have learned nothing but the "
        "leak.</p>"
    )
    if results["bands"]:
        _, suspicious, fake = results["bands"]
        yield (
            f"<p>The verdict is <em>suspicious</em> from a score of {suspicious:.2f} "
            f"and <em>fake</em> from {fake:.2f}; <em>called</em> means either.</p>"
        )
    rows = [
        (m["name"], m["version"], m["engine"], _listed(m["training_pictures"]))
        for m in results["models"]
    ]
    if rows:
        heads = ("Model", "Version", "Engine", "Training pictures listed")
        yield _table("Models that took part", heads, rows)


def _glance(sets: Mapping[str, Any]) -> str:
    rows = []
    for name, part in sets.items():
        for protocol, figures in part["protocols"].items():
            targets = figures.get("targets", {})
            refused = refusals(figures)
            if targets or refused:
                target = next(iter(targets), "-")
                own = targets.get(target, {})
                header = targets.get("header_only", {}).get("auc")
                cells = (own.get(figure) for figure in _FIGURES)
                rows.append((name, protocol, target, *cells, header, refused or "-"))
    last = ("AUC of the bare header", "Refused by the pipeline")
    heads = ("Set", "Protocol", "Signal", *_FIGURES.values(), *last)
    return _table("At a glance", heads, rows)


def refusals(figures: Mapping[str, Any]) -> str:
    """Say how many pictures of each class are in no figure; empty where none."""
    counts = figures["refused_by_class"]
    words = {"fake": "fakes", "authentic": "authentic"}
    parts = [f"{counts[key]:,} {word}" for key, word in words.items() if counts[key]]
    return ", ".join(parts)


def _listed(number: int | None) -> str:
    return "no list: leaks cannot be told" if number is None else f"{number:,}"


def _leaks(results: Mapping[str, Any]) -> Iterator[str]:
    leaks = results["leaks"]
    yield "<h2>Refused as known from training</h2>"
    if not leaks:
        yield "<p>None.</p>"
        return
    yield (
        f"<p>{len(leaks)} pictures were left out: a near-duplicate, mirrored or not, "
        f"within {results['near_duplicate_bits']} of 64 bits of a perceptual hash, or "
        "a source named by the file, is in a training list.</p>"
    )
    rows = [
        (
            f"{leak['set']}/{leak['file']}",
            leak["known"] + (" (mirrored)" if leak["mirrored"] else ""),
            leak["list"],
            "by name" if leak["bits"] is None else leak["bits"],
        )
        for leak in leaks[:_MOST_LEAKS]
    ]
    heads = ("Test picture", "Training picture", "List", "Bits apart")
    more = len(leaks) - len(rows)
    rest = f"; {more} more in results.json" if more else ""
    yield _table(f"Refused{rest}", heads, rows)


def _sets(sets: Mapping[str, Any]) -> Iterator[str]:
    number = 0
    for name, part in sets.items():
        yield f"<h2>{escape(name)}</h2>"
        kinds = ", ".join(f"{n:,} {escape(k)}" for k, n in part["kinds"].items())
        masks = ", ".join(f"{n:,} {escape(k)}" for k, n in part["masks"].items())
        yield f"<p>{kinds}; {part['sources']:,} groups by source; masks: {masks}.</p>"
        for protocol, figures in part["protocols"].items():
            number += 1
            yield f"<h3>{escape(_PROTOCOLS[protocol])}</h3>"
            yield from _protocol(name, figures, f"p{number}")


def _protocol(name: str, figures: Mapping[str, Any], ident: str) -> Iterator[str]:
    n = figures["n"]
    refused = refusals(figures)
    yield (
        f"<p>{n['fake']:,} fakes, {n['authentic']:,} authentic"
        f"{f'; refused by the pipeline: {refused}' if refused else ''}.</p>"
    )
    targets = figures.get("targets", {})
    if not targets:
        return
    yield _plots(name, figures, ident)
    yield _table(
        "Scores", ("Signal", *_FIGURES.values(), "No score"), _score_rows(targets)
    )
    kinds = list(_kind_rows(targets))
    if kinds:
        heads = ("Signal", "Kind", "n", *list(_FIGURES.values())[:4])
        yield _table("By kind of forgery", heads, kinds)
    places = list(_place_rows(targets))
    if places:
        heads = ("Signal", "Kind", "n", *_PLACES.values())
        yield _table("Where it was edited", heads, places)
    yield _table("Seconds a picture", ("", ""), _second_rows(figures["seconds"]))
    yield _table(
        "The verdict's worst failures, or the first signal's",
        ("", "Picture", "Kind", "Score", "Verdict"),
        _worst_rows(next(iter(targets.values()))["worst"]),
    )


def _plots(name: str, figures: Mapping[str, Any], ident: str) -> str:
    svg = panel(figures, name=ident)
    if not svg:
        return ""
    label = f"ROC, reliability and scores on {name}; the tables below have the figures"
    return f'<figure role="img" aria-label="{escape(label)}">{svg}</figure>'


def _score_rows(targets: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for target, own in targets.items():
        cells = (own.get(figure) for figure in _FIGURES)
        yield (target, *cells, _without_score(own))


def _without_score(figures: Mapping[str, Any]) -> str:
    """Say for how many pictures, and why, the others' median stands."""
    reasons = ("not_applicable", "failed", "silent")
    words = [f"{figures[r]:,} {r.replace('_', ' ')}" for r in reasons if figures[r]]
    return ", ".join(words) or "-"


def _kind_rows(targets: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for target, own in targets.items():
        for kind, figures in own["kinds"].items():
            cells = (figures.get(figure) for figure in list(_FIGURES)[:4])
            yield (target, kind, figures["n"], *cells)


def _place_rows(targets: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for target, own in targets.items():
        places = own.get("localization", {})
        if not places:
            continue
        for kind, figures in (("all", places), *places.get("kinds", {}).items()):
            cells = (figures.get(figure) for figure in _PLACES)
            yield (target, kind, figures.get("n"), *cells)


def _second_rows(seconds: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for name, value in seconds.items():
        if isinstance(value, dict):
            yield from value.items()
        else:
            yield (name.replace("_", " "), value)


def _worst_rows(worst: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for part, words in (("false_alarms", "false alarm"), ("misses", "missed")):
        for row in worst[part]:
            place = f"{row['set']}/{row['file']}"
            yield (words, place, row["kind"], row["score"], row["verdict"])


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        low, high = value["low"], value["high"]
        return f"{value['value']:.3f} <small>{low:.3f}-{high:.3f}</small>"
    return "-" if value is None else escape(str(value))
