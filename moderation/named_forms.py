"""Names that are taken once in an organization, held against it in forms."""

from __future__ import annotations

from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

Named = TypeVar("Named", bound=Model)


class NamedForm(forms.ModelForm[Named]):
    """A form of a row that has a name of its own in its organization.

    Django holds only those constraints against a form all of whose columns it shows,
    and the organization is not typed. A new row comes with it as the instance.
    """

    once = ("name",)
    owner: int | None = None  # of a new row that comes without an instance

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: Any = self.instance
        if self.owner is not None and row.pk is None:
            row.organization_id = self.owner

    def clean(self) -> dict[str, Any]:
        """Refuse what another row of the same organization is called."""
        cleaned: dict[str, Any] = super().clean() or {}
        own: Any = self.instance
        rows = type(own).objects.filter(organization=own.organization_id)
        for name in self.once:
            value = cleaned.get(name)
            if value and rows.filter(**{name: value}).exclude(pk=own.pk).exists():
                self.add_error(name, _("There is another one of this name already."))
        return cleaned
