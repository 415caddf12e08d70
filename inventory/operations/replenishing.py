"""Proposals of what to buy or to bring from elsewhere; accepted, they become draft documents."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from inventory.enums import ProposalState, SupplyKind
from inventory.models import Location, Product, PurchaseOrder, ReplenishmentProposal, Transfer
from inventory.operations.purchasing import Terms, Wanted, draft_purchase_order
from inventory.operations.transfers import request_transfer
from inventory.queries.demand import Demand
from inventory.queries.positions import UNKNOWN_LEAD, Pair, Scene, scene
from inventory.queries.replenishment import Plan, excess, need, plan
from oms import events
from oms.errors import DomainError

CHUNK = 500  # products looked at together
NO_DEMAND = Demand(0.0, 0.0, 0, "none")

Tell = Callable[[int, int], None]  # done, of


class AlreadyDecided(DomainError):
    """The proposal is accepted, dismissed, or replaced by a later one."""

    code = "already_decided"
    message = "The proposal for {sku} is {state} already."


class SupplierMissing(DomainError):
    """Nobody is known to sell the product."""

    code = "supplier_missing"
    message = "{sku} has no supplier. Add an offer to a supplier first."


@dataclass(frozen=True, slots=True)
class Looked:
    """One product at one location, thought through."""

    pair: Pair
    plan: Plan
    need: int
    excess: int


def propose_replenishment(tell: Tell = lambda _done, _of: None) -> int:
    """Work out anew what every active product needs at every active location; how many proposals.

    Another location's excess is proposed before anything is bought. Earlier proposals that nobody
    decided on are superseded. Repeatable; each few hundred products are a transaction of their own.
    """
    ids = list(
        Product.objects.filter(is_active=True, levels__location__is_active=True)
        .order_by("pk")
        .distinct()
        .values_list("pk", flat=True)
    )
    started, made = timezone.now(), 0
    for start in range(0, len(ids), CHUNK):
        made += _propose(ids[start : start + CHUNK])
        tell(min(start + CHUNK, len(ids)), len(ids))
    stale = ReplenishmentProposal.objects.filter(state=ProposalState.OPEN, made_at__lt=started)
    stale.update(state=ProposalState.SUPERSEDED, decided_at=timezone.now())
    return made


@transaction.atomic
def accept_proposals(
    proposals: Iterable[ReplenishmentProposal], *, by: str
) -> list[PurchaseOrder | Transfer]:
    """Make drafts of proposals: a purchase order per supplier and location, a transfer per route.

    Raises AlreadyDecided, SupplierMissing, or RateMissing where supplier and location reckon in currencies between
    which no earlier purchase order states a rate; nothing is made then.
    """
    rows = _decide(proposals, ProposalState.ACCEPTED, by=by)
    groups: dict[tuple[str, int, int], list[ReplenishmentProposal]] = defaultdict(list)
    for row in rows:
        groups[row.kind, row.supplier_id or row.source_id or 0, row.location_id].append(row)

    documents = []
    for (kind, _, _), some in sorted(groups.items()):
        made = (_buy if kind == SupplyKind.PURCHASE_ORDER else _bring)(some, by=by)
        for row in some:
            row.document = made.number
        documents.append(made)
    ReplenishmentProposal.objects.bulk_update(rows, ["document"])

    return documents


@transaction.atomic
def dismiss_proposals(proposals: Iterable[ReplenishmentProposal], *, by: str) -> int:
    """Decide against proposals; the next calculation may propose again. Raises AlreadyDecided."""
    return len(_decide(proposals, ProposalState.DISMISSED, by=by))


def _decide(
    proposals: Iterable[ReplenishmentProposal], state: str, *, by: str
) -> list[ReplenishmentProposal]:
    rows = ReplenishmentProposal.objects.select_related(
        "product", "location", "supplier", "source"
    ).lock(*(row.pk for row in proposals))
    for row in rows:
        if row.state != ProposalState.OPEN:
            raise AlreadyDecided(sku=row.product.sku, state=row.get_state_display().lower())
        row.state, row.decided_by, row.decided_at = state, by, timezone.now()
    ReplenishmentProposal.objects.bulk_update(rows, ["state", "decided_by", "decided_at"])
    events.record_all(
        [events.Fact(f"replenishment.{state}", row, _about(row)) for row in rows], by=by
    )
    return rows


def _about(row: ReplenishmentProposal) -> dict[str, object]:
    return {
        "product": row.product.sku,
        "location": row.location.code,
        "quantity": row.quantity,
        "kind": row.kind,
    }


def _buy(rows: Sequence[ReplenishmentProposal], *, by: str) -> PurchaseOrder:
    first = rows[0]
    supplier, location = first.supplier, first.location
    if supplier is None:
        raise SupplierMissing(sku=first.product.sku)
    terms = Terms(exchange_rate=_rate(supplier.currency, location))
    wanted = [Wanted(row.product_id, row.quantity, row.unit_price) for row in rows]
    return draft_purchase_order(supplier, location, wanted, by=by, terms=terms)


def _bring(rows: Sequence[ReplenishmentProposal], *, by: str) -> Transfer:
    source = rows[0].source
    if source is None:
        raise SupplierMissing(sku=rows[0].product.sku)
    quantities: dict[int, int] = defaultdict(int)
    for row in rows:
        quantities[row.product_id] += row.quantity
    return request_transfer(source, rows[0].location, quantities, by=by)


def _rate(currency: str, location: Location) -> Decimal | None:
    """The latest rate that a purchase order states between these currencies."""
    if currency == location.cost_currency:
        return None
    rows = PurchaseOrder.objects.filter(currency=currency).select_related("location")
    same = (row for row in rows.order_by("-pk")[:CHUNK])
    return next(
        (row.exchange_rate for row in same
         if row.location.cost_currency == location.cost_currency), None,
    )  # fmt: skip


@transaction.atomic
def _propose(product_ids: list[int]) -> int:
    found = scene(product_ids)
    by_product: dict[int, list[Looked]] = defaultdict(list)
    for pair in sorted(found.positions):
        by_product[pair[0]].append(_look(found, pair))
    made = [row for looked in by_product.values() for row in _proposals(found, looked)]
    ReplenishmentProposal.objects.filter(state=ProposalState.OPEN, product__in=product_ids).update(
        state=ProposalState.SUPERSEDED, decided_at=timezone.now()
    )
    ReplenishmentProposal.objects.bulk_create(made)
    return len(made)


def _look(found: Scene, pair: Pair) -> Looked:
    policy, position = found.policy(pair), found.positions[pair]
    demand = found.demand.get(pair, NO_DEMAND)
    lead = found.leads.get(pair[0], UNKNOWN_LEAD)
    made = plan(policy, demand, lead, float(found.products[pair[0]].unit_cost or 0))
    is_wanted = demand.mean > 0 or position.waiting > 0 or policy.minimum_stock is not None
    units = need(policy, made, position) if policy.is_active and is_wanted else 0
    return Looked(pair, made, units, excess(made, position))


def _proposals(found: Scene, looked: Sequence[Looked]) -> list[ReplenishmentProposal]:
    """Cover each need from the greatest excess first, then from the supplier."""
    free = {one.pair: one.excess for one in looked if not one.need}
    made = []
    for one in sorted(looked, key=lambda one: -one.need):
        missing = one.need
        for source in sorted(free, key=lambda pair: (-free[pair], pair)):
            if missing and free[source] and _may_bring(found, source, one.pair):
                units = min(missing, free[source])
                free[source] -= units
                missing -= units
                made.append(_transfer(found, one, source, units))
        if missing:
            made.append(_purchase(found, one, missing))
    return made


def _may_bring(found: Scene, source: Pair, to: Pair) -> bool:
    """Only between places that reckon in the same currency; elsewhere somebody states a rate."""
    places = found.places
    return places[source[1]].cost_currency == places[to[1]].cost_currency


def _transfer(found: Scene, one: Looked, source: Pair, units: int) -> ReplenishmentProposal:
    row = _proposal(found, one, SupplyKind.TRANSFER, units)
    row.source_id = source[1]
    row.calculation["source"] = found.places[source[1]].code
    return row


def _purchase(found: Scene, one: Looked, units: int) -> ReplenishmentProposal:
    offer = found.offers.get(one.pair[0])
    row = _proposal(
        found, one, SupplyKind.PURCHASE_ORDER, offer.rounded_up(units) if offer else units
    )
    if offer:
        row.supplier_id, row.unit_price = offer.supplier_id, offer.price
        row.calculation |= {"pack": offer.pack_size, "minimum": offer.minimum}
    return row


def _proposal(found: Scene, one: Looked, kind: str, units: int) -> ReplenishmentProposal:
    product, location = one.pair
    demand = found.demand.get(one.pair, NO_DEMAND)
    units_left = found.positions[one.pair].units
    return ReplenishmentProposal(
        kind=kind,
        product_id=product,
        location_id=location,
        quantity=units,
        days_left=max(units_left, 0) / demand.mean if demand.mean else None,
        calculation=_calculation(found, one, demand),
        made_at=timezone.now(),
    )


def _calculation(found: Scene, one: Looked, demand: Demand) -> dict[str, object]:
    """Every figure that the proposal comes from, for people to check."""
    policy, position, made = found.policy(one.pair), found.positions[one.pair], one.plan
    lead = found.leads.get(one.pair[0], UNKNOWN_LEAD)
    return {
        "on_hand": position.on_hand,
        "reserved": position.reserved,
        "waiting": position.waiting,
        "incoming": position.incoming,
        "position": position.units,
        "demand": round(demand.mean, 3),
        "demand_spread": round(demand.spread, 3),
        "demand_days": demand.days,
        "demand_source": demand.source,
        "lead": round(lead.mean, 1),
        "lead_spread": round(lead.spread, 1),
        "lead_receipts": lead.receipts,
        "lead_source": lead.source,
        "review": policy.review,
        "interval": round(made.interval, 1),
        "lot_rule": policy.lot_rule,
        "service_level": float(policy.service_level),
        "z": round(made.z, 3),
        "lead_demand": round(made.lead_demand, 1),
        "lead_demand_spread": round(made.lead_spread, 1),
        "safety_stock": made.safety_stock,
        "reorder_point": made.reorder_point,
        "lot": made.lot,
        "order_up_to": made.order_up_to,
        "need": one.need,
    }
