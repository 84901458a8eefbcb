"""Everything the metadata of one picture say, gathered for the rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forensics.analysis.containers import ImageFormat
from forensics.analysis.metadata.exif import Exif, coordinates, read_exif
from forensics.analysis.metadata.icc import read_icc
from forensics.analysis.metadata.iptc import Iptc, read_iptc
from forensics.analysis.metadata.jpeg import JpegFacts, read_jpeg
from forensics.analysis.metadata.thumbnail import ThumbnailMatch, compare_thumbnail
from forensics.analysis.metadata.values import clean_text
from forensics.analysis.metadata.xmp import Xmp, read_xmp

if TYPE_CHECKING:
    from forensics.analysis.image import ImageEvidence

_MAX_COMMENTS = 20
# Generators put whole recipes into texts; the rules read this much of each.
_RULE_TEXT = 20_000
_SOFTWARE_XMP = (
    "xmp:CreatorTool",
    "stEvt:softwareAgent",
    "tiff:Software",
    "exif:Software",
    "pdf:Producer",
    "xmp:Software",
)
_SOFTWARE_EXIF = ("Software", "ProcessingSoftware")
_SOFTWARE_TEXTS = frozenset(("software", "creator tool"))


@dataclass(frozen=True, slots=True)
class Named:
    """A text and where in the file it stood."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The parsed blocks of one picture. Texts are as found: for rules, not for show."""

    format: str
    width: int
    height: int
    exif: Exif = field(default_factory=Exif)
    xmp: Xmp = field(default_factory=Xmp)
    iptc: Iptc = field(default_factory=Iptc)
    icc: dict[str, str | int] = field(default_factory=dict)
    jpeg: JpegFacts | None = None
    thumbnail: ThumbnailMatch | None = None
    texts: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    c2pa: bytes = field(default=b"", repr=False)

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in decimal degrees."""
        return coordinates(self.exif.gps)

    @property
    def is_bare(self) -> bool:
        """Whether nothing but pixels (and perhaps a color profile) is there."""
        named = self.texts or self.comments or self.c2pa
        blocks = self.xmp.properties or self.iptc.records or self.iptc.resources
        return self.has_no_camera and not named and not blocks

    @property
    def has_no_camera(self) -> bool:
        """Whether EXIF names neither camera nor program nor exposure."""
        names = ("Make", "Model", "Software")
        exposure = self.exif.number("ExposureTime")
        return exposure is None and not any(self.exif.text(name) for name in names)

    def software(self) -> tuple[Named, ...]:
        """Every text in a place kept for the name of a program."""
        found = [Named(f"EXIF {tag}", self.exif.text(tag)) for tag in _SOFTWARE_EXIF]
        for name in _SOFTWARE_XMP:
            found += [Named(f"XMP {name}", value) for value in self.xmp.values(name)]
        programs = self.iptc.records.get("OriginatingProgram", ())
        found += [Named("IPTC OriginatingProgram", text) for text in programs]
        found += [
            Named(f"PNG text {clean_text(key, 40)}", text)
            for key, text in self.texts
            if key.lower() in _SOFTWARE_TEXTS
        ]
        return tuple(named for named in found if named.text)

    def notices(self) -> tuple[Named, ...]:
        """Texts of people, in which some programs leave a line of their own.

        Captions and credits name programs and their makers in passing, so only a
        program's whole line counts here.
        """
        found = [Named("comment", text) for text in self.comments]
        credits_ = self.xmp.values("photoshop:Credit")
        found += [Named("XMP photoshop:Credit", text) for text in credits_]
        credits_ = self.iptc.records.get("Credit", ())
        found += [Named("IPTC Credit", text) for text in credits_]
        return tuple(found)

    def descriptions(self) -> tuple[Named, ...]:
        """Free texts that image generators fill with their parameters."""
        exif = [
            Named(f"EXIF {tag}", self.exif.text(tag))
            for tag in ("UserComment", "ImageDescription", "XPComment", "Artist")
        ]
        xmp = [
            Named(f"XMP {name}", value)
            for name in ("dc:description", "exif:UserComment", "dc:creator")
            for value in self.xmp.values(name)
        ]
        texts = [
            Named(f"PNG text {clean_text(key, 40)}", text) for key, text in self.texts
        ]
        comments = [Named("comment", text) for text in self.comments]
        return tuple(n for n in (*exif, *xmp, *texts, *comments) if n.text)


def gather(evidence: ImageEvidence) -> Facts:
    """Parse every block of a picture; unreadable ones count as absent."""
    header, blocks = evidence.header, evidence.blocks
    is_jpeg = header.format == ImageFormat.JPEG
    is_tiff = header.format == ImageFormat.TIFF
    exif = read_exif(blocks.exif, has_thumbnail=not is_tiff)
    thumbnail = exif.thumbnail
    match = compare_thumbnail(thumbnail, evidence.pixels) if thumbnail else None
    comments = blocks.comments[:_MAX_COMMENTS]
    return Facts(
        format=header.format,
        width=header.width,
        height=header.height,
        exif=exif,
        xmp=read_xmp(blocks.xmp),
        iptc=read_iptc(blocks.photoshop, blocks.iptc),
        icc=read_icc(blocks.icc),
        jpeg=read_jpeg(evidence.data) if is_jpeg else None,
        thumbnail=match,
        texts=tuple((key, text[:_RULE_TEXT]) for key, text in blocks.texts),
        comments=tuple(clean_text(comment, 4000) for comment in comments),
        applications=blocks.applications[:100],
        c2pa=blocks.c2pa,
    )
