"""The network."""

from typing import ClassVar

from rest_framework.generics import ListAPIView, RetrieveAPIView

from inventory.models import Location
from inventory.serializers import LocationSerializer
from oms.api import HasScope


class LocationsView(ListAPIView):
    """The network."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    serializer_class = LocationSerializer
    queryset = Location.objects.select_related("service").order_by("-pk")


class LocationView(RetrieveAPIView):
    """One location."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]
    serializer_class = LocationSerializer
    queryset = Location.objects.select_related("service")
    lookup_field = "code"
