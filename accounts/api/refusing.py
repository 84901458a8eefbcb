"""What fits the description of a request and is refused all the same."""

from __future__ import annotations

from rest_framework import status
from rest_framework.exceptions import ValidationError


class UnprocessableError(ValidationError):
    """A request that the schema allows and the data there are do not: 422, not 400."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
