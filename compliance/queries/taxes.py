"""The tax engine: which tax a sale bears, and how much.

Decided in this order: territory of arrival, territory of departure, the buyer's standing, the
scheme, then the rate of the product's class on the day. Tax is rounded once per order, rate and
part, and divided among the lines by largest remainder.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from compliance.enums import TaxCategory, Treatment
from compliance.queries.law import Law, Rate, Seller, law, tidy
from compliance.queries.territories import Place, locate, zone
from oms.money import ZERO, quantize, split
from oms.taxes import TaxLine, TaxRequest

VAT, IGST, CGST, SGST = "VAT", "IGST", "CGST", "SGST"
HUNDRED = Decimal(100)
HALF = Decimal("0.5")
UK_PLACES = frozenset({"GB", "XI"})  # VAT of the United Kingdom; the second follows EU rules too


@dataclass(frozen=True, slots=True)
class Decision:
    """How a sale is taxed: the treatment, whose rates, and the parts the tax consists of."""

    treatment: Treatment
    territory: str  # whose tax it is
    parts: tuple[tuple[str, Decimal], ...] = ((VAT, Decimal(1)),)  # code, share of the rate
    category: TaxCategory | None = None  # set: no tax, for this reason


OUTSIDE = Decision(Treatment.OUTSIDE, "", category=TaxCategory.OUTSIDE)


def assess_taxes(requests: Sequence[TaxRequest]) -> list[list[TaxLine]]:
    """Give each request the lines of its tax; no query while the law is in memory.

    Where no legal entity is set up, or nobody knows the law, the answer is category O and no tax.
    """
    now = law()
    decisions: dict[tuple, Decision] = {}
    groups: dict[tuple, list[int]] = defaultdict(list)
    for index, request in enumerate(requests):
        sale = (
            request.seller_location_id,
            request.ship_country,
            request.ship_region,
            request.ship_area,
            request.buyer_has_tax_id,
            request.on,
        )
        if sale not in decisions:
            decisions[sale] = _decide(now, request)
        decision = decisions[sale]
        groups[request.order_key, decision, _rate(now, decision, request)].append(index)
    answers: list[list[TaxLine]] = [[] for _ in requests]
    for (_key, decision, rate), members in groups.items():
        _assess(requests, members, decision, rate, answers)
    return answers


def decide(seller: Seller | None, to: Place, *, business: bool, on: date) -> Decision:
    """Find the treatment of a sale of goods from the seller's place to another."""
    if seller is None or not to.country:
        return OUTSIDE
    start = zone(seller.place.territory, on)
    if start == "IN":
        return _gst(seller.place, to)
    if start == "UK":
        return _uk(to)
    if start == "EU":
        return _eu(seller, to, business=business, on=on)
    return OUTSIDE


def place_of_supply(supplier: Place, to: Place) -> str:
    """The GST state whose tax it is: where the goods arrive, else the supplier's (s. 10(1)(ca))."""
    return to.state or supplier.state


def _decide(now: Law, request: TaxRequest) -> Decision:
    seller = now.seller(request.seller_location_id)
    if seller is None:
        return OUTSIDE
    # An order without an address yet is priced as a sale at home.
    to = locate(request.ship_country, request.ship_region, request.ship_area)
    to = to if to.country else seller.place
    return decide(seller, to, business=request.buyer_has_tax_id, on=request.on)


def _gst(supplier: Place, to: Place) -> Decision:
    if to.territory != "IN":
        return Decision(Treatment.EXPORT, "IN", ((IGST, Decimal(1)),), category=TaxCategory.EXPORT)
    if place_of_supply(supplier, to) == supplier.state:
        return Decision(Treatment.INTRA_STATE, "IN", ((CGST, HALF), (SGST, HALF)))
    return Decision(Treatment.INTER_STATE, "IN", ((IGST, Decimal(1)),))


def _uk(to: Place) -> Decision:
    if to.territory in UK_PLACES:
        return Decision(Treatment.DOMESTIC, "GB")
    return Decision(Treatment.EXPORT, "GB", category=TaxCategory.EXPORT)


def _eu(seller: Seller, to: Place, *, business: bool, on: date) -> Decision:
    start, end = seller.place.territory, to.territory
    if _one_state(start, end):
        return Decision(Treatment.DOMESTIC, _rates_of(end))
    if zone(end, on) != "EU":
        return Decision(Treatment.EXPORT, _rates_of(start), category=TaxCategory.EXPORT)
    if business:
        return Decision(Treatment.INTRA_EU, _rates_of(start), category=TaxCategory.INTRA_COMMUNITY)
    if seller.oss_from and seller.oss_from <= on:
        return Decision(Treatment.OSS, _rates_of(end))
    return Decision(Treatment.DISTANCE, _rates_of(start))


def _one_state(start: str, end: str) -> bool:
    """Whether both ends lie in one member state; regions with rates of their own belong to it."""
    if {start, end} <= UK_PLACES:
        return True
    own_rates = {"AT-MB", "PT-20", "PT-30"}
    return start == end or (
        start[:2] == end[:2] and all(len(side) == 2 or side in own_rates for side in (start, end))  # noqa: PLR2004
    )


def _rates_of(territory: str) -> str:
    return "GB" if territory in UK_PLACES else territory


def _rate(now: Law, decision: Decision, request: TaxRequest) -> Rate:
    if decision.category is not None:
        return Rate(ZERO, decision.category)
    found = now.rate(decision.territory, request.tax_class, request.on)
    return found or Rate(ZERO, TaxCategory.OUTSIDE)


def _assess(
    requests: Sequence[TaxRequest],
    members: list[int],
    decision: Decision,
    rate: Rate,
    answers: list[list[TaxLine]],
) -> None:
    """Tax one order's lines of one rate together, then give each line its part."""
    weights = [requests[index].amount for index in members]
    first = requests[members[0]]
    whole = HUNDRED + rate.per_cent if first.price_includes_tax else HUNDRED
    base = sum(weights, ZERO)
    for code, per_cent in _parts(decision, rate):
        tax = quantize(base * per_cent / whole, first.currency)
        for index, amount in zip(members, spread(tax, weights, first.currency), strict=True):
            answers[index].append(TaxLine(code, per_cent, amount, rate.category))


@lru_cache(maxsize=1_000)
def _parts(decision: Decision, rate: Rate) -> list[tuple[str, Decimal]]:
    return [(code, tidy(rate.per_cent * share)) for code, share in decision.parts]


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Divide an amount by weights of either sign so that the parts sum to it exactly.

    Weights of one sign by largest remainder. Of both signs (a discount beside goods) by rounding
    running totals, since a remainder has no meaning there.
    """
    if not amount:
        return [ZERO] * len(weights)
    if len(weights) == 1:
        return [amount]
    if min(weights) >= 0 or max(weights) <= 0:
        return split(amount, [abs(weight) for weight in weights], currency)
    total, running, given, parts = sum(weights, ZERO), ZERO, ZERO, []
    for weight in weights:
        running += weight
        upto = quantize(amount * running / total, currency)
        parts.append(upto - given)
        given = upto
    return parts
