"""What is asked of the tax engine, and what it answers.

The engine is the function that the TAX_ENGINE setting names:
`assess(requests: Sequence[TaxRequest]) -> list[list[TaxLine]]`, one list of tax lines a request.
Orders ask, compliance answers; neither imports the other.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Why a line bears no tax, by its category (UNCL 5305 as EN 16931 uses it).
UNTAXED = {
    "Z": "zero-rated",
    "E": "exempt from tax",
    "AE": "reverse charge",
    "K": "no tax: to a business in another member state",
    "G": "no tax: export",
    "O": "no tax: outside the scope",
}


@dataclass(frozen=True, slots=True)
class TaxRequest:
    """One line or charge of an order whose tax is to be found."""

    order_key: int  # equal within one order: tax is rounded per order and rate
    seller_location_id: int | None  # whose stock is sold; empty while nothing is allocated
    ship_country: str  # ISO 3166-1
    ship_region: str  # state, province or island; of India its GST code or name
    ship_area: str  # postcode, or as much of it as is known
    buyer_has_tax_id: bool
    price_includes_tax: bool
    currency: str
    on: date  # tax point
    tax_class: str
    amount: Decimal  # as priced, after discount; negative for a discount of the whole order


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One part of the tax: VAT, or CGST and SGST beside one another, or IGST."""

    code: str
    rate: Decimal  # per cent
    amount: Decimal
    category: str  # UNCL 5305: S, Z, E, AE, K, G, O
