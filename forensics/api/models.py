"""Models over HTTP: what is stored, and what is used now. To read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from forensics.api.filters import refuse_unknown
from forensics.model_catalog import CatalogEntry, card_of, catalog, catalog_entry

if TYPE_CHECKING:
    from rest_framework.request import Request


class WeightFileSerializer(serializers.Serializer[Any]):
    """A file that the manifest pins."""

    role = serializers.CharField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField()


class StoredModelSerializer(serializers.Serializer[Any]):
    """One version of a model. Versions never change."""

    url = serializers.SerializerMethodField()
    name = serializers.CharField()
    version = serializers.CharField()
    kind = serializers.CharField(
        allow_null=True, help_text="`ela-cnn`, `localizer` or `fusion`"
    )
    in_use = serializers.BooleanField(help_text="whether new analyses use it")
    sha256 = serializers.CharField(
        allow_null=True, help_text="as in `models` of an analysis"
    )
    research_only = serializers.BooleanField(
        allow_null=True, help_text="trained on data that only research may use"
    )
    terms = serializers.CharField(help_text="of the data that it was trained on")
    limits = serializers.CharField(help_text="what it was not tried on")
    files = WeightFileSerializer(many=True)
    problem = serializers.CharField(
        help_text="why its manifest cannot be read; empty where it can"
    )

    @extend_schema_field({"type": "string", "format": "uri-reference"})
    def get_url(self, entry: CatalogEntry) -> str:
        """Return its path."""
        return reverse("api:model-detail", args=[entry.name, entry.version])


class ModelWithCardSerializer(StoredModelSerializer):
    """One version of a model, with its card."""

    card = serializers.SerializerMethodField(help_text="Markdown; empty: it has none")

    def get_card(self, entry: CatalogEntry) -> str:
        """Return the card."""
        return card_of(entry)


class ModelPageSerializer(serializers.Serializer[Any]):
    """All of them: a page like those of other lists, of which there is one."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = StoredModelSerializer(many=True)


class ModelsView(APIView):
    """What the model store holds."""

    @extend_schema(operation_id="models_list", responses=ModelPageSerializer)
    def get(self, request: Request) -> Response:
        """List the models: every version, by name."""
        refuse_unknown(request)
        found = StoredModelSerializer(list(catalog()), many=True).data
        return Response({"next": None, "previous": None, "results": found})


class ModelView(APIView):
    """One version of a model."""

    @extend_schema(operation_id="models_retrieve", responses=ModelWithCardSerializer)
    def get(self, request: Request, name: str, version: str) -> Response:
        """Read a model's version, with its card."""
        entry = catalog_entry(name, version)
        if entry is None:
            raise NotFound
        return Response(ModelWithCardSerializer(entry).data)
