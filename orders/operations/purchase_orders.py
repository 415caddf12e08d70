"""The buyer's purchase order number of an order, given or corrected after placing."""

from django.db import transaction

from orders.models import Business, Order
from orders.operations import pipeline
from orders.queries.terms import business_of

LONGEST = 60


@transaction.atomic
def set_purchase_order_number(order: Order, *, by: str, number: str) -> Order:
    """Write the buyer's purchase order number down and take the order as far as it now can go.

    A hold for a missing or repeated number ends when this one is new. The same number again changes
    nothing. Invoices that were issued keep what they say.
    """
    work = pipeline.lock(order, by=by)
    number = number.strip()[:LONGEST]
    row = business_of(work.order) or Business(order=work.order)
    if row.purchase_order_number == number:
        return work.order

    before, row.purchase_order_number = row.purchase_order_number, number
    row.save()
    work.fact("order.purchase_order_set", number=number, before=before)
    pipeline.settle(work)
    return pipeline.advance(work.order, by=by)
