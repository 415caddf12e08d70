"""What should be seen at once when the demo opens: every hold, payment state and kind of trouble."""

import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from customers import operations as customers
from fulfillment import operations as fulfillment
from fulfillment.enums import ExchangeTiming, Outcome, RejectReason, StandardReason
from fulfillment.queries.policies import returnable
from oms import dispatch
from oms.demo import business, counter, elsewhere, parcels, regulars, treasury, world
from oms.demo.people import address_of, somebody
from oms.errors import DomainError
from orders import operations as orders
from orders.enums import CancelReason, HoldKind

BY = "command:seed_demo"
LAMPS = orders.PlacedLine("IN-LAMP-RATTAN", 20, Decimal(3_450), name="Rattan lamp")


class Today:
    """Special cases, placed during the last two days."""

    def __init__(self, now: datetime, shelf: Sequence[orders.PlacedLine]) -> None:
        """Know what sells, and who does the work."""
        self.now = now
        self.shelf = shelf
        self.dice = random.Random(5)  # noqa: S311 (the same cases every time)
        self.clerk = world.user_of("Operations")
        self.finance = world.user_of("Finance")
        self.picker = world.user_of("Warehouse")
        self.count = 0

    def happen(self) -> None:
        """Place every case and do what makes it one; from now on buyers of two channels are told.

        Those of the web shop, whose words for ways of shipping are asked about where nobody has
        named ours, and those of the desk, behind which there is no shop that could write to them.
        """
        channels = world.table("orders.Channel")
        web = channels.filter(code=world.WEB)
        web.update(notifies_customers=True, checks_shipping=True)
        channels.filter(code=world.DESK).update(notifies_customers=True)
        world.table("orders.ShippingAlias").get_or_create(
            channel=web.get(), alias="dhl paket", defaults={"method": "standard"}
        )
        self.holds_by_rules()
        self.holds_by_people()
        business.Companies(self.now, self.shelf[-1], self.finance).happen()
        self.payments()
        self.cancellations()
        self.drafts()
        self.shortage()
        rejected = [self.order() for _ in range(6)]
        dispatch.drain(webhooks=False)
        self.rejections(rejected)
        self.returns()
        parcels.happen()
        dispatch.drain(webhooks=False)
        counter.happen(self.now, self.picker)
        treasury.happen()
        regulars.get_to_know()

    def order(self, code: str = world.WEB, **changes: Any) -> Any:
        """Place one order of a channel, changed as a case needs it."""
        self.count += 1
        at = self.now - timedelta(minutes=41 * self.count)
        key = f"{at:%y%m%d}-X{self.count}"
        placed = replace(elsewhere.make(code, key, at, self.shelf, self.dice), **changes)
        channel = world.table("orders.Channel").get(code=code)
        return orders.place_one(channel, placed, by=BY).order

    def holds_by_rules(self) -> None:
        """Orders that validation stops."""
        known = self.shelf[0]
        unknown = orders.PlacedLine("GLUEHWEIN-SET-6", 2, Decimal("24.90"), name="Glühwein, 6 cups")
        self.order(lines=(known, unknown))
        self.order(shipping_address={**address_of("W1", "DE", "Ada Grünwald"), "postcode": ""})
        self.order(total=Decimal("19.99"))
        many = int(700 / known.unit_price)  # above the review limit
        self.order(lines=(replace(known, quantity=many),), payments=())
        twin = elsewhere.make(
            world.WEB, "TWIN-1", self.now - timedelta(minutes=50), self.shelf, self.dice
        )
        for number in (1, 2):
            self.order(**_content(twin), external_id=f"DE-TWIN-{number}")
        nobody = replace(somebody("W2"), email="max.mustermann(at)web.de")
        self.order(customer=nobody)
        express = orders.PlacedCharge(
            "shipping", Decimal("14.90"), description="DHL Samstag bis 12"
        )
        self.order(charges=(express,), payments=())
        bookshop = replace(somebody("W900"), company="Buchladen am Eck", tax_id="DE136695977")
        self.order(customer=bookshop, payments=())
        self._over_the_limit()

    def _over_the_limit(self) -> None:
        lines = (replace(self.shelf[1], quantity=120),)
        at = self.now - timedelta(hours=20)
        desk = world.table("orders.Channel").get(code=world.DESK)
        first = elsewhere.desk_order("B2B-LIMIT-1", "B900", lines[:1], at=at)
        order = orders.place_one(desk, first, by=BY).order
        customers.set_terms(
            order.customer,  # type: ignore[union-attr,arg-type]
            by=self.finance,
            credit_limit=Decimal(250),
            payment_terms_days=14,
            reason="Late with two invoices",
        )
        again = elsewhere.desk_order("B2B-LIMIT-2", "B900", lines, at=self.now - timedelta(hours=3))
        orders.place_one(desk, again, by=BY)

    def holds_by_people(self) -> None:
        """Orders that a person stopped."""
        for kind, reason, owner in (
            (
                HoldKind.FRAUD,
                "Card and delivery country differ; three orders in an hour",
                "Finance",
            ),
            (HoldKind.CUSTOMER_REQUEST, "Is on holiday; deliver after Monday", "Support"),
            (HoldKind.OTHER, "Gift message has to be approved", "Operations"),
            (HoldKind.PAYMENT, "The bank took its authorisation back", "Finance"),
            (
                HoldKind.REFERENCE_TAKEN,
                "The card payment pi_3QX7 pays another order of this buyer already",
                "Finance",
            ),
            (HoldKind.ROUTING, "Berlin's carrier is on strike: send it from London?", "Operations"),
        ):
            order = self.order(payments=())
            due = self.now + timedelta(days=2)
            orders.place_hold(
                order, by=self.clerk, kind=kind, reason=reason, owner=owner, due_at=due
            )

    def drafts(self) -> None:
        """Orders being put together, and offers: bare, with stock kept, on offer, ordered, given up."""
        bare, kept, offered, taken, left = [self._draft(number) for number in range(1, 6)]
        orders.keep_stock(kept, by=self.clerk, until=self.now + timedelta(hours=30))
        for draft, days in ((offered, 14), (taken, 30)):
            orders.quote(draft, by=self.clerk, valid_until=self.now + timedelta(days=days))
        orders.accept_quote(taken, by=f"link:{taken.number}", revision=taken.revision)
        orders.discard(left, by=self.clerk, reason="Bought elsewhere")
        unknown = orders.PlacedLine("GLASS-SET-12", 4, Decimal("31.00"), name="Glasses, set of 12")
        content = orders.content_of(bare)
        content = replace(content, lines=(*content.lines, unknown), shipping_address={})
        orders.revise(bare, content, by=self.clerk)

    def _draft(self, number: int) -> Any:
        """A company on the phone."""
        lines = tuple(
            replace(line, quantity=6 * number) for line in self.shelf[number : number + 3]
        )
        content = elsewhere.desk_order("", f"B95{number}", lines, at=self.now)
        desk = world.table("orders.Channel").get(code=world.DESK)
        return orders.draft(desk, content, by=self.clerk)[0]

    def shortage(self) -> None:
        """More lamps than there are: the last of three has to wait."""
        for _ in range(3):
            self.order(world.MARKET, lines=(LAMPS,), payments=())

    def payments(self) -> None:
        """Every payment state on orders of these days."""
        self.order(payments=(orders.PlacedPayment("bank_transfer", Decimal(10), "pending"),))
        half = self.order(payments=())
        self._transfer(half, (half.total / 2).quantize(Decimal("0.01")), "SEPA-HALF")
        more = self.order(payments=())
        self._transfer(more, more.total + 5, "SEPA-MORE")
        card = self.order(payments=())
        orders.record_authorization(
            card, by=BY, method="card", amount=card.total, reference="pi_authorized"
        )

    def _transfer(self, order: Any, amount: Decimal, reference: str) -> None:
        orders.record_capture(
            order, by=self.finance, method="bank_transfer", amount=amount, reference=reference
        )

    def cancellations(self) -> None:
        """Cancelled before anything was paid; and after, with the money sent back or still owed."""
        orders.cancel(
            self.order(payments=()), by=self.clerk, reason=CancelReason.CUSTOMER, note="By phone"
        )
        for number, paid_back in enumerate((True, False)):
            order = self.order(world.DESK, payments=())
            self._transfer(order, order.total, f"BACS-C{number}")
            amount = order.total
            orders.cancel(order, by=self.clerk, reason=CancelReason.INVENTORY)
            grant = orders.grant_refund(
                order, by=self.clerk, amount=amount, reason="Cancelled: cannot be supplied"
            )
            if paid_back:
                payment = order.payments.first()
                orders.pay_refund(
                    grant, by=self.finance, payment=payment, amount=amount, reference="BACS-BACK"
                )

    def rejections(self, rejected: Sequence[Any]) -> None:
        """A location cannot supply: one is served from elsewhere, one has to wait."""
        work = world.table("fulfillment.FulfillmentOrder").filter(status="open", order__in=rejected)
        for document, reason in zip(
            work.select_related("order", "location").order_by("pk"),
            (RejectReason.DAMAGED, RejectReason.CAPACITY, RejectReason.NOT_IN_STOCK),
            strict=False,
        ):
            fulfillment.reject(document, by=self.picker, reason=reason, note="Seen at the shelf")
            if reason == RejectReason.NOT_IN_STOCK:
                orders.place_hold(
                    document.order,
                    by=self.clerk,
                    kind=HoldKind.OUT_OF_STOCK,
                    reason=f"{document.location} found nothing on the shelf",
                    owner="Operations",
                )

    def returns(self) -> None:
        """Returns at each step: asked for, approved, declined, received and credited."""
        delivered = world.table("orders.Order").filter(
            status="closed", fulfillment_status="shipped"
        )
        newest = delivered.order_by("-pk")
        for step, (order, line) in enumerate(islice(_can_come_back(newest[:100]), 5)):
            document = fulfillment.request_return(
                order,
                by=self.clerk,
                wishes={
                    line.pk: fulfillment.Wish(
                        1, (StandardReason.DAMAGED, StandardReason.UNWANTED)[step % 2]
                    )
                },
                reference=f"DEMO-{order.number}",
            )
            self._next_step(document, step)
        self._exchange(newest[5:50])

    def _exchange(self, delivered: Iterable[Any]) -> None:
        """One buyer wants the same again; it waits for what comes back."""
        for order, line in _can_come_back(delivered):
            wish = fulfillment.Wish(1, StandardReason.DAMAGED)
            swap = fulfillment.Swap(wish, line.product.sku)
            with suppress(DomainError):
                made = fulfillment.exchange(order, by=self.clerk, swaps={line.pk: swap})
                if made.ships == ExchangeTiming.ON_RECEIPT:
                    return

    def _next_step(self, document: Any, step: int) -> None:
        """The first comes back, the next is on its way, one is declined; the others wait."""
        if step == 2:  # noqa: PLR2004 (the third)
            fulfillment.decline(document, by=self.clerk, reason="Sent more than 30 days ago")
        if step < 2:  # noqa: PLR2004
            fulfillment.approve(document, by=self.clerk)
        if step == 0:
            outcomes = {
                line.pk: {Outcome.RESTOCK.value: line.quantity} for line in document.lines.all()
            }
            fulfillment.receive(document, by=self.picker, outcomes=outcomes)


def _can_come_back(delivered: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Orders with a line of which a unit is still with the buyer, whatever happened before."""
    for order in delivered:
        lines = list(order.lines.select_related("product").order_by("position"))
        free = returnable(lines)
        if line := next((line for line in lines if free[line.pk] > 0), None):
            yield order, line


def _content(placed: orders.PlacedOrder) -> dict[str, Any]:
    """What makes two orders look like one sent twice."""
    return {
        "customer": placed.customer,
        "shipping_address": placed.shipping_address,
        "lines": placed.lines,
        "charges": placed.charges,
        "payments": (),
    }
