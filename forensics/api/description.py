"""How lists and details describe ``fields``, ``expand`` and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.validators import RegexValidator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import Direction, OpenApiParameter
from rest_framework.fields import CharField

from forensics.api import describing_filters  # noqa: F401 - registers itself
from forensics.api.reading import Shaping
from forensics.api.shaping import MAX_TEXT, expansions_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forensics.api.shaping import Expansion

READS = frozenset({"list", "retrieve"})


class Described(AutoSchema):
    """The generator's view of a view, with what every read of ours takes."""

    def get_override_parameters(self) -> list[Any]:
        """Add the parameters of ``forensics.api.reading``."""
        given: list[Any] = list(super().get_override_parameters())
        if not self._is_read():
            return given
        known = expansions_of(self.view)
        if known:
            given.append(_expand(known, self._kinds(known)))
        given.append(_fields())
        given.append(
            OpenApiParameter(
                "If-None-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="An `ETag` of an earlier answer: 304 where it is the same.",
            )
        )
        given.append(
            OpenApiParameter(
                "ETag",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                response=[200],
                description="The answer's version, weak.",
            )
        )
        return given

    def _map_serializer_field(
        self,
        field: Any,
        direction: Direction,
        bypass_extensions: bool = False,  # noqa: FBT001, FBT002 - called so
    ) -> Any:
        """Say of texts that are trimmed, and may not be blank, that spaces are none."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        is_text = "string" in schema.get("type", ()) and "enum" not in schema
        if direction == "request" and is_text and _is_trimmed(field):
            schema.setdefault("pattern", r"\S")
        return schema

    def _kinds(self, known: Mapping[str, Expansion]) -> dict[str, str]:
        """Return the names of the schemas of what can be expanded."""
        is_list = getattr(self.view, "action", "") == "list"
        found = {}
        for name, expansion in known.items():
            kind = expansion.kind(is_list=is_list)
            found[name] = self.resolve_serializer(cast("Any", kind), "response").name
        return found

    def _is_read(self) -> bool:
        action = getattr(self.view, "action", "")
        return isinstance(self.view, Shaping) and action in READS


def _is_trimmed(field: Any) -> bool:
    """Return whether a text of spaces is as good as none, and nothing says so yet."""
    return (
        isinstance(field, CharField)
        and field.trim_whitespace
        and not field.allow_blank
        and not any(isinstance(one, RegexValidator) for one in field.validators)
    )


def _expand(known: Mapping[str, Expansion], kinds: dict[str, str]) -> OpenApiParameter:
    listed = "; ".join(f"`{name}`: {known[name].help}" for name in sorted(known))
    # Taken out again by `add_reads`, which needs them.
    items = {"type": "string", "enum": sorted(known), "x-kinds": kinds}
    return OpenApiParameter(
        "expand",
        {"type": "array", "items": items},
        description=f"Objects to put in the place of ids. {listed}. Null where there "
        "is none that you may see.",
        style="form",
        explode=False,
    )


def _fields() -> OpenApiParameter:
    return OpenApiParameter(
        "fields",
        {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
        description="Names of fields, by comma; parts of objects after a dot "
        "(`id,analysis.verdict`). Only these are answered.",
    )


# --- After the whole description is made ---------------------------------------------
REF = "#/components/schemas/"


def add_reads(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,  # noqa: FBT001 - called so
) -> dict[str, Any]:
    """Describe 304, and what an answer is with ``fields`` or ``expand``; a hook."""
    parts = Parts(result["components"]["schemas"])
    for operations in result["paths"].values():
        operation = operations.get("get", {})
        names = {one["name"]: one for one in operation.get("parameters", [])}
        if "cursor" in names:
            _refuse_empty(names.values())
        if "fields" not in names:
            continue
        operation["responses"]["304"] = {"description": "As `If-None-Match` has it."}
        expand = names.get("expand", {}).get("schema", {}).get("items", {})
        kinds = expand.pop("x-kinds", {})
        content = operation["responses"]["200"]["content"]["application/json"]
        content["schema"] = parts.also_chosen(content["schema"], kinds)
    return result


def _refuse_empty(parameters: Iterable[dict[str, Any]]) -> None:
    """Say of a list's parameters what the filters do: an empty one is a mistake."""
    for one in parameters:
        schema = one.get("schema", {})
        if one["in"] == "query" and schema.get("type") == "string":
            schema.setdefault("minLength", 1)


class Parts:
    """Makes of each schema one more, ``...Part``, whose fields may all be missing."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def also_chosen(self, schema: dict[str, Any], kinds: dict[str, str]) -> Any:
        """Return the schema of an answer as it is, or of which parts were chosen."""
        name = _name(schema)
        if name.startswith("Paginated"):
            page = self._schemas[name]["properties"]
            items = page["results"]["items"]
            if "anyOf" not in items:
                page["results"]["items"] = self.also_chosen(items, kinds)
            return schema
        return {"anyOf": [schema, {"$ref": REF + self._part(name, kinds)}]}

    def _part(self, name: str, kinds: dict[str, str] | None = None) -> str:
        part = f"{name}Expanded" if kinds else f"{name}Part"
        if part not in self._schemas:
            whole = self._schemas[name]
            made: dict[str, Any] = {
                "type": "object",
                "description": f"{name}, where `fields` or `expand` was sent.",
            }
            self._schemas[part] = made  # before its parts, which may hold itself
            fields = {n: self._loose(s) for n, s in whole["properties"].items()}
            for n, kind in (kinds or {}).items():
                fields[n] = self._either(fields.get(n), kind)
            made["properties"] = fields
        return part

    def _either(self, usual: Any, kind: str) -> dict[str, Any]:
        expanded = [{"$ref": REF + self._part(kind)}, {"type": "null"}]
        return {"anyOf": [usual, *expanded] if usual else expanded}

    def _loose(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._loose(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        name = _name(schema)
        if name and "properties" in self._schemas.get(name, {}):
            return {**schema, "$ref": REF + self._part(name)}
        return {key: self._loose(inner) for key, inner in schema.items()}


def _name(schema: Any) -> str:
    return str(schema.get("$ref", "")).removeprefix(REF)
