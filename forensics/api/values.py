"""Parts of a result that are no rows of their own: reasons, models, provenance."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from forensics.wording import INTEGRITY, TRUST


class ReasonSerializer(serializers.Serializer[Any]):
    """One signal's part in the verdict."""

    code = serializers.CharField(help_text="stable word")
    text = serializers.CharField(help_text="for people")
    weight = serializers.FloatField(help_text="above 0 speaks for fake, below against")


class ModelSerializer(serializers.Serializer[Any]):
    """Weights that took part."""

    name = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()
    engine = serializers.CharField()
    research_only = serializers.BooleanField(
        allow_null=True,
        default=None,
        help_text="trained on data that only research may use; null where the "
        "analysis is older than this record",
    )
    terms = serializers.CharField(
        default="", help_text="of the data that it was trained on"
    )


class FailureSerializer(serializers.Serializer[Any]):
    """Why there is no result."""

    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class BandsSerializer(serializers.Serializer[Any]):
    """Scores at which the bands begin."""

    inconclusive = serializers.FloatField()
    suspicious = serializers.FloatField()
    fake = serializers.FloatField()


class UntouchedSerializer(serializers.Serializer[Any]):
    """How many untouched pictures scored as high when the verdict was calibrated.

    By the checks of the pixels alone, whose score of this picture stands beside.
    """

    score = serializers.FloatField(help_text="what the pixels alone come to, 0 to 1")
    share = serializers.FloatField(help_text="0 to 1")
    upper = serializers.FloatField(help_text="upper end of its 95 % interval")
    pictures = serializers.IntegerField(help_text="how many were measured")


class StabilitySerializer(serializers.Serializer[Any]):
    """Scores of mildly altered copies."""

    low = serializers.FloatField()
    high = serializers.FloatField()
    variants = serializers.DictField(child=serializers.FloatField())


class UncertaintySerializer(serializers.Serializer[Any]):
    """What the score is worth, in measured terms."""

    bands = BandsSerializer()
    untouched = UntouchedSerializer(
        allow_null=True, help_text="null where nothing comparable was measured"
    )
    stability = StabilitySerializer(
        allow_null=True, help_text="null unless the score lay near a threshold"
    )


class ProvenanceSerializer(serializers.Serializer[Any]):
    """What the file's Content Credentials (C2PA) are worth: two answers, never one."""

    integrity = serializers.ChoiceField(
        [(code, words.label) for code, words in INTEGRITY.items()],
        help_text="whether the file is what was signed; none: it carries no credential",
    )
    trust = serializers.ChoiceField(
        [(code, words.label) for code, words in TRUST.items()],
        help_text="whether the trust list vouches for the signer's name",
    )
    signer = serializers.CharField(allow_null=True, help_text="as the certificate says")
    organization = serializers.CharField(allow_null=True)
    issuer = serializers.CharField(
        allow_null=True, help_text="who issued the certificate"
    )
    signed_at = serializers.CharField(
        allow_null=True, help_text="by a time-stamping authority; null where none was"
    )
    signed_at_is_trusted = serializers.BooleanField(
        allow_null=True, help_text="whether that authority is on the trust list"
    )
    origin = serializers.CharField(
        allow_null=True,
        help_text="what it declares: generated, partly_generated, captured or unsaid",
    )
    trust_list_date = serializers.CharField(
        allow_null=True, help_text="null where no list, or one without a date, was used"
    )


class KnownMatchSerializer(serializers.Serializer[Any]):
    """An entry of a bank of known images that the picture was, or looked like."""

    code = serializers.CharField(help_text="stable word, such as `known_fake`")
    entry = serializers.UUIDField(
        allow_null=True, help_text="null for who may not look into banks"
    )
    bank = serializers.CharField(
        allow_null=True,
        help_text="the bank's name at the time; null for who may not look into banks",
    )
    purpose = serializers.CharField(help_text="`fake`, `good` or `custom`")
    method = serializers.CharField(
        help_text="`sha256`: the very file; `pdq`: it looks alike"
    )
    distance = serializers.IntegerField(
        help_text="bits of 256 that differ, 0 to 31; 0 for the very file"
    )
    transform = serializers.CharField(
        help_text="how the picture is turned against the entry; `same`: not at all"
    )
