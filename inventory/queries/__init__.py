"""Questions about stock, one file per noun."""

from inventory.queries.coming import coming
from inventory.queries.corrections import CORRECTABLE, corrected_among, why_not
from inventory.queries.counts import Accuracy, accuracy, location_accuracy
from inventory.queries.courses import HOURLY, Point, course
from inventory.queries.cut_offs import CutOff, next_cut_offs
from inventory.queries.decisions import given_back, routed_otherwise
from inventory.queries.doctor import (
    Examination,
    Proof,
    examine,
    examine_fences,
    wrong_snapshots,
)
from inventory.queries.fences import Draw, Taker
from inventory.queries.finding import (
    FoundProduct,
    find_products,
    product_with_code,
    products_by_code,
)
from inventory.queries.ledger import invariants, unproven_levels
from inventory.queries.levels import Availability, availability, open_reservations, unreserved
from inventory.queries.limits import Limit, Listing, limits_of, listings_of
from inventory.queries.line_facts import LineFacts, line_facts
from inventory.queries.lots import (
    lot_code,
    lots_by_code,
    lots_here,
    lots_with_code,
    shipped_lots,
    suggest_lots,
)
from inventory.queries.moments import (
    Moment,
    learnt_since,
    movements_until,
    reservations_at,
    stock_at,
)
from inventory.queries.pages import location_codes, location_ids, product_ids, usual_place
from inventory.queries.pickup import (
    address_of,
    kept_at_counter,
    pickup_choices,
    pickup_days,
    pickup_places,
)
from inventory.queries.places import ANYWHERE, Destination, distance_km
from inventory.queries.products import families_of, product_by_id, products_by_sku
from inventory.queries.promise import (
    Outlook,
    Promised,
    PromisedPart,
    arrivals,
    last_of,
    outlook,
)
from inventory.queries.reports import Result, Stated, orders_of_channels, preview_report
from inventory.queries.selling import changed_since, reasons_of, selling_channels
from inventory.queries.soft import (
    SoftContent,
    open_soft_reservations,
    soft_content,
    soft_reservation,
)
from inventory.queries.sourcing import (
    Allotment,
    Demand,
    Plan,
    Request,
    Supply,
    give_back,
    source,
    supply_of,
)
from inventory.queries.told import Untrue, levels_to_tell, untrue_figures

__all__ = [
    "ANYWHERE",
    "CORRECTABLE",
    "HOURLY",
    "Accuracy",
    "Allotment",
    "Availability",
    "CutOff",
    "Demand",
    "Destination",
    "Draw",
    "Examination",
    "FoundProduct",
    "Limit",
    "LineFacts",
    "Listing",
    "Moment",
    "Outlook",
    "Plan",
    "Point",
    "Promised",
    "PromisedPart",
    "Proof",
    "Request",
    "Result",
    "SoftContent",
    "Stated",
    "Supply",
    "Taker",
    "Untrue",
    "accuracy",
    "address_of",
    "arrivals",
    "availability",
    "changed_since",
    "coming",
    "corrected_among",
    "course",
    "distance_km",
    "examine",
    "examine_fences",
    "families_of",
    "find_products",
    "give_back",
    "given_back",
    "invariants",
    "kept_at_counter",
    "last_of",
    "learnt_since",
    "levels_to_tell",
    "limits_of",
    "line_facts",
    "listings_of",
    "location_accuracy",
    "location_codes",
    "location_ids",
    "lot_code",
    "lots_by_code",
    "lots_here",
    "lots_with_code",
    "movements_until",
    "next_cut_offs",
    "open_reservations",
    "open_soft_reservations",
    "orders_of_channels",
    "outlook",
    "pickup_choices",
    "pickup_days",
    "pickup_places",
    "preview_report",
    "product_by_id",
    "product_ids",
    "product_with_code",
    "products_by_code",
    "products_by_sku",
    "reasons_of",
    "reservations_at",
    "routed_otherwise",
    "selling_channels",
    "shipped_lots",
    "soft_content",
    "soft_reservation",
    "source",
    "stock_at",
    "suggest_lots",
    "supply_of",
    "unproven_levels",
    "unreserved",
    "untrue_figures",
    "usual_place",
    "why_not",
    "wrong_snapshots",
]
