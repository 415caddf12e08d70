"""Companies, buyers and payment terms as another system keeps them: each by its code, as a whole."""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from customers.models import Buyer, Company, Customer, PaymentTerms
from customers.operations.companies import (
    BuyerTerms,
    CompanyTerms,
    lock_line,
    set_buyer,
    set_company_terms,
)
from customers.operations.profiles import classify, lock_person
from customers.queries import root_of
from oms import events
from oms.errors import InvalidInput
from oms.history import stamp
from oms.querysets import put


class NotKept(InvalidInput):
    """What another system says of it cannot be."""

    code = "not_kept"
    message = "{reason}"


@dataclass(frozen=True, slots=True)
class CompanyFace:
    """What a company is called, and whether it is sold to on account."""

    name: str
    tax_id: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """Payment terms: `days` after the invoice or its month, less a discount for paying sooner."""

    name: str
    kind: str = "net"
    days: int = 0
    discount_percent: Any = 0
    discount_days: int = 0
    is_active: bool = True


@transaction.atomic
def put_company(
    code: str, face: CompanyFace, terms: CompanyTerms, *, by: str, reason: str
) -> tuple[Company, bool]:
    """Have a company be as said, made where its code is new; says whether it was.

    The same again changes nothing and records nothing. Raises CompanyCircle, CompanyTermsImpossible
    and NotKept, and changes nothing.
    """
    company, is_new = _found_or_made(code, face, by=by, reason=reason)
    company = lock_line(company, terms.parent)
    if not is_new and _take_over(company, face, by=by, reason=reason):
        events.record("company.changed", company, by=by, reason=reason, active=face.is_active)
    names = CompanyTerms.__dataclass_fields__
    if any(getattr(company, name) != getattr(terms, name) for name in names):
        company = set_company_terms(company, terms, by=by, reason=reason)
    return company, is_new


@transaction.atomic
def put_payment_terms(
    code: str, given: Terms, *, by: str, reason: str
) -> tuple[PaymentTerms, bool]:
    """Have payment terms be as said; orders that were placed keep theirs. Raises NotKept.

    Of two who make them at once the later changes what the first one made.
    """
    rows = PaymentTerms.objects.select_for_update()
    take_over = partial(_take_over, given=given, by=by, reason=reason)
    row, is_new, is_changed = put(rows, take_over, code=code)
    if is_changed:
        events.record("payment_terms.set", row, by=by, reason=reason, active=given.is_active)
    return row, is_new


@transaction.atomic
def put_buyer(
    customer: Customer, company: Company | None, given: BuyerTerms, *, by: str, reason: str
) -> Customer:
    """Have a person buy for a company within these limits, or for nobody; a repeat changes nothing.

    Whoever buys for nobody loses role and limits with the company; `customer.buyer_ended` says so.
    The person is locked first. Raises NotKept, and SubjectErased for whose data were destroyed.
    """
    customer = lock_person(root_of(customer))
    if customer.company != company:
        customer = classify(customer, by=by, group=customer.group, company=company, reason=reason)
    row = Buyer.objects.filter(customer=customer).first()
    if company is None:
        if row is not None:
            stamp(row, by=by, reason=reason)
            row.delete()
            events.record("customer.buyer_ended", customer, by=by, reason=reason, role=row.role)
        return customer
    now = row or Buyer()
    if row is None or any(getattr(now, name) != value for name, value in asdict(given).items()):
        try:
            set_buyer(customer, given, by=by, reason=reason)
        except ValidationError as wrong:
            raise _refused(wrong) from wrong
    return customer


def _found_or_made(code: str, face: CompanyFace, *, by: str, reason: str) -> tuple[Company, bool]:
    """The company with this code; two who make it at once get the one that was first."""
    if found := Company.objects.filter(code=code).first():
        return found, False
    made = Company(code=code)
    try:
        with transaction.atomic():
            _take_over(made, face, by=by, reason=reason)
    except IntegrityError:
        return Company.objects.get(code=code), False
    events.record("company.registered", made, by=by, reason=reason)
    return made, True


def _take_over(row: models.Model, given: CompanyFace | Terms, *, by: str, reason: str) -> bool:
    """Write what is said onto a row, and save it where that is news. Raises NotKept."""
    told = asdict(given)
    if row.pk and all(getattr(row, name) == value for name, value in told.items()):
        return False
    for name, value in told.items():
        setattr(row, name, value)
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as wrong:
        raise _refused(wrong) from wrong
    stamp(row, by=by, reason=reason)
    row.save()
    return True


def _refused(wrong: ValidationError) -> NotKept:
    name, reasons = next(iter(wrong.message_dict.items()))
    pointer = "" if name == "__all__" else f"/{name.replace('is_active', 'active')}"
    return NotKept(pointer=pointer, reason=reasons[0])
