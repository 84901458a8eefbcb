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
# space in a name stands for any run of spaces, hyphens, dots, underscores, or none.
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
        "Imagen 2",
        "Imagen 3",
        "Imagen 4",
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


def _pattern(name: str) -> re.Pattern[str]:
    words = (re.escape(word) for word in name.split(" "))
    # Versions are often written onto the name: GIMP2.10, Lavc58.
    return re.compile(rf"\b{'[ ._·-]*'.join(words)}(?![a-z])", re.IGNORECASE)


_COMPILED = tuple(
    (kind, name, _pattern(name)) for kind, names in _PROGRAMS.items() for name in names
)


def identify(text: str) -> tuple[ProgramKind, str] | None:
    """Name the program that a signature belongs to; None for firmware and others.

    Camera firmware (``Ver.1.00``, ``16.5.1``, ``HDR+ 1.0``) matches nothing.
    """
    signature = text[:_MAX_SIGNATURE]
    for kind, name, pattern in _COMPILED:
        if pattern.search(signature):
            return kind, name
    return None
