"""Requests that were sent with a key, so that a repeated one does nothing twice."""

from django.conf import settings
from django.db import models


class KeyedRequest(models.Model):
    """One POST of one account under one ``Idempotency-Key``, and its answer.

    While the request runs, it holds a lease; ``status`` is 0 until it is answered.
    Neither the key nor the answer can be read from the row: the key is kept as a
    digest, the answer encrypted under it.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    organization = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="+"
    )
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_index=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.BinaryField(default=b"", blank=True)

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=("user", "key_digest"), name="one_request_per_idempotency_key"
            ),
        )

    def __str__(self) -> str:
        return f"{self.key_digest[:12]}: {self.status or 'running'}"
