"""What the rule book names in the files of folders.

``python -m benchmarks.bench_rule_book FOLDER...`` prints one JSON object a file: the
rules and codes that apply, or why the file was refused; the last line counts them.
``--without-refused`` leaves out what is no picture.
"""

from __future__ import annotations

import argparse
import json
import sys
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


def main() -> None:
    """Print one line a file, and a count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--without-refused", action="store_true")
    options = parser.parse_args()
    codes, files, refused, slowest = Counter[str](), 0, 0, 0.0
    for path in files_in(options.folders):
        found = named_in(path)
        if "refused" in found:
            refused += 1
            if options.without_refused:
                continue
        else:
            files += 1
            codes.update(found["codes"])
            slowest = max(slowest, found["milliseconds"])
        print(json.dumps(found))
    counted = {"files": files, "refused": refused, "slowest_ms": slowest}
    print(json.dumps({**counted, "codes": dict(codes.most_common())}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
