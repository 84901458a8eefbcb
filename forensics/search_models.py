"""What can be searched of an image, in one row."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchDocument(models.Model):
    """An image's words: kept by services, read through ``forensics.search`` alone.

    The texts are words with blanks between them. PostgreSQL has a column ``vector``
    beside them with an index; SQLite a table ``forensics_searchindex`` (FTS5).
    """

    image = models.OneToOneField(
        "forensics.Image",
        on_delete=models.CASCADE,
        related_name="search_document",
    )
    names = models.TextField(
        blank=True, help_text=_("SHA-256 and the names it was sent as")
    )
    metadata = models.TextField(blank=True, help_text=_("tags of the newest result"))
    remarks = models.TextField(blank=True, help_text=_("what people wrote about it"))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return (
            f"{len(self.names) + len(self.metadata) + len(self.remarks):,} characters"
        )
