"""``fields`` and ``expand``: which parts of an answer a client wants, and what within.

Both are checked against the serializers themselves, so that a name that is none is
refused rather than ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.permissions import InsufficientScope
from accounts.api.refusing import UnprocessableError
from accounts.keys.limits import key_may
from accounts.keys.scopes import Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.request import Request

    from accounts.models import User

MAX_TEXT = 2000
MAX_NAMES = 100
MAX_DEPTH = 5

# What is chosen of an object: a name, and what is chosen of its value; None: all.
Choice: TypeAlias = "dict[str, Choice | None]"
Load: TypeAlias = "Callable[[User, Sequence[Any], bool], Mapping[Any, Any]]"
Beside: TypeAlias = "Callable[[User, Sequence[Any]], Mapping[str, Any]]"
Kind: TypeAlias = "type[serializers.BaseSerializer[Any]]"


@dataclass(frozen=True, slots=True)
class Expansion:
    """An object that can stand in an answer where its id, or nothing, would.

    Attributes
    ----------
    load : callable
        From the person who asks, the rows of the page, and whether it is a list, to
        objects by the rows' keys: only what this person may see, in a fixed number of
        queries.
    whole, short : serializer classes
        The object's shape on a detail, and in a list.
    help : str
        What it is, for the description.
    beside : callable
        From the person and the objects to what their serializers need besides.
    """

    load: Load
    whole: Kind
    short: Kind
    help: str
    beside: Beside = field(default=lambda _user, _objects: {})

    def kind(self, *, is_list: bool) -> Kind:
        """Return the shape that the object has here."""
        return self.short if is_list else self.whole


# What a key must be allowed to read, to have it inside of something else.
SCOPES: Mapping[str, str] = {
    "analysis": Scope.ANALYSES_READ,
    "case": Scope.CASES_READ,
    "decision": Scope.DECISIONS_READ,
    "image": Scope.IMAGES_READ,
    "policy": Scope.POLICIES_READ,
}


def expansions_of(view: object) -> Mapping[str, Expansion]:
    """Return what answers of a view can be expanded by, other apps' included."""
    own: Mapping[str, Expansion] = getattr(view, "expansions", {})
    path = settings.API_EXPANSIONS.get(getattr(view, "resource", ""))
    return {**own, **import_string(path)} if path else own


def chosen_expansions(
    request: Request, known: Mapping[str, Expansion]
) -> dict[str, Expansion]:
    """Return what ``expand`` names.

    Raises
    ------
    ValidationError
        It names something that is none.
    """
    names = _names(request, "expand")
    if unknown := [name for name in names if name not in known]:
        listed = ", ".join(sorted(known)) or "nothing here"
        raise ValidationError(
            {
                "expand": [
                    f"{_shown(n)} cannot be expanded; {listed} can." for n in unknown
                ]
            }
        )
    for name in names:
        if not key_may(SCOPES[name]):
            raise InsufficientScope(
                f"The key needs the scope {SCOPES[name]} to expand {name}."
            )
    return {name: known[name] for name in names}


def chosen_fields(request: Request) -> Choice | None:
    """Return what ``fields`` names; None where all is wanted.

    ``analysis,analysis.verdict`` is all of the analysis.
    """
    if "fields" not in request.query_params:
        return None
    names = _names(request, "fields")
    if not names:
        raise UnprocessableError(
            {"fields": "Name at least one field, or leave it out."}
        )
    choice: Choice = {}
    for name in names:
        _choose(choice, name.split("."))
    return choice


def _choose(choice: Choice, path: list[str]) -> None:
    here: Choice = choice
    for step in path[:-1]:
        inner = here.setdefault(step, {})
        if inner is None:
            return
        here = inner
    here[path[-1]] = None


def _names(request: Request, parameter: str) -> list[str]:
    text = ",".join(request.query_params.getlist(parameter))
    if len(text) > MAX_TEXT:
        raise ValidationError({parameter: f"Use at most {MAX_TEXT:,} characters."})
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    names = [name for name in names if name]
    if len(names) > MAX_NAMES:
        raise ValidationError({parameter: f"Use at most {MAX_NAMES} names."})
    return names


def check_choice(choice: Choice, shape: object, expanded: Mapping[str, Kind]) -> None:
    """Hold chosen names to what there is.

    Raises
    ------
    UnprocessableError
        Names that are none, each with what there is in its place.
    """
    if wrong := list(_wrong(choice, shape, expanded, "", 1)):
        raise UnprocessableError({"fields": wrong})


def _wrong(
    choice: Choice, shape: object, expanded: Mapping[str, Kind], place: str, depth: int
) -> Iterator[str]:
    parts = {**parts_of(shape), **{name: kind() for name, kind in expanded.items()}}
    for name, inner in choice.items():
        path = f"{place}{name}"
        if name not in parts:
            yield f"{_shown(path)} is no field; known are: {', '.join(sorted(parts))}."
        elif inner is None:
            continue
        elif depth >= MAX_DEPTH or not parts_of(parts[name]):
            yield f"{_shown(path)} has no parts to choose from."
        else:
            yield from _wrong(inner, parts[name], {}, f"{path}.", depth + 1)


def parts_of(shape: object) -> dict[str, object]:
    """Return the fields of what a field holds; empty where that is no object."""
    if isinstance(shape, serializers.ListSerializer):
        shape = shape.child
    if isinstance(shape, serializers.SerializerMethodField):
        shape = _declared(shape)
    if isinstance(shape, type) and issubclass(shape, serializers.BaseSerializer):
        shape = shape()
    if isinstance(shape, serializers.ListSerializer):
        shape = shape.child
    if isinstance(shape, serializers.Serializer):
        return dict(shape.fields)
    return {}


def _declared(field: serializers.SerializerMethodField) -> object:
    """Return what a method is annotated to return, for the description and for us."""
    name = field.method_name or f"get_{field.field_name}"
    method = getattr(field.parent, name)
    return getattr(method, "_spectacular_annotation", {}).get("field")


def leave_out(serializer: object, choice: Choice) -> None:
    """Drop the fields of a serializer that nobody asked for, before they are read."""
    inner = serializer
    if isinstance(inner, serializers.ListSerializer):
        inner = inner.child
    if isinstance(inner, serializers.Serializer):
        for name in set(inner.fields) - set(choice):
            inner.fields.pop(name)


def pruned(value: Any, choice: Choice | None) -> Any:
    """Return a copy with only the chosen parts, at every depth."""
    if choice is None:
        return value
    if isinstance(value, Mapping):
        return {
            name: pruned(inner, choice[name])
            for name, inner in value.items()
            if name in choice
        }
    if isinstance(value, list):
        return [pruned(item, choice) for item in value]
    return value


def _shown(name: str) -> str:
    return repr(name[:80])
