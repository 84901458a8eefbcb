"""What a new description of the API takes away from those who use the old one.

Of an answer, nothing may go or become another kind: clients read it. Of a request,
nothing that was taken may be refused: clients send it. What is added breaks nobody; new
words of an enum in answers are announced as such (docs/api/deprecation.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("get", "post", "put", "patch", "delete")
# Limits, and whether a higher one takes more.
LIMITS = {
    "maxLength": True,
    "maximum": True,
    "maxItems": True,
    "minLength": False,
    "minimum": False,
    "minItems": False,
}
ALTERNATIVES = ("anyOf", "oneOf")


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what breaks a client of ``old``, one sentence each, with its place."""
    comparison = Comparison(old, new)
    found: list[str] = []
    for path, operations in old["paths"].items():
        for method in METHODS:
            if method not in operations:
                continue
            place = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                found.append(f"{place}: is gone")
            else:
                found += comparison.operation(place, operations[method], now)
    return found


@dataclass
class Comparison:
    """Two descriptions, and which pairs of their schemas are being compared."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    _seen: set[tuple[str, str, bool]] = field(default_factory=set)

    def operation(self, place: str, was: Any, now: Any) -> Iterator[str]:
        """Compare one operation."""
        if was.get("operationId") != now.get("operationId"):
            yield f"{place}: operationId was {was.get('operationId')}"
        yield from self._parameters(place, was, now)
        yield from self._bodies(place, was, now)
        for status, answer in was["responses"].items():
            there = now["responses"].get(status)
            if there is not None:
                yield from self._answer(f"{place} {status}", answer, there)
            elif status.startswith("2"):
                yield f"{place}: never answers {status} any more"

    def _bodies(self, place: str, was: Any, now: Any) -> Iterator[str]:
        if "requestBody" not in was and now.get("requestBody", {}).get("required"):
            yield f"{place}: needs a body now"
        taken = now.get("requestBody", {}).get("content", {})
        for kind, content in was.get("requestBody", {}).get("content", {}).items():
            if kind in taken:
                yield from self._schema(
                    f"{place} body", content, taken[kind], is_sent=True
                )
            else:
                yield f"{place}: takes no {kind} any more"

    def _answer(self, place: str, was: Any, now: Any) -> Iterator[str]:
        for name in was.get("headers", {}):
            if name not in now.get("headers", {}):
                yield f"{place}: header {name} is gone"
        for kind, content in was.get("content", {}).items():
            if kind in now.get("content", {}):
                yield from self._schema(
                    place, content, now["content"][kind], is_sent=False
                )
            else:
                yield f"{place}: is no {kind} any more"

    def _parameters(self, place: str, was: Any, now: Any) -> Iterator[str]:
        before = {(p["in"], p["name"]): p for p in was.get("parameters", [])}
        after = {(p["in"], p["name"]): p for p in now.get("parameters", [])}
        for key, parameter in before.items():
            if key not in after:
                yield f"{place}: parameter {key[1]} is gone"
                continue
            if after[key].get("required") and not parameter.get("required"):
                yield f"{place}: parameter {key[1]} is required now"
            # JSON in a parameter is described one floor lower.
            was_at, now_at = (
                next(iter(p.get("content", {}).values()), p)
                for p in (parameter, after[key])
            )
            yield from self._schema(
                f"{place} parameter {key[1]}", was_at, now_at, is_sent=True
            )
        for key in after.keys() - before.keys():
            if after[key].get("required"):
                yield f"{place}: parameter {key[1]} is new and required"

    def _schema(
        self, place: str, was: Any, now: Any, *, is_sent: bool
    ) -> Iterator[str]:
        return self._compare(
            place, was.get("schema", {}), now.get("schema", {}), is_sent=is_sent
        )

    def _compare(self, place: str, a: Any, b: Any, *, is_sent: bool) -> Iterator[str]:
        names = (a.get("$ref", ""), b.get("$ref", ""), is_sent)
        if all(names[:2]):
            if names in self._seen:
                return
            self._seen.add(names)
        was, now = self._resolved(self.old, a), self._resolved(self.new, b)
        yield from _kinds(place, was, now, is_sent=is_sent)
        yield from self._fields(place, was, now, is_sent=is_sent)
        if "items" in was and "items" in now:
            yield from self._compare(
                f"{place}/items", was["items"], now["items"], is_sent=is_sent
            )
        for word in ALTERNATIVES:
            if word in was or word in now:
                yield from self._alternatives(place, word, was, now, is_sent=is_sent)

    def _fields(
        self, place: str, was: Any, now: Any, *, is_sent: bool
    ) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        must_before, must_after = was.get("required", []), now.get("required", [])
        for name, schema in before.items():
            if name not in after:
                yield f"{place}/{name}: is gone"
                continue
            if is_sent and name in must_after and name not in must_before:
                yield f"{place}/{name}: is required now"
            if not is_sent and name in must_before and name not in must_after:
                yield f"{place}/{name}: may be missing now"
            yield from self._compare(
                f"{place}/{name}", schema, after[name], is_sent=is_sent
            )
        for name in after.keys() - before.keys():
            if is_sent and name in must_after:
                yield f"{place}/{name}: is new and required"

    def _alternatives(
        self, place: str, word: str, was: Any, now: Any, *, is_sent: bool
    ) -> Iterator[str]:
        before, after = was.get(word, [was]), now.get(word, [now])
        if len(before) == len(after):
            for n, (a, b) in enumerate(zip(before, after, strict=True)):
                yield from self._compare(f"{place}/{n}", a, b, is_sent=is_sent)
            return
        # Each that was sent must still be taken, each answer be one that was known.
        for n, one in enumerate(before if is_sent else after):
            pairs = ((one, b) for b in after) if is_sent else ((a, one) for a in before)
            fits = any(
                not list(
                    Comparison(self.old, self.new, set(self._seen))._compare(
                        place, a, b, is_sent=is_sent
                    )
                )
                for a, b in pairs
            )
            if not fits:
                yield f"{place}: {word}/{n} is {'refused now' if is_sent else 'new'}"

    @staticmethod
    def _resolved(document: Mapping[str, Any], schema: Any) -> Any:
        while "$ref" in schema:
            target: Any = document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            schema = target
        merged = {**schema}
        for part in merged.pop("allOf", []):
            merged |= Comparison._resolved(document, part)
        return merged


def _kinds(place: str, was: Any, now: Any, *, is_sent: bool) -> Iterator[str]:
    """Compare types, words and limits of one value."""
    before, after = _types(was), _types(now)
    lost = before - after if is_sent else after - before
    if before and after and lost:
        yield f"{place}: was {_listed(before)}, is {_listed(after)}"
    words = [word for word in was.get("enum", []) if word not in now.get("enum", [])]
    if words and "enum" in now:
        yield f"{place}: {', '.join(map(str, words))} is no word any more"
    if is_sent and "enum" in now and "enum" not in was and after:
        yield f"{place}: takes only some words now"
    if is_sent:
        yield from _limits(place, was, now)


def _limits(place: str, was: Any, now: Any) -> Iterator[str]:
    is_open = "properties" in was and was.get("additionalProperties") is not False
    if is_open and now.get("additionalProperties") is False:
        yield f"{place}: takes no other names any more"
    for name, more in LIMITS.items():
        if name not in now:
            continue
        if name not in was or (
            now[name] < was[name] if more else now[name] > was[name]
        ):
            yield f"{place}: {name} was {was.get(name, 'free')}, is {now[name]}"


def _types(schema: Any) -> set[str]:
    kind = schema.get("type", [])
    found = {kind} if isinstance(kind, str) else set(kind)
    return found | {"integer"} if "number" in found else found


def _listed(types: set[str]) -> str:
    return " or ".join(sorted(types))
