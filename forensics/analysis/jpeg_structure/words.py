"""What a moderator reads of a file's structure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.analysis.jpeg_structure.analyzer import Structure

_LIMIT = (
    "This tells which program wrote the file last, not whether the picture was "
    "changed: honest copies and forgeries share such structures."
)


def summary_of(found: Structure) -> str:
    """Say in words how the file is built, and what that is worth."""
    words = [_tables(found), _coding(found), *_carried(found)]
    if found.is_saved_after_photoshop:
        words.append(
            "It carries Photoshop's note of a quality, but not Photoshop's tables: "
            "another program saved it afterwards."
        )
    if found.lacks_restarts:
        words.append(
            "The coded data hold another number of restart markers than announced: "
            "the file is damaged, or was cut by hand."
        )
    return " ".join([*words, _LIMIT])


def _tables(found: Structure) -> str:
    family = found.tables.family
    luma, chroma = found.tables.of("luma"), found.tables.of("chroma")
    if luma is None:
        return "The file has no quantization table of the brightness."
    words = f"Quantization: {family.name}."
    if luma.fit.is_exact and family.code == "ijg":
        return words
    near = f"On libjpeg's scale the brightness is nearest to {luma.fit.quality}"
    if chroma is not None:
        near += f", the color to {chroma.fit.quality}"
    exact = " (exactly)" if luma.fit.is_exact else ""
    return f"{words} {near}{exact}."


def _coding(found: Structure) -> str:
    layout = found.layout
    scans = restarts = ""
    if "progressive" in layout.coding:
        scans = f" in {len(layout.scans)} scans ({layout.script})"
    if layout.restarts.interval:
        restarts = f", a restart every {layout.restarts.interval} blocks"
    sampling = found.subsampling or "unknown sampling"
    return (
        f"Coding: {layout.coding}{scans}, {sampling}, Huffman tables {layout.codes}"
        f"{restarts}."
    )


def _carried(found: Structure) -> list[str]:
    words = []
    names = sorted({one.name for one in found.inside})
    if names:
        words.append(f"Inside the file: {', '.join(names)}.")
    if found.trailing:
        kinds = ", ".join(dict.fromkeys(piece.name for piece in found.trailing))
        count = f"{found.trailing_bytes:,}"
        words.append(f"Behind the picture's end lie {count} more bytes: {kinds}.")
    return words
