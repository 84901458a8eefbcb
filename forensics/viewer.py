"""What the evidence viewer in the browser is told of a picture and its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forensics.models import EvidenceFile, Image
    from forensics.presentation import EvidencePage

# Error levels are dark by nature; other evidence is drawn as it should look.
_BRIGHT = {"ela": 3}
# A picture that is hardly larger than its display copy needs no tiles.
_WORTH_TILES = 1.05
_SIDEWAYS = (5, 6, 7, 8)
# A pair's log-odds from which the analysis itself claims a copy are in its codes.
_COPY_CODE = "copy_move"

Box = tuple[float, float, float, float]


def viewer_facts(image: Image, evidence: EvidencePage) -> dict[str, Any]:
    """Return JSON for the viewer; sizes and boxes are of the upright original."""
    preview = evidence.preview
    if preview is None:
        return {}
    orientation = _orientation(evidence)
    width, height = _upright_size(image, preview, orientation)
    is_reduced = max(width, height) > _WORTH_TILES * max(preview.width, preview.height)
    return {
        "engine": static("vendor/openseadragon/openseadragon.min.js"),
        "width": width,
        "height": height,
        "preview": {"url": _address(preview)},
        "tiles": reverse("forensics:tiles", args=[image.pk]) if is_reduced else None,
        "layers": [
            {
                "kind": picture.file.kind,
                "label": picture.label,
                "url": _address(picture.file),
                "covers": picture.covers,
                "bright": _BRIGHT.get(picture.file.kind, 1),
            }
            for picture in evidence.compared
        ],
        "pairs": _pairs(evidence, image, orientation),
    }


def _address(file: EvidenceFile) -> str:
    return reverse("forensics:evidence", args=[file.pk])


def _finding(evidence: EvidencePage, analyzer: str) -> Any:
    cards = (card for group in evidence.groups for card in group.cards)
    return next((c.finding for c in cards if c.finding.analyzer == analyzer), None)


def _orientation(evidence: EvidencePage) -> int:
    metadata = _finding(evidence, "metadata")
    found = metadata.data.get("orientation", 1) if metadata else 1
    return found if found in range(1, 9) else 1


def _upright_size(
    image: Image, preview: EvidenceFile, orientation: int
) -> tuple[int, int]:
    """Return the original's size as the display copy shows it."""
    width, height = image.width, image.height
    shape = preview.width / preview.height
    is_sideways = abs(height / width - shape) < abs(width / height - shape)
    if orientation in _SIDEWAYS or is_sideways:
        return height, width
    return width, height


def _pairs(
    evidence: EvidencePage, image: Image, orientation: int
) -> list[dict[str, Any]]:
    """Return the regions that recur in the picture, with words on how."""
    finding = _finding(evidence, "copy_move")
    pairs = finding.data.get("pairs") if finding else None
    size = (image.width, image.height)
    found = []
    for pair in pairs if isinstance(pairs, list) else []:
        boxes = [_box(pair.get(key)) for key in ("source_box", "copy_box")]
        if None in boxes:
            continue
        source, copy = (_upright(box, size, orientation) for box in boxes if box)
        found.append(
            {
                "source": source,
                "copy": copy,
                "certain": _COPY_CODE in finding.codes,
                "words": _words(pair),
            }
        )
    return found


def _box(found: object) -> Box | None:
    if not isinstance(found, list) or len(found) != 4:
        return None
    if not all(isinstance(edge, int | float) for edge in found):
        return None
    return (found[0], found[1], found[2], found[3])


def _upright(box: Box, size: tuple[int, int], orientation: int) -> Box:
    """Turn a box in stored pixels as the display copy is turned."""
    left, upper, right, lower = box
    width, height = size
    if orientation in (2, 3, 7, 8):
        left, right = width - right, width - left
    if orientation in (3, 4, 6, 7):
        upper, lower = height - lower, height - upper
    if orientation in _SIDEWAYS:
        return upper, left, lower, right
    return left, upper, right, lower


def _words(pair: Mapping[str, Any]) -> str:
    turned, scale = pair.get("rotation_deg", 0), pair.get("scale", 1)
    area = pair.get("area_px", 0)
    parts = [_("%(area)s px") % {"area": number_format(area, force_grouping=True)}]
    if abs(turned) >= 1:
        parts.append(_("turned by %(degrees).0f°") % {"degrees": turned})
    if abs(scale - 1) >= 0.02:
        parts.append(_("scaled to %(percent).0f %%") % {"percent": 100 * scale})
    if pair.get("mirrored"):
        parts.append(_("mirrored"))
    return ", ".join(parts)
