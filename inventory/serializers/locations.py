"""Locations."""

from rest_framework import serializers

from inventory.models import Location


class LocationSerializer(serializers.ModelSerializer):
    """A location as the API shows it."""

    class Meta:
        model = Location
        fields = (
            "code",
            "name",
            "kind",
            "city",
            "postcode",
            "region",
            "country",
            "time_zone",
            "priority",
            "is_active",
        )
        read_only_fields = fields
