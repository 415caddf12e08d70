"""When to order and how much: reorder point, lot size and safety stock, each figure shown.

Formulas after E. A. Silver, D. F. Pyke and D. J. Thomas, "Inventory and Production Management in
Supply Chains" (4th edition, 2017): demand over a lead time that varies itself (chapter 6.6), the
(s, Q) and (R, S) systems with a service level as the chance of no stock-out a cycle (6.7 and 6.9),
and the economic order quantity (chapter 4, first by F. W. Harris, 1913).

    mean over lead time     m = d L
    spread over lead time   v = sqrt(L s^2 + d^2 t^2)
    safety stock            k = z(p) v, z the quantile of the standard normal distribution
    reorder point           m + k
    order-up-to level       the same over L + R days, under periodic review
    lot size (EOQ)          sqrt(2 A D / (h c))

with daily demand d and its spread s, lead time L and its spread t, review interval R, service level
p, cost of an order A, demand a year D, holding rate h and unit cost c.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from inventory.enums import LotRule, ReviewMethod
from inventory.models import ReplenishmentPolicy
from inventory.queries.demand import Demand
from inventory.queries.leadtimes import LeadTime

YEAR = 365


@dataclass(frozen=True, slots=True)
class Position:
    """What is there, what is promised, what will come, and what waits: units."""

    on_hand: int = 0
    reserved: int = 0
    incoming: int = 0
    waiting: int = 0  # ordered by customers and not reserved

    @property
    def units(self) -> int:
        """The inventory position: on hand and on order, less what is owed."""
        return self.on_hand - self.reserved - self.waiting + self.incoming


@dataclass(frozen=True, slots=True)
class Plan:
    """The figures of one product at one location; quantities are whole units."""

    safety_stock: int
    reorder_point: int
    order_up_to: int  # the position after ordering, before packs and minimums
    lot: int
    lead_demand: float
    lead_spread: float
    z: float
    interval: float  # days that stock must last: lead time, and the review interval if periodic


def plan(policy: ReplenishmentPolicy, demand: Demand, lead: LeadTime, unit_cost: float) -> Plan:
    """Reorder point and lot size under a policy."""
    periodic = policy.review == ReviewMethod.PERIODIC
    interval = lead.mean + (policy.review_days if periodic else 0)
    mean = demand.mean * interval
    spread = math.sqrt(interval * demand.spread**2 + (demand.mean * lead.spread) ** 2)
    z = NormalDist().inv_cdf(float(policy.service_level))
    safety = max(math.ceil(z * spread), 0)
    point = max(math.ceil(mean + z * spread), 0)
    if policy.minimum_stock is not None:
        is_rule = policy.lot_rule == LotRule.MIN_MAX
        point = policy.minimum_stock if is_rule else max(point, policy.minimum_stock)
    lot = _lot(policy, demand, unit_cost, point)
    top = point if periodic else point + lot
    if policy.maximum_stock is not None:
        top = min(top, policy.maximum_stock)
    return Plan(safety, point, top, lot, mean, spread, z, interval)


def need(policy: ReplenishmentPolicy, made: Plan, position: Position) -> int:
    """Units to order now; none while the position is above the reorder point."""
    units = position.units
    if policy.review == ReviewMethod.PERIODIC:
        return max(made.order_up_to - units, 0)
    if units > made.reorder_point:
        return 0
    return max(made.order_up_to - units, 0)


def excess(made: Plan, position: Position) -> int:
    """Units that a location can give away and still need nothing itself."""
    free = min(position.units - made.order_up_to, position.on_hand - position.reserved)
    return max(free, 0)


def _lot(policy: ReplenishmentPolicy, demand: Demand, unit_cost: float, point: int) -> int:
    if policy.lot_rule == LotRule.FIXED and policy.fixed_quantity:
        return policy.fixed_quantity
    if policy.lot_rule == LotRule.MIN_MAX and policy.maximum_stock is not None:
        return max(policy.maximum_stock - point, 1)
    return economic_quantity(policy, demand, unit_cost)


def economic_quantity(policy: ReplenishmentPolicy, demand: Demand, unit_cost: float) -> int:
    """The lot at which ordering and holding cost the same; a month of demand without a cost."""
    yearly = demand.mean * YEAR
    if not yearly:
        return 0
    if unit_cost <= 0 or policy.order_cost <= 0:
        return max(math.ceil(yearly / 12), 1)
    holding = float(policy.holding_rate) * unit_cost
    return max(math.ceil(math.sqrt(2 * float(policy.order_cost) * yearly / holding)), 1)
