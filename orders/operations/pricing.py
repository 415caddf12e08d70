"""Tax of new orders: asked of the engine for a whole batch, copied onto lines and charges."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string

from oms.money import ZERO
from oms.taxes import TaxLine, TaxRequest
from orders.models import Order, OrderCharge, OrderLine
from orders.operations.drafts import Draft

FIRST = -1  # stands for charges and for lines that wait for stock


def assess_taxes(drafts: Sequence[Draft]) -> None:
    """Copy tax lines onto lines and charges; amounts that the channel stated are kept."""
    engine = import_string(settings.TAX_ENGINE)
    requests, targets = [], []
    for key, draft in enumerate(drafts):
        sellers = _sellers(draft)
        for index, (row, stated) in enumerate(_taxable(draft)):
            requests.append(_tax_request(key, draft, row, sellers.get(index, sellers.get(FIRST))))
            targets.append((draft, row, stated))
    for (draft, row, stated), assessed in zip(targets, engine(requests), strict=True):
        write_tax(draft.order, row, assessed, stated=stated)


def _taxable(draft: Draft) -> Iterator[tuple[OrderLine | OrderCharge, Decimal | None]]:
    for line, sent in zip(draft.lines, draft.placed.lines, strict=True):
        yield line, sent.tax_amount
    for charge, given in zip(draft.charges, draft.placed.charges, strict=True):
        yield charge, given.tax_amount


def _sellers(draft: Draft) -> dict[int, int]:
    """The location that serves each line by its index, the first one also for what has none."""
    sellers: dict[int, int] = {}
    for part in draft.allotments:
        sellers.setdefault(FIRST, part.location_id)
        sellers.setdefault(part.key, part.location_id)
    return sellers


def _tax_request(
    key: int, draft: Draft, row: OrderLine | OrderCharge, seller: int | None
) -> TaxRequest:
    # Not the area: exclaves and islands without VAT differ in the last digits only.
    postcode = draft.placed.shipping_address.get("postcode") or draft.order.ship_area
    return tax_request(draft.order, row, key=key, seller=seller, postcode=postcode)


def tax_request(
    order: Order, row: OrderLine | OrderCharge, *, key: int, seller: int | None, postcode: str
) -> TaxRequest:
    """What the engine is asked of one line or charge; `key` is the same within an order."""
    product = row.product if isinstance(row, OrderLine) else None
    return TaxRequest(
        order_key=key,
        seller_location_id=seller,
        ship_country=order.ship_country,
        ship_region=order.ship_region,
        ship_area=postcode,
        buyer_has_tax_id=order.buyer_tax_id,
        price_includes_tax=order.price_includes_tax,
        currency=order.currency,
        on=order.placed_at.date(),
        tax_class=product.tax_class if product else "standard",
        amount=row.total if isinstance(row, OrderLine) else row.amount,
    )


def write_tax(
    order: Order,
    row: OrderLine | OrderCharge,
    assessed: Sequence[TaxLine],
    *,
    stated: Decimal | None = None,
) -> None:
    """Copy tax onto a row; an amount that the channel stated is kept whatever was assessed."""
    amounts = [line.amount for line in assessed]
    if stated is not None and stated != sum(amounts):
        amounts = [stated, *[ZERO] * (len(assessed) - 1)]
    row.tax_amount, row.stated_tax = sum(amounts, ZERO), stated
    row.tax_lines = [
        {
            "code": line.code,
            "rate": str(line.rate),
            "amount": str(amount),
            "category": line.category,
        }
        for line, amount in zip(assessed, amounts, strict=True)
    ]
    if isinstance(row, OrderLine) and not order.price_includes_tax:
        row.total += row.tax_amount
