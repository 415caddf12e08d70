"""Shipments: where they are, and who said so."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter

from fulfillment.admin import acts
from fulfillment.admin.origin_acts import row_of
from fulfillment.admin.recipient import recipient, shop
from fulfillment.enums import ShipmentStatus
from fulfillment.models import Shipment
from fulfillment.queries.origin import note_of
from oms import words
from oms.admin import ReadOnlyAdmin

TONES = {ShipmentStatus.EXCEPTION: "bad", ShipmentStatus.RETURNED_TO_SENDER: "warn"}


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    """The list tells what is under way; the page tells its story."""

    list_empty = (
        "A shipment is made when packed work is handed to a carrier: Fulfilment orders, then Ship."
    )

    acts = acts.SHIPMENT_ACTS
    list_display = (
        "number_column",
        "order_column",
        "carrier_column",
        "status_column",
        "weight_column",
        "shipped_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("order", "carrier", "fulfillment_order__location")
    list_filter = (("status", ChoicesDropdownFilter), "carrier", ("shipped_at", RangeDateFilter))
    list_filter_submit = True
    search_fields = ("number", "order__number", "tracking_number")
    search_help_text = "Number, order, tracking number"
    sortable_by: ClassVar = ()
    change_form_template = "admin/fulfillment/shipment.html"

    @admin.display(description="Shipment")
    def number_column(self, shipment: Shipment) -> SafeString:
        """Its number, and from where it left."""
        place = shipment.fulfillment_order.location.name
        return words.two_lines(
            format_html('<b class="oms-strong">{}</b>', shipment.number), f"from {place}"
        )

    @admin.display(description="Order")
    def order_column(self, shipment: Shipment) -> SafeString:
        """The order it serves."""
        url = reverse("admin:orders_order_change", args=[shipment.order_id])
        return format_html('<a class="oms-link" href="{}">{}</a>', url, shipment.order.number)

    @admin.display(description="Carrier")
    def carrier_column(self, shipment: Shipment) -> SafeString:
        """Who has it, and under which number."""
        return words.two_lines(shipment.carrier.name, shipment.tracking_number or "no number")

    @admin.display(description="State")
    def status_column(self, shipment: Shipment) -> SafeString:
        """Grey on its way and done; colour when something is wrong."""
        status = ShipmentStatus(shipment.status)
        return words.chip(words.sentence_case(status.label), TONES.get(status, ""))

    @admin.display(description="Weight")
    def weight_column(self, shipment: Shipment) -> str:
        """Of all parcels."""
        return f"{shipment.weight_g / 1000:.2f} kg"

    @admin.display(description="Left")
    def shipped_column(self, shipment: Shipment) -> str:
        """When it was handed over."""
        return words.moment(shipment.shipped_at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What is in it and everything that was said about it."""
        if (shipment := kwargs.get("obj")) is not None:
            said = list(shipment.tracking_events.order_by("-at", "-pk"))
            names = words.names_of(row.source for row in said)
            context |= {
                "shipment": shipment,
                "parcels": shipment.parcels.order_by("position").prefetch_related(
                    "lines__line__order_line__product", "lines__lots__lot"
                ),
                "said": [(row, names[row.source]) for row in said],
                "tracking_link": tracking_link(shipment),
                "tone": TONES.get(ShipmentStatus(shipment.status), ""),
                "origin": (origin := row_of(shipment)),
                "origin_note": note_of(origin) if origin else "",
                "reshipped": origin and getattr(origin.return_order, "exchange", None),
                "claims": shipment.claims.order_by("pk"),
                "title": shipment.number,
                "to": recipient(request, shipment.order),
                "shop": shop(shipment.order),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def tracking_link(shipment: Shipment) -> str:
    """The carrier's page about it, where the carrier has one."""
    pattern = shipment.carrier.tracking_url
    if not pattern.startswith("https://") or not shipment.tracking_number:
        return ""
    return pattern.replace("{number}", shipment.tracking_number)
