"""Locations."""

from rest_framework import serializers

from inventory.models import Location
from inventory.queries import pickup_days


class LocationSerializer(serializers.ModelSerializer):
    """A location as the API shows it.

    Where `offers_pickup`, an order may name it as its `pickup_location`; goods are kept there for
    `pickup_days`. `cutoff` is until when work of the day leaves on the day, in `time_zone`.
    """

    offers_pickup = serializers.SerializerMethodField()
    pickup_days = serializers.SerializerMethodField()

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
            "latitude",
            "longitude",
            "cutoff",
            "offers_pickup",
            "pickup_days",
        )
        read_only_fields = fields

    def get_offers_pickup(self, location: Location) -> bool:
        """Whether buyers may collect there now."""
        service = getattr(location, "service", None)
        return location.is_active and service is not None and service.offers_pickup

    def get_pickup_days(self, location: Location) -> int | None:
        """How long goods wait for their buyer; none where nobody collects."""
        return pickup_days(location) if self.get_offers_pickup(location) else None
