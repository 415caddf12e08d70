"""Planning with fences: what is kept opens for its taker alone, and closes again behind the plan."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from inventory.queries.fences import Kept, draws_of
from inventory.queries.sourcing.asked import Allotment, Plan, Request, Supply


def plan_for_taker(
    request: Request, supply: Supply, plan: Callable[[Request, Supply], Plan]
) -> Plan:
    """Plan with the taker's own fences open, note what they gave, and close them again."""
    own = _own(request, supply)
    for kept in own:
        supply.available[kept.level_id] += kept.quantity
    made = plan(request, supply)
    if own or supply.spare:
        made.parts = [_with_draws(request, part, own, supply) for part in made.parts]
    for kept in own:
        supply.available[kept.level_id] -= kept.quantity
    return made


def give_back(supply: Supply, parts: Iterable[Allotment]) -> None:
    """Undo allotments: their units are there for the next request, behind the same fences."""
    kept = {row.pk: row for rows in supply.kept.values() for row in rows}
    for part in parts:
        supply.available[part.level_id] += part.quantity
        for draw in part.draws:
            back = min(draw.quantity, supply.available[draw.level_id])
            supply.available[draw.level_id] -= back
            kept[draw.kept_id].quantity += back


def _own(request: Request, supply: Supply) -> list[Kept]:
    """Units behind fences that open for this request."""
    if not supply.kept:
        return []
    products = {demand.product_id for demand in request.demands}
    rows = (row for product in sorted(products) for row in supply.kept.get(product, ()))
    return [row for row in rows if row.is_for(request.taker)]


def _with_draws(request: Request, part: Allotment, own: list[Kept], supply: Supply) -> Allotment:
    product = next(one.product_id for one in request.demands if one.key == part.key)
    mine = [kept for kept in own if kept.product_id == product]
    draws = draws_of(mine, part.level_id, part.quantity)
    return replace(part, draws=draws, spare=supply.spare.get(part.level_id, 0))
