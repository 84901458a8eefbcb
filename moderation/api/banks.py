"""Banks of known images over HTTP: to read, and to fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError as FieldError
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.refusing import UnprocessableError
from accounts.api.strict import StrictSerializer
from forensics.api.fields import LinkField, PersonField
from forensics.api.permissions import person
from forensics.api.reading import Listing, Retrieving
from forensics.known_models import MAX_TEXT
from forensics.models import Bank, BankEntry
from moderation import bank_selectors
from moderation.api.filters import BankEntryFilters, BankFilters
from moderation.services.banks import delete_bank_entry, save_bank_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from forensics.keyset import Ordering

MOST_TAGS = 20


class BankSerializer(serializers.ModelSerializer[Bank]):
    """A named list of known images."""

    url = LinkField("api:bank-detail", source="pk")
    entries_url = LinkField("api:bank-entries", source="pk")
    entry_count = serializers.IntegerField()

    class Meta:
        model = Bank
        fields = (
            "id",
            "url",
            "name",
            "purpose",
            "description",
            "is_active",
            "created_at",
            "entry_count",
            "entries_url",
        )
        read_only_fields = fields


class BankEntrySerializer(serializers.ModelSerializer[BankEntry]):
    """One known image: the file itself, how it looks, or both."""

    bank = serializers.IntegerField(source="bank_id")
    tags = serializers.ListField(child=serializers.CharField())
    added_by = PersonField(allow_null=True)

    class Meta:
        model = BankEntry
        fields = (
            "id",
            "bank",
            "sha256",
            "pdq",
            "source",
            "note",
            "tags",
            "added_by",
            "added_by_name",
            "added_at",
        )
        read_only_fields = fields


class AddEntrySerializer(StrictSerializer):
    """A known image to add: give `sha256`, `pdq`, or both."""

    sha256 = serializers.CharField(default="", allow_blank=True, max_length=64)
    pdq = serializers.CharField(default="", allow_blank=True, max_length=64)
    source = serializers.CharField(  # type: ignore[assignment]  # its own name
        default="", allow_blank=True, max_length=255
    )
    note = serializers.CharField(default="", allow_blank=True, max_length=MAX_TEXT)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, max_length=MOST_TAGS
    )


class BankViewSet(Retrieving, Listing, GenericViewSet[Bank]):
    """Banks of known images."""

    needs: ClassVar[Mapping[str, str]] = {"*": "forensics.view_bank"}
    resource = "bank"
    lookup_value_converter = "int"
    queryset = Bank.objects.none()
    serializer_class = BankSerializer
    filterset_class = BankFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "name": ("name", "id"),
        "id": ("id",),
        "-id": ("-id",),
    }

    def get_queryset(self) -> QuerySet[Bank]:
        """Return what this person may see."""
        visible = bank_selectors.banks_visible_to(person(self.request))
        return bank_selectors.with_entry_counts(visible)


class BankEntryViewSet(Retrieving, Listing, GenericViewSet[BankEntry]):
    """The entries of one bank."""

    needs: ClassVar[Mapping[str, str]] = {
        "*": "forensics.view_bankentry",
        "create": "forensics.add_bankentry",
        "destroy": "forensics.delete_bankentry",
    }
    resource = "bank_entry"
    queryset = BankEntry.objects.none()
    serializer_class = BankEntrySerializer
    filterset_class = BankEntryFilters
    orderings: ClassVar[Mapping[str, Ordering]] = {
        "-added_at": ("-added_at", "-id"),
        "added_at": ("added_at", "id"),
    }

    def get_queryset(self) -> QuerySet[BankEntry]:
        """Return what this person may see of the bank."""
        visible = bank_selectors.entries_visible_to(person(self.request))
        return visible.filter(bank=self._bank()).select_related("added_by", "bank")

    def _bank(self) -> Bank:
        visible = bank_selectors.banks_visible_to(person(self.request))
        return get_object_or_404(visible, pk=self.kwargs["bank"])

    @extend_schema(
        operation_id="banks_entries_create",
        request=AddEntrySerializer,
        responses={201: BankEntrySerializer},
    )
    def create(self, request: Request, bank: int) -> Response:
        """Add a known image; one that is there already is refused."""
        asked = AddEntrySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        entry = BankEntry(bank=self._bank(), **asked.validated_data)
        try:
            save_bank_entry(entry=entry, actor=person(request))
        except FieldError as error:
            raise UnprocessableError(serializers.as_serializer_error(error)) from error
        return Response(BankEntrySerializer(entry).data, status=status.HTTP_201_CREATED)

    @extend_schema(operation_id="banks_entries_destroy", responses={204: None})
    def destroy(self, request: Request, bank: int, pk: Any) -> Response:
        """Take an image out; analyses keep what they matched."""
        delete_bank_entry(entry=self.get_object(), actor=person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
