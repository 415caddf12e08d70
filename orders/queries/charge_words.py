"""What a buyer reads that is charged beside goods: somebody's own words, or ours by language."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from customers.queries import Amount, Words
from orders.enums import ChargeKind
from orders.models import DraftCharge, OrderCharge

WORDS: dict[str, dict[str, str]] = {
    ChargeKind.SHIPPING: {"en": "Shipping", "de": "Versand", "fr": "Livraison"},
    ChargeKind.HANDLING: {"en": "Handling", "de": "Bearbeitung", "fr": "Traitement"},
    ChargeKind.GIFT_WRAP: {
        "en": "Gift wrap",
        "de": "Geschenkverpackung",
        "fr": "Emballage cadeau",
    },
    ChargeKind.COD_FEE: {
        "en": "Fee for cash on delivery",
        "de": "Nachnahmegebühr",
        "fr": "Frais de contre-remboursement",
    },
    ChargeKind.FEE: {"en": "Fee", "de": "Gebühr", "fr": "Frais"},
    ChargeKind.DISCOUNT: {"en": "Discount", "de": "Rabatt", "fr": "Remise"},
    ChargeKind.RETURN: {"en": "Returned goods", "de": "Rücksendung", "fr": "Articles retournés"},
    ChargeKind.RETURN_FEE: {"en": "Return fee", "de": "Rücksendegebühr", "fr": "Frais de retour"},
    ChargeKind.NOT_RETURNED: {
        "en": "Not sent back",
        "de": "Nicht zurückgesandt",
        "fr": "Non retourné",
    },
    ChargeKind.ADJUSTMENT: {"en": "Adjustment", "de": "Anpassung", "fr": "Ajustement"},
    ChargeKind.ROUNDING: {"en": "Rounding", "de": "Rundung", "fr": "Arrondi"},
}


def charges_told(
    rows: Iterable[OrderCharge | DraftCharge], currency: str, *, price_includes_tax: bool
) -> list[dict[str, Any]]:
    """Charges as a notice or a paper says them: `name` and `total`, which is with tax."""
    return [
        {
            "name": row.description or Words(WORDS[row.kind]),
            "total": Amount(_with_tax(row, price_includes_tax), currency),
        }
        for row in rows
    ]


def _with_tax(row: OrderCharge | DraftCharge, price_includes_tax: bool) -> Decimal:  # noqa: FBT001
    return row.amount if price_includes_tax else row.amount + row.tax_amount
