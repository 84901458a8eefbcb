"""Whose a row is: the one condition that keeps organizations apart.

Every list and look-up that a person's request leads to begins with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Model, QuerySet

from accounts.models import DEFAULT_ORGANIZATION, Organization, OrganizationKey

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User

Row = TypeVar("Row", bound=Model)


def of_organization(
    rows: QuerySet[Row], user: User | AnonymousUser, *, path: str = "organization"
) -> QuerySet[Row]:
    """Return the rows of this person's organization; of nobody's, none.

    Parameters
    ----------
    rows : QuerySet
        Of any organization.
    user : User or AnonymousUser
        Who asks. A superuser has no wider view here: only in the Django admin.
    path : str
        From a row to its organization.
    """
    if not user.is_authenticated:
        return rows.none()
    return rows.filter(**{path: user.organization_id})


def organization_named(name: str | None) -> OrganizationKey:
    """Return an organization's key; without a name, the first one's.

    Raises
    ------
    LookupError
        There is none of this name; the message says so.
    """
    if name is None:
        return DEFAULT_ORGANIZATION
    found = Organization.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise LookupError(f"There is no organization {name!r}.")
    return found


def has_several_organizations() -> bool:
    """Return whether there is anybody from whom something could be kept."""
    return Organization.objects.count() > 1
