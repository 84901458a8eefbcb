"""How a JPEG file is built, as facts: no claim about the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from forensics.analysis.containers import ImageFormat
from forensics.analysis.jpeg_scale import subsampling
from forensics.analysis.jpeg_structure.embedded import Inside, find_inside
from forensics.analysis.jpeg_structure.families import Tables, read_tables
from forensics.analysis.jpeg_structure.layout import Layout, read_layout
from forensics.analysis.jpeg_structure.sections import sections_of
from forensics.analysis.jpeg_structure.trailing import Piece, read_trailing
from forensics.analysis.jpeg_structure.words import summary_of
from forensics.analysis.types import Finding, FindingStatus, NotApplicableError

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.types import Json

# Kinds of trailing data that cameras and phones write themselves.
_USUAL: Final = frozenset(
    ("jpeg", "padding", "samsung_trailer", "canon_trailer", "vivo_trailer", "video")
)


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything that was read from one file."""

    layout: Layout
    tables: Tables
    trailing: tuple[Piece, ...]
    inside: tuple[Inside, ...]

    @property
    def subsampling(self) -> str:
        """Chroma subsampling in the usual words."""
        return subsampling(self.layout.frame)

    @property
    def trailing_bytes(self) -> int:
        """Bytes behind the end of the primary image."""
        return sum(piece.size for piece in self.trailing)

    @property
    def is_saved_after_photoshop(self) -> bool:
        """Whether the file notes a Photoshop quality but has libjpeg's tables."""
        standard = self.tables.family.code in ("ijg", "mozjpeg")
        return self.tables.declared is not None and standard

    @property
    def lacks_restarts(self) -> bool:
        """Whether the restart markers are not as many as announced."""
        restarts = self.layout.restarts
        return restarts.interval > 0 and restarts.expected != restarts.markers

    @property
    def codes(self) -> tuple[str, ...]:
        """Stable words for what is notable."""
        kinds = {one.kind for one in self.inside}
        unusual = [p for p in self.trailing if p.kind not in _USUAL]
        flags = {
            "progressive": "progressive" in self.layout.coding,
            "trailing_data": bool(unusual),
            "second_picture": bool(kinds - {"thumbnail", "motion_photo", "video"}),
            "gain_map": "gain_map" in kinds,
            "motion_photo": bool(kinds & {"motion_photo", "video"}),
            "saved_after_photoshop": self.is_saved_after_photoshop,
            "restart_mismatch": self.lacks_restarts,
        }
        return tuple(code for code, holds in flags.items() if holds)


@dataclass(frozen=True, slots=True)
class JpegStructureAnalyzer:
    """Tables, coding, segments and what a JPEG carries besides its picture.

    Facts for a reader, without a score: the same structure comes from honest and from
    dishonest hands.

    References
    ----------
    ITU-T T.81 (1992); CIPA DC-007 (multi-picture format).
    Kornblum, J. (2008). Using JPEG quantization tables to identify imagery processed
    by software. Digital Investigation 5.
    """

    name: str = "jpeg_structure"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Take the file apart.

        Raises
        ------
        NotApplicableError
            The file is no JPEG.
        """
        if evidence.header.format != ImageFormat.JPEG:
            raise NotApplicableError(
                f"The file is {evidence.header.format}: it has no JPEG structure."
            )
        structure = read_structure(evidence)
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=summary_of(structure),
            codes=structure.codes,
            data={**_facts(structure), "sections": sections_of(structure)},
        )


def read_structure(evidence: ImageEvidence) -> Structure:
    """Read a JPEG that the container walk has passed."""
    data, blocks = evidence.data, evidence.blocks
    layout = read_layout(data)
    trailing = read_trailing(data, layout.end)
    return Structure(
        layout=layout,
        tables=read_tables(data, layout.segments, blocks.photoshop),
        trailing=trailing,
        inside=find_inside(data, layout.segments, blocks, trailing),
    )


def _facts(found: Structure) -> dict[str, Json]:
    layout, tables = found.layout, found.tables
    declared = tables.declared
    return {
        "quality": {
            facts.role: {
                "ijg": facts.fit.quality,
                "exact": facts.fit.is_exact,
                "largest_difference": facts.fit.largest,
                "mean_difference": round(facts.fit.mean, 3),
            }
            for facts in reversed(tables.tables)
        },
        "family": tables.family.code,
        "declared_quality": None
        if declared is None
        else [declared.program, declared.quality, declared.highest],
        "coding": layout.coding,
        "subsampling": found.subsampling,
        "huffman": layout.codes,
        "scans": len(layout.scans),
        "restart_interval": layout.restarts.interval,
        "restart_markers": layout.restarts.markers,
        "segments": len(layout.parts),
        "trailing_bytes": found.trailing_bytes,
        "trailing": [
            {"kind": p.kind, "offset": p.offset, "size": p.size} for p in found.trailing
        ],
        "inside": [
            {"kind": i.kind, "offset": i.offset, "size": i.size} for i in found.inside
        ],
    }
