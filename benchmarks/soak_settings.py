"""The real settings, with three checks: what is soaked is the way around them."""

from forensics.analysis import pipeline
from forensics.analysis.ela import ElaAnalyzer
from forensics.analysis.jpeg_structure import JpegStructureAnalyzer
from forensics.analysis.metadata import MetadataAnalyzer

pipeline._analyzers = lambda options: iter(  # noqa: SLF001 - before anything is built
    (ElaAnalyzer(), MetadataAnalyzer(options.tag_reader), JpegStructureAnalyzer())
)

from config.settings import *  # noqa: E402, F403
