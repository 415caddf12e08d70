"""What can be promised."""

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from inventory import queries
from inventory.serializers import AvailabilityOut
from oms.api import HasScope
from oms.wire import Invalid, respond, schema_of

MOST_SKUS = 1_000


class AvailabilityView(APIView):
    """What can be promised, by SKU and location."""

    scope = "stock"
    permission_classes: ClassVar = [HasScope]

    @extend_schema(
        operation_id="availability_list",
        parameters=[
            OpenApiParameter("sku", str, many=True, required=True, description="One or more SKUs."),
            OpenApiParameter(
                "location", str, many=True, description="Location codes; all if none."
            ),
        ],
        responses={200: {"type": "array", "items": schema_of(AvailabilityOut)}},
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer on-hand, reserved and available units; unknown SKUs are left out."""
        skus = request.query_params.getlist("sku")
        if not skus or len(skus) > MOST_SKUS:
            msg = f"Ask for 1 to {MOST_SKUS} SKUs."
            raise Invalid(msg, "/sku")
        skus = [sku for sku in skus if "\0" not in sku]
        places = [code for code in request.query_params.getlist("location") if "\0" not in code]
        rows = queries.availability(skus, places)
        return respond(
            [
                AvailabilityOut(row.sku, row.location, row.on_hand, row.reserved, row.available)
                for row in rows
            ]
        )
