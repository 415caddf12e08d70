"""Messages about companies, those who buy for them, and payment terms."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec

from customers.models import Company, Customer, PaymentTerms
from customers.operations import BuyerTerms, CompanyFace, CompanyTerms, Terms
from customers.queries import line_of, terms_of
from customers.serializers.people import Email, Name, Phone, TaxId
from oms.money import plain
from oms.wire import Sent, Short, message

Why = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Currency = Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")]
Days = Annotated[int, msgspec.Meta(ge=0, le=365)]
SAID = "Kept by another system"


def _amount(limit: Decimal | None, currency: str = "") -> str | None:
    """A limit as text; one of no certain currency has two decimals, and more where they are used."""
    return None if limit is None else plain(limit, currency)


@message
class CreditStandingOut(msgspec.Struct):
    """What whoever buys within one limit owes: left of invoices, open orders, less unused credit."""

    account: str
    currency: str
    limit: str
    owed: str
    invoiced: str
    ordered: str
    credit: str
    orders: int


@message
class CompanyOut(msgspec.Struct):
    """A company, where it stands and what it may owe; `credit` is empty where no limit is set."""

    code: str
    name: str
    tax_id: str
    parent: str | None
    terms: str | None
    needs_purchase_order: bool
    shares_credit: bool
    active: bool
    credit: list[CreditStandingOut]

    @classmethod
    def of(cls, company: Company, standing: list[Any]) -> "CompanyOut":
        """As the API shows it; `standing` is what the app above says is owed."""
        names = CreditStandingOut.__struct_fields__
        terms = terms_of(company)
        return cls(
            code=company.code,
            name=company.name,
            tax_id=company.tax_id,
            parent=company.parent.code if company.parent else None,
            terms=terms.code if terms else None,
            needs_purchase_order=any(row.needs_purchase_order for row in line_of(company)),
            shares_credit=company.shares_credit,
            active=company.is_active,
            credit=[
                CreditStandingOut(**{name: each.figures[name] for name in names})
                for each in standing
            ],
        )


@message
class CompanySummaryOut(msgspec.Struct):
    """A company as it is kept: its own parent, limit and terms, not those that it gets from above."""

    code: str
    name: str
    tax_id: str
    parent: str | None
    terms: str | None
    credit_limit: str | None
    credit_currency: str
    shares_credit: bool
    needs_purchase_order: bool
    repeated_number: str
    active: bool

    @classmethod
    def of(cls, row: Company) -> "CompanySummaryOut":
        """From a row with parent and terms selected along."""
        return cls(
            code=row.code,
            name=row.name,
            tax_id=row.tax_id,
            parent=row.parent.code if row.parent else None,
            terms=row.terms.code if row.terms else None,
            credit_limit=_amount(row.credit_limit, row.credit_currency),
            credit_currency=row.credit_currency,
            shares_credit=row.shares_credit,
            needs_purchase_order=row.needs_purchase_order,
            repeated_number=row.repeated_number,
            active=row.is_active,
        )


@message
class CompanyIn(Sent):
    """A company as a whole; `parent` and `terms` are codes.

    `credit_limit` is of everybody who buys for it together, in `credit_currency`; null: none is set.
    With `shares_credit` it buys within the limit of its parent. `repeated_number` says what becomes
    of an order whose purchase order number was used before: it waits, or goes on with a tag.
    """

    name: Name
    tax_id: TaxId = ""
    parent: Short | None = None
    credit_limit: Decimal | None = None
    credit_currency: Currency = ""
    shares_credit: bool = False
    terms: Short | None = None
    needs_purchase_order: bool = False
    repeated_number: Literal["hold", "warn"] = "hold"
    active: bool = True
    reason: Why = SAID

    @property
    def face(self) -> CompanyFace:
        """What it is called, and whether it is sold to on account."""
        return CompanyFace(self.name, self.tax_id, self.active)

    def trade(self, parent: Any, terms: Any) -> CompanyTerms:
        """Where it stands and how it buys, with the rows that its codes name."""
        return CompanyTerms(
            parent=parent,
            credit_limit=self.credit_limit,
            credit_currency=self.credit_currency,
            shares_credit=self.shares_credit,
            terms=terms,
            needs_purchase_order=self.needs_purchase_order,
            repeated_number=self.repeated_number,
        )


class Limited(Sent):
    """What somebody may order for their company, in the currency of the order; null: anything."""

    role: Literal["buyer", "approver"] = "buyer"
    order_limit: Decimal | None = None
    period_limit: Decimal | None = None
    period_days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 30
    reason: Why = SAID

    @property
    def limits(self) -> BuyerTerms:
        """Role and limits."""
        return BuyerTerms(self.role, self.order_limit, self.period_limit, self.period_days)


@message
class BuyerIn(Limited):
    """For which company a customer buys, and within which limits; null: for nobody."""

    company: Short | None = None


@message
class PersonIn(Limited):
    """Who buys, known again by e-mail address, else by phone number."""

    name: Name = ""
    email: Email = ""
    phone: Phone = ""


@message
class BuyerOut(msgspec.Struct):
    """For whom a customer buys, as what, and within which limits."""

    customer: str
    company: str | None
    role: str
    order_limit: str | None
    period_limit: str | None
    period_days: int

    @classmethod
    def of(cls, row: Customer) -> "BuyerOut":
        """From a row with company and buyer selected along."""
        limits = getattr(row, "buyer", None) or BuyerTerms()
        order, period = limits.order_limit, limits.period_limit
        return cls(
            customer=row.number,
            company=row.company.code if row.company else None,
            role=limits.role,
            order_limit=_amount(order),
            period_limit=_amount(period),
            period_days=limits.period_days,
        )


@message
class PaymentTermsIn(Sent):
    """When an invoice is to be paid: `days` after it, or after the end of its month, or before release.

    `discount_percent` is taken off for paying within `discount_days`.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    kind: Literal["net", "end_of_month", "prepayment"] = "net"
    days: Days = 0
    discount_percent: Decimal = Decimal(0)
    discount_days: Days = 0
    active: bool = True
    reason: Why = SAID

    @property
    def given(self) -> Terms:
        """In the words of the operation."""
        return Terms(
            self.name, self.kind, self.days, self.discount_percent, self.discount_days, self.active
        )


@message
class PaymentTermsOut(msgspec.Struct):
    """Payment terms as they are kept."""

    code: str
    name: str
    kind: str
    days: int
    discount_percent: str
    discount_days: int
    active: bool

    @classmethod
    def of(cls, row: PaymentTerms) -> "PaymentTermsOut":
        """As the API shows them."""
        return cls(
            row.code,
            row.name,
            row.kind,
            row.days,
            f"{row.discount_percent:.2f}",
            row.discount_days,
            row.is_active,
        )
