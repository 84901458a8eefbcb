"""People, their organization, and what each has set for themselves."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.idempotency_models import KeyedRequest
from accounts.key_models import ApiKey, KeyCount, KeyPace, Span

# Django finds an app's models in this module; some lie beside it.
__all__ = [
    "DEFAULT_ORGANIZATION",
    "ApiKey",
    "KeyCount",
    "KeyPace",
    "KeyedRequest",
    "Organization",
    "Preferences",
    "Span",
    "User",
]

DEFAULT_ORGANIZATION = 1


class Organization(models.Model):
    """Who runs this installation, with what holds for all its people by default."""

    name = models.CharField(max_length=100, unique=True)
    blur_by_default = models.BooleanField(
        default=False, help_text=_("pictures are blurred until they are revealed")
    )
    grayscale_by_default = models.BooleanField(
        default=False, help_text=_("pictures are shown without color")
    )

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person or a service account that signs in."""

    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="people",
        default=DEFAULT_ORGANIZATION,
    )
    is_service = models.BooleanField(
        "service account",
        default=False,
        editable=False,
        help_text="a program: it has keys, no password, and cannot sign in",
    )

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Preferences(models.Model):
    """What a person has set; an empty choice follows the organization."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    blur = models.BooleanField(null=True, blank=True)
    grayscale = models.BooleanField(null=True, blank=True)
    shortcuts_enabled = models.BooleanField(default=True)
    shortcuts = models.JSONField(
        default=dict, blank=True, help_text=_("action: key, where it differs")
    )
    break_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("minutes until a break is suggested")
    )
    language = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"Preferences of {self.user}"
