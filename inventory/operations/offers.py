"""What suppliers sell: offers, kept for long lists by messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from inventory.models import Supplier
from inventory.models import SupplierProduct as Offer
from oms import events
from oms.errors import DomainError
from oms.history import record_changed, record_created, stamp

FIELDS = ("supplier_sku", "price", "pack_size", "minimum", "lead_time_days", "is_preferred")


class OfferTwice(DomainError):
    """One list names a product two times, so that it is not known which terms are meant."""

    code = "offer_twice"
    message = "The list names {sku} more than once."


@dataclass(frozen=True, slots=True)
class Offered:
    """A product as a supplier sells it; the price is of a unit, in the supplier's currency."""

    product_id: int
    sku: str
    price: Decimal
    supplier_sku: str = ""
    pack_size: int = 1
    minimum: int = 1
    lead_time_days: int | None = None
    is_preferred: bool = False


@transaction.atomic
def save_offers(supplier: Supplier, offers: Sequence[Offered], *, by: str) -> list[Offer]:
    """Create or correct what a supplier sells; offers that are not named stay as they are.

    One that is preferred takes that from the product's other suppliers. Records
    `supplier.offers_saved` where something changed; a repeat changes nothing. Raises OfferTwice.
    """
    wanted = {one.product_id: one for one in offers}
    if len(wanted) < len(offers):
        skus = [one.sku for one in offers]
        raise OfferTwice(sku=next(sku for sku in skus if skus.count(sku) > 1))
    rows = list(_locked(wanted))

    _yield(rows, supplier, wanted, by=by)
    known = {row.product_id: row for row in rows if row.supplier_id == supplier.pk}
    changed = [row for pk, row in known.items() if _adopt(row, wanted[pk])]
    fresh = [
        Offer(supplier=supplier, product_id=pk, **_terms(one))
        for pk, one in wanted.items()
        if pk not in known
    ]
    Offer.objects.bulk_update(changed, FIELDS)
    Offer.objects.bulk_create(fresh)

    record_changed(changed, by=by)
    record_created(fresh, by=by)
    if touched := [*changed, *fresh]:
        products = sorted(row.product_id for row in touched)
        events.record("supplier.offers_saved", supplier, by=by, products=products)
    return list(supplier.offers.filter(product__in=wanted).select_related("product"))


@transaction.atomic
def withdraw_offer(offer: Offer, *, by: str) -> None:
    """End an offer: the supplier sells the product no more. Records `supplier.offer_withdrawn`."""
    supplier, product = offer.supplier, offer.product_id
    stamp(offer, by=by, reason="withdrawn")
    offer.delete()

    events.record("supplier.offer_withdrawn", supplier, by=by, product=product)


def _locked(products: dict[int, Offered]) -> QuerySet[Offer]:
    """Every supplier's offers of these products, in key order."""
    rows = Offer.objects.filter(product__in=products).order_by("pk")
    return rows.select_for_update(of=("self",))


def _yield(
    rows: Sequence[Offer], supplier: Supplier, wanted: dict[int, Offered], *, by: str
) -> None:
    """Let other suppliers no longer be preferred where this one will be."""
    others = [
        row
        for row in rows
        if row.is_preferred
        and row.supplier_id != supplier.pk
        and wanted[row.product_id].is_preferred
    ]
    for row in others:
        row.is_preferred = False
    Offer.objects.bulk_update(others, ["is_preferred"])
    record_changed(others, by=by, reason=f"{supplier.code} is preferred")


def _terms(one: Offered) -> dict[str, Any]:
    return {name: getattr(one, name) for name in FIELDS}


def _adopt(row: Offer, one: Offered) -> bool:
    """Take over the terms; whether any of them is new."""
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in _terms(one).items():
        setattr(row, name, value)
    return before != _terms(one)
