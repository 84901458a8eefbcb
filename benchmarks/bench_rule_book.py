"""What the rule book names in the files of folders.

``python -m benchmarks.bench_rule_book FOLDER...`` prints one JSON object a file: the
rules and codes that apply, or why the file was refused; the last line counts them.
``--without-refused`` leaves out what is no picture. ``--against-exiftool`` adds a line:
how many of the files in which ExifTool reads an editor's or a tool's name get a code
for it, and which do not.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata.facts import gather
from forensics.analysis.metadata.rules import evaluate
from forensics.analysis.types import ImageRejectedError, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


# Names as they stood in the files that were measured, whatever the rule book knows.
EDITORS = re.compile(
    r"photoshop|imageready|gimp|lightroom|paint ?shop|paint\.net|picasa|pixelmator"
    r"|zoner|inkscape|panotools|camera raw|darktable|lightzone|capture nx|viewnx"
    r"|photopro|dxo|acd systems",
    re.IGNORECASE,
)
TOOLS = re.compile(
    r"imagemagick \d|irfanview|gthumb|gd-jpeg|xv version|ghostscript|\bpil\b|tifffile"
    r"|hylafax|kofax|digikam|shotwell|quicktime|graphicconverter|idimager|ofotonow"
    r"|pnmtopng|f-spot|photo gallery|applemark|lead tech|tifflib|magick\+\+"
    r"|image capture|powerexif",
    re.IGNORECASE,
)
EXPECTED = {
    "editors": (EDITORS, {"editing_software", "raw_developer"}),
    "tools": (TOOLS, {"resaved_by_tool", "scanned", "metadata_edited"}),
}
TAGS = (
    "Software", "ProcessingSoftware", "CreatorTool", "HistorySoftwareAgent",
    "OriginatingProgram", "Comment", "Producer", "Creator_Tool",
)  # fmt: skip


def files_in(folders: Iterable[Path]) -> Iterator[Path]:
    """Yield every file below the folders, in order."""
    for folder in folders:
        found = [folder] if folder.is_file() else sorted(folder.rglob("*"))
        yield from (path for path in found if path.is_file())


def named_in(path: Path) -> dict[str, Any]:
    """Return what the rule book names in one file."""
    try:
        evidence = load_evidence(path.read_bytes(), Limits())
    except ImageRejectedError as reason:
        return {"file": str(path), "refused": reason.code.value}
    facts = gather(evidence)
    started = time.perf_counter()
    evaluation = evaluate(facts)
    spent = (time.perf_counter() - started) * 1000
    return {
        "file": str(path),
        "format": facts.format,
        "codes": list(dict.fromkeys(match.code for match in evaluation.matches)),
        "rules": [match.rule for match in evaluation.matches],
        "failed": list(evaluation.failed),
        "credential_bytes": len(facts.c2pa),
        "milliseconds": round(spent, 2),
    }


def against_exiftool(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Count the files in which ExifTool reads a name and the rule book gives a code."""
    listed = "\n".join(row["file"] for row in rows)
    command = ["exiftool", "-j", "-G1", "-a", *(f"-{tag}" for tag in TAGS), "-@", "-"]
    answer = subprocess.run(
        command, input=listed, capture_output=True, text=True, check=False
    )
    read = {entry.pop("SourceFile"): entry for entry in json.loads(answer.stdout)}
    result: dict[str, Any] = {}
    for name, (pattern, wanted) in EXPECTED.items():
        carrying = [
            row
            for row in rows
            if pattern.search(" | ".join(map(str, read.get(row["file"], {}).values())))
        ]
        missed = [row["file"] for row in carrying if wanted.isdisjoint(row["codes"])]
        result[name] = {
            "carry": len(carrying),
            "named": len(carrying) - len(missed),
            "missed": missed,
        }
    return result


def main() -> None:
    """Print one line a file, and a count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--without-refused", action="store_true")
    parser.add_argument("--against-exiftool", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    codes, files, refused, slowest = Counter[str](), 0, 0, 0.0
    for path in files_in(options.folders):
        found = named_in(path)
        if "refused" in found:
            refused += 1
            if options.without_refused:
                continue
        else:
            files += 1
            rows.append(found)
            codes.update(found["codes"])
            slowest = max(slowest, found["milliseconds"])
        print(json.dumps(found))
    counted = {"files": files, "refused": refused, "slowest_ms": slowest}
    print(json.dumps({**counted, "codes": dict(codes.most_common())}))
    if options.against_exiftool:
        print(json.dumps(against_exiftool(rows)))


if __name__ == "__main__":
    main()
