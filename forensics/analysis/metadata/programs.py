"""Names of programs, by what their signature in a file says about it."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A signature is short; what is longer is somebody's text.
_MAX_SIGNATURE = 1000


class ProgramKind(Enum):
    """What a program that signed a file has done to it."""

    GENERATOR = "generator"
    RAW_DEVELOPER = "raw developer"
    EDITOR = "editor"
    RESAVER = "resaver"


# First match wins: developers that carry an editor's name come before editors. A
# space in a name stands for up to three marks or none: DALL·E, DALL-E, DALL?E.
_PROGRAMS: Mapping[ProgramKind, tuple[str, ...]] = {
    ProgramKind.GENERATOR: (
        "Adobe Firefly",
        "Midjourney",
        "DALL E",
        "ChatGPT",
        "GPT 4o",
        "OpenAI",
        "Stable Diffusion",
        "SDXL",
        "FLUX 1 dev",
        "FLUX 1 schnell",
        "FLUX 1 pro",
        "FLUX 1 Kontext",
        "Black Forest Labs",
        "Made with Google AI",
        "Bing Image Creator",
        "NovelAI",
        "InvokeAI",
        "ComfyUI",
        "Automatic1111",
        "Fooocus",
        "DreamStudio",
        "Stability AI",
        "Leonardo AI",
        "Ideogram",
    ),
    ProgramKind.RAW_DEVELOPER: (
        "Lightroom",
        "Adobe Camera Raw",
        "Capture One",
        "DxO",
        "RawTherapee",
        "darktable",
        "UFRaw",
        "dcraw",
        "SILKYPIX",
        "Digital Photo Professional",
        "View NX",
        "Capture NX",
        "NX Studio",
    ),
    ProgramKind.EDITOR: (
        "Photoshop",
        "GIMP",
        "Affinity Photo",
        "Affinity Designer",
        "Pixelmator",
        "Snapseed",
        "PicsArt",
        "Canva",
        "Paint.NET",
        "Facetune",
        "FaceApp",
        "BeautyPlus",
        "PaintShop Pro",
        "Paint Shop Pro",
        "Corel",
        "Photopea",
        "Pixlr",
        "Fotor",
        "BeFunky",
        "Krita",
        "Clip Studio",
        "Procreate",
        "Luminar",
        "Skylum",
        "Topaz",
        "ACDSee",
        "PhotoScape",
        "PhotoFiltre",
        "VSCO",
        "Meitu",
        "Lightleap",
        "Picasa",
        "Edited with Google AI",
    ),
    ProgramKind.RESAVER: (
        "gd jpeg",
        "ImageMagick",
        "GraphicsMagick",
        "FFmpeg",
        "Lavc",
        "IrfanView",
        "XnView",
        "gThumb",
        "Gwenview",
        "Shotwell",
        "Microsoft Windows Photo Viewer",
        "Windows Photo Editor",
    ),
}


# Whole lines that programs leave in comments and credits.
_NOTICES: tuple[tuple[ProgramKind, str, re.Pattern[str]], ...] = tuple(
    (kind, name, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for kind, name, pattern in (
        (ProgramKind.GENERATOR, "Google AI", r"Made with Google AI"),
        (ProgramKind.EDITOR, "Google AI", r"Edited with Google AI"),
        (ProgramKind.EDITOR, "GIMP", r"Created with (?:The )?GIMP(?: on a Mac)?"),
        (
            ProgramKind.EDITOR,
            "Photoshop",
            r"File written by Adobe Photoshop\W{0,3}[\d.]*",
        ),
        (ProgramKind.RESAVER, "gd-jpeg", r"CREATOR: gd-jpeg v[\d.]+\b.*"),
        (ProgramKind.RESAVER, "Lavc", r"Lavc[\d.]+"),
        (
            ProgramKind.RESAVER,
            "ImageMagick",
            r"Processed By eBay with ImageMagick\b.*",
        ),
    )
)
# A generator's name convicts: it has to open the signature, at most behind its maker.
_LEAD = (
    r"\s*(?:(?:created|made|generated) (?:with|by|using|in) )?"
    r"(?:(?:Adobe|Google|Microsoft|OpenAI|Stability AI|Black Forest Labs)[ ,:/-]*)?"
)


def _pattern(kind: ProgramKind, name: str) -> re.Pattern[str]:
    words = r"[\W_]{0,3}".join(re.escape(word) for word in name.split(" "))
    # Versions are often written onto the name: GIMP2.10, Lavc58.
    end = "(?![a-z0-9])" if name[-1].isdigit() else "(?![a-z])"
    start = rf"\A{_LEAD}" if kind is ProgramKind.GENERATOR else r"\b"
    return re.compile(start + words + end, re.IGNORECASE)


_COMPILED = (
    # *Imagen 2* begins many a Spanish title: nothing but a version may follow.
    (
        ProgramKind.GENERATOR,
        "Imagen",
        re.compile(
            rf"\A{_LEAD}Imagen[ -]?[2-4](?:\.\d)?"
            r"(?:[ -](?:fast|ultra|generate|preview|\d+))*\s*\Z",
            re.IGNORECASE,
        ),
    ),
    *(
        (kind, name, _pattern(kind, name))
        for kind, names in _PROGRAMS.items()
        for name in names
    ),
)


def identify(text: str) -> tuple[ProgramKind, str] | None:
    """Name the program in a text from a place where programs sign.

    Camera firmware (``Ver.1.00``, ``16.5.1``, ``HDR+ 1.0``) matches nothing.
    """
    signature = text[:_MAX_SIGNATURE]
    for kind, name, pattern in _COMPILED:
        if pattern.search(signature):
            return kind, name
    return None


def identify_notice(text: str) -> tuple[ProgramKind, str] | None:
    """Name the program whose own line a comment or credit is, word for word."""
    line = text[:_MAX_SIGNATURE].strip("\x00 \t\r\n")
    for kind, name, pattern in _NOTICES:
        if pattern.fullmatch(line):
            return kind, name
    return None
