"""Words for the terms of manifests: actions, digital source types, uses in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forensics.analysis.provenance.values import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAINED: Final = "trainedAlgorithmicMedia"
COMPOSITE: Final = "compositeWithTrainedAlgorithmicMedia"
CAPTURES: Final = frozenset(("digitalCapture", "computationalCapture"))
CREATED: Final = "c2pa.created"
# What does not touch the picture.
HARMLESS: Final = frozenset((CREATED, "c2pa.published", "c2pa.watermarked.unbound"))

# IPTC NewsCodes, digital source type.
_SOURCES: Mapping[str, str] = {
    TRAINED: "made by a generative model",
    COMPOSITE: "contains parts made by a generative model",
    "algorithmicMedia": "made by a program, without training data",
    "algorithmicallyEnhanced": "a photograph enhanced by a program",
    "composite": "composed of several pictures",
    "compositeCapture": "composed of several photographs",
    "compositeSynthetic": "composed, with synthetic parts",
    "computationalCapture": "a photograph computed by the camera",
    "dataDrivenMedia": "drawn from data",
    "digitalArt": "drawn by a person with a program",
    "digitalCapture": "a digital photograph",
    "digitalCreation": "made by a person with a program",
    "humanEdits": "edited by a person",
    "minorHumanEdits": "a photograph with small edits by a person",
    "multiFrameComputationalCapture": "a photograph computed from several frames",
    "negativeFilm": "scanned from a negative",
    "positiveFilm": "scanned from a slide",
    "print": "scanned from a print",
    "screenCapture": "a capture of a screen",
    "softwareImage": "made with a program",
    "virtualRecording": "recorded in a virtual scene",
    "empty": "an empty canvas",
}
_ACTIONS: Mapping[str, str] = {
    CREATED: "Created",
    "c2pa.opened": "Opened",
    "c2pa.placed": "Another picture placed in it",
    "c2pa.removed": "Another picture removed from it",
    "c2pa.edited": "Edited",
    "c2pa.edited.metadata": "Metadata edited",
    "c2pa.enhanced": "Enhanced",
    "c2pa.color_adjustments": "Colors adjusted",
    "c2pa.adjustedColor": "Colors adjusted",
    "c2pa.converted": "Converted to another format",
    "c2pa.transcoded": "Encoded again",
    "c2pa.cropped": "Cropped",
    "c2pa.resized": "Resized",
    "c2pa.resized.proportional": "Resized",
    "c2pa.orientation": "Turned",
    "c2pa.filtered": "Filtered",
    "c2pa.drawing": "Drawn into",
    "c2pa.deleted": "A part deleted",
    "c2pa.published": "Published",
    "c2pa.redacted": "A statement removed",
    "c2pa.repackaged": "Packed anew",
    "c2pa.watermarked": "Watermarked",
    "c2pa.watermarked.bound": "Watermarked",
    "c2pa.watermarked.unbound": "Watermarked",
    "c2pa.dubbed": "Dubbed",
    "c2pa.translated": "Translated",
    "c2pa.managed": "Kept in an archive",
    "c2pa.produced": "Produced",
    "c2pa.saved": "Saved",
    "c2pa.unknown": "Something that is not recorded",
}
_USES: Mapping[str, str] = {
    "data_mining": "data mining",
    "ai_training": "training of models",
    "ai_generative_training": "training of generative models",
    "ai_inference": "use as input of models",
}
_PERMISSIONS: Mapping[str, str] = {
    "allowed": "allowed",
    "notAllowed": "not allowed",
    "constrained": "allowed under conditions",
}


def action_words(action: str) -> str:
    """Say an action in words; those of single makers keep their name."""
    return _ACTIONS.get(action, action)


def source_term(value: object) -> str:
    """Return the last part of a digital source type's address."""
    return text_of(text_of(value).rstrip("/").rpartition("/")[2], 60)


def source_words(term: str) -> str:
    """Say a digital source type in words; unknown ones keep their term."""
    return _SOURCES.get(term, term)


def training_words(entry: str, permission: str) -> str:
    """Say what a training and data mining entry asks for."""
    use = _USES.get(entry.rpartition(".")[2], entry)
    return f"{use}: {_PERMISSIONS.get(permission, permission or 'not said')}"
