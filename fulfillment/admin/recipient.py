"""To whom work and shipments go: who it is for those who may read it, else where it goes."""

from typing import Any

from django.http import HttpRequest

from customers import operations as customers
from oms import words
from oms.admin import actor
from orders.queries.sealing import CONTEXT

READ = "customers.view_personal_data"


def recipient(request: HttpRequest, order: Any) -> str:
    """Name, town and country, the reading recorded; else the postcode's area and the country."""
    country = words.country(order.ship_country)
    if not request.user.has_perm(READ):
        return _said(order.ship_area, order.ship_region, country)
    opened = customers.disclose(
        order.subject, order.sealed, CONTEXT, by=actor(request), what=f"orders.order {order.number}"
    )
    if not opened:
        return _said("[erased]", country)
    to, contact = opened.get("shipping_address", {}), opened.get("contact", {})
    name = to.get("name") or contact.get("name") or contact.get("company")
    return _said(name, f"{to.get('postcode', '')} {to.get('city', '')}".strip(), country)


def shop(order: Any) -> str:
    """The shop that sold it, with its own number of the order where it gave one."""
    own = "" if order.external_id == order.number else order.external_id
    return f"{order.channel.name} {own}".strip()


def _said(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part) or "–"
