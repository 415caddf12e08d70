"""Companies with rules of their own, and orders that meet them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from customers import operations as customers
from oms.demo import elsewhere, world
from orders import operations as orders

BY = "command:seed_demo"
WHY = "Frame agreement of this year"


class Companies:
    """A chain that orders by number and within limits, and a shop that has to pay first."""

    def __init__(self, now: datetime, line: orders.PlacedLine, finance: str) -> None:
        """Know when, what sells, and who agrees terms."""
        self.now, self.line, self.finance = now, line, finance
        self.count = 0
        self.desk = world.table("orders.Channel").get(code=world.DESK)

    def happen(self) -> None:
        """Agree terms with both after their first orders, and let them order again."""
        month = self._terms("eom-30", "30 days, end of month", "end_of_month", 30)
        first = self._terms("prepaid", "Paid in advance", "prepayment", 0)
        group = self._company("CALDER", "Calder Gift Shops")
        branch = self._company("CALDER-YORK", "Calder Gifts, York")
        self._agree(group, customers.CompanyTerms(
            credit_limit=Decimal(5_000), credit_currency="GBP", terms=month,
            needs_purchase_order=True,
        ))  # fmt: skip
        self._agree(branch, customers.CompanyTerms(parent=group, shares_credit=True))
        buyer = self._order("B970", "PO-4711")
        self._belongs(buyer, branch)
        customers.set_buyer(
            buyer.customer,
            customers.BuyerTerms(order_limit=Decimal(150)),
            by=self.finance,
            reason="Branch managers order up to 150 at a time",
        )
        self._order("B970", "PO-4712", quantity=400)  # beyond what the buyer may order
        self._order("B970", "")  # without the number that the company wants

        starter = self._company("NORTHLIGHT", "Northlight Presents")
        self._agree(starter, customers.CompanyTerms(terms=first))
        self._belongs(self._order("B971", ""), starter)
        self._order("B971", "")  # nothing leaves before it is paid

    def _terms(self, code: str, name: str, kind: str, days: int) -> Any:
        wanted = {"name": name, "kind": kind, "days": days}
        return world.table("customers.PaymentTerms").get_or_create(code=code, defaults=wanted)[0]

    def _company(self, code: str, name: str) -> Any:
        return world.table("customers.Company").get_or_create(code=code, defaults={"name": name})[0]

    def _agree(self, company: Any, terms: customers.CompanyTerms) -> None:
        customers.set_company_terms(company, terms, by=self.finance, reason=WHY)

    def _belongs(self, order: Any, company: Any) -> None:
        customers.classify(
            order.customer, by=self.finance, group="trade", company=company, reason=WHY
        )

    def _order(self, buyer: str, number: str, quantity: int = 12) -> Any:
        self.count += 1
        at = self.now - timedelta(hours=6, minutes=-9 * self.count)
        lines = (replace(self.line, quantity=quantity),)
        sent = elsewhere.desk_order(f"B2B-CO-{self.count}", buyer, lines, at=at)
        sent = replace(sent, purchase_order_number=number)
        return orders.place_one(self.desk, sent, by=BY).order
