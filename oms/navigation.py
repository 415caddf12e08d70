"""The shell of the back office: sidebar by kind of work, counts of what waits, the palette's search.

Pages are named, never imported, so that this file knows no app. An entry is shown when its page
exists and the person may open it; a count is shown when something waits, and stops at 99+, so
that a sidebar costs the same with ten orders and with ten million.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils import timezone
from unfold.dataclasses import SearchResult

from oms import sealed

COUNT_STOPS_AT = 100
COUNT_SECONDS = 15  # how old a count may be


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the sidebar."""

    title: str
    icon: str
    url: str  # name of the page inside the admin
    permission: str = ""
    waiting: str = ""  # name of a count


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: a group of the sidebar."""

    title: str
    pages: tuple[Page, ...]
    folded: bool = False


FINANCE = Work(
    "Finance",
    (
        Page("Money on its way", "finance", "orders_finance", "orders.view_payment"),
        Page("Payments", "payments", "orders_payment_changelist", "orders.view_payment"),
        Page("Bank lines", "account_balance", "orders_bankline_changelist", "orders.view_bankline",
             "bank"),
        Page("Bank statements", "request_page", "orders_bankstatement_changelist",
             "orders.view_bankstatement"),
        Page("Bank accounts", "savings", "orders_bankaccount_changelist",
             "orders.view_bankaccount"),
        Page("Cash on delivery", "local_atm", "orders_cash", "orders.view_remittance"),
        Page("Remittances", "receipt", "orders_remittance_changelist", "orders.view_remittance"),
        Page("Gateway requests", "contactless", "orders_gatewayrequest_changelist",
             "orders.view_gatewayrequest", "gateway"),
        Page("Store credit", "card_giftcard", "orders_storecredit_changelist",
             "orders.view_storecredit"),
        Page("Ledger", "menu_book", "reporting_ledger", "orders.view_payment"),
    ),
)  # fmt: skip
RETURNS = Work(
    "Returns",
    (
        Page("Returns", "assignment_return", "fulfillment_return_changelist",
             "fulfillment.view_return", "returns"),
        Page("Receive returns", "barcode_scanner", "fulfillment_return_desk",
             "fulfillment.change_return"),
        Page("Came back", "keyboard_return", "fulfillment_originreturn_changelist",
             "fulfillment.view_originreturn", "came_back"),
        Page("Claims", "gavel", "fulfillment_claim_changelist", "fulfillment.view_claim"),
        Page("Claims due", "alarm", "fulfillment_claims_due", "fulfillment.view_claim", "claims"),
    ),
)  # fmt: skip
WORK = (
    Work("", (Page("Home", "home", "index"),)),
    Work(
        "Orders",
        (
            Page("Orders", "receipt_long", "orders_order_changelist", "orders.view_order", "late"),
            Page(
                "Drafts and quotes",
                "edit_note",
                "orders_draftorder_changelist",
                "orders.view_draftorder",
            ),
            Page("Exceptions", "front_hand", "orders_hold_changelist", "orders.view_hold", "holds"),
            Page("Tasks", "task_alt", "orders_task_changelist", "orders.view_task", "tasks"),
            Page("Waiting for stock", "hourglass_empty", "orders_scarce", "orders.view_order"),
            Page(
                "Imports",
                "upload_file",
                "orders_importbatch_changelist",
                "orders.view_importbatch",
            ),
            Page("Order rules", "rule", "orders_rule_changelist", "orders.view_rule"),
            Page(
                "Routing rules",
                "route",
                "inventory_routingruleset_changelist",
                "inventory.view_routingruleset",
            ),
        ),
    ),
    Work(
        "Stock",
        (
            Page(
                "Stock",
                "inventory_2",
                "inventory_stocklevel_changelist",
                "inventory.view_stocklevel",
            ),
            Page("Products", "sell", "inventory_product_changelist", "inventory.view_product"),
            Page(
                "Movements",
                "swap_vert",
                "inventory_stockmovement_changelist",
                "inventory.view_stockmovement",
            ),
            Page(
                "Inventory reports",
                "fact_check",
                "inventory_inventoryreport_changelist",
                "inventory.view_inventoryreport",
            ),
            Page("Fences", "fence", "inventory_fence_changelist", "inventory.view_fence"),
            Page(
                "Soft reservations",
                "shopping_basket",
                "inventory_softreservation_changelist",
                "inventory.view_softreservation",
            ),
            Page("Lots and serials", "qr_code_2", "inventory_lot_changelist", "inventory.view_lot"),
            Page("Stock doctor", "stethoscope", "inventory_doctor", "inventory.view_stocklevel"),
            Page("Counts", "fact_check", "inventory_count_changelist", "inventory.view_count"),
        ),
    ),
    Work(
        "Supply",
        (
            Page(
                "Purchase orders",
                "shopping_cart",
                "inventory_purchaseorder_changelist",
                "inventory.view_purchaseorder",
                "late_supply",
            ),
            Page(
                "Receipts",
                "move_to_inbox",
                "inventory_goodsreceipt_changelist",
                "inventory.view_goodsreceipt",
            ),
            Page(
                "Transfers",
                "sync_alt",
                "inventory_transfer_changelist",
                "inventory.view_transfer",
            ),
            Page(
                "Replenishment",
                "shopping_basket",
                "inventory_replenishmentproposal_changelist",
                "inventory.view_replenishmentproposal",
                "to_buy",
            ),
            Page(
                "Suppliers",
                "factory",
                "inventory_supplier_changelist",
                "inventory.view_supplier",
            ),
        ),
    ),
    Work(
        "Fulfilment",
        (
            Page(
                "Work at locations",
                "conveyor_belt",
                "fulfillment_fulfillmentorder_changelist",
                "fulfillment.view_fulfillmentorder",
                "to_ship",
            ),
            Page(
                "Shipments",
                "local_shipping",
                "fulfillment_shipment_changelist",
                "fulfillment.view_shipment",
            ),
        ),
    ),
    RETURNS,
    Work(
        "Customers",
        (
            Page("Customers", "group", "customers_customer_changelist", "customers.view_customer"),
            Page("Companies", "domain", "customers_company_changelist", "customers.view_company"),
            Page(
                "Price lists",
                "price_change",
                "orders_pricelist_changelist",
                "orders.view_pricelist",
            ),
            Page(
                "Payment terms",
                "event_available",
                "customers_paymentterms_changelist",
                "customers.view_paymentterms",
            ),
            Page(
                "Duplicates",
                "group_work",
                "customers_duplicatepair_changelist",
                "customers.view_duplicatepair",
                "duplicates",
            ),
            Page(
                "Notifications",
                "mail",
                "customers_notification_changelist",
                "customers.view_notification",
            ),
        ),
    ),
    FINANCE,
    Work(
        "Reports",
        (
            Page("Dashboard", "monitoring", "reporting_dashboard", "reporting.view_dailysales"),
            Page("Promises kept", "handshake", "reporting_promises", "reporting.view_dailysales"),
            Page(
                "Returns by reason", "pie_chart", "reporting_returns", "reporting.view_dailysales"
            ),
            Page("Stock turnover", "autorenew", "reporting_stock", "reporting.view_dailysales"),
            Page("Count accuracy", "target", "inventory_count_accuracy", "inventory.view_count"),
            Page(
                "Stock valuation",
                "account_balance_wallet",
                "reporting_valuation",
                "inventory.view_costentry",
            ),
            Page("Jobs and exports", "pending_actions", "oms_job_changelist", "oms.view_job"),
        ),
    ),
    Work(
        "Compliance",
        (
            Page(
                "Invoices",
                "request_quote",
                "compliance_invoice_changelist",
                "compliance.view_invoice",
            ),
            Page("Tax report", "summarize", "compliance_tax_report", "compliance.view_invoice"),
            Page("Audit trail", "policy", "compliance_audit", "oms.view_event"),
            Page(
                "Privacy requests",
                "shield_person",
                "compliance_privacyrequest_changelist",
                "compliance.view_privacyrequest",
            ),
            Page(
                "Tax rates", "percent", "compliance_taxrate_changelist", "compliance.view_taxrate"
            ),
            Page("Events", "timeline", "oms_event_changelist", "oms.view_event"),
        ),
        folded=True,
    ),
    Work(
        "Settings",
        (
            Page(
                "Allocation policies",
                "sort",
                "orders_allocationpolicy_changelist",
                "orders.view_allocationpolicy",
            ),
            Page(
                "Re-routing windows",
                "route",
                "orders_reroutewindow_changelist",
                "orders.view_reroutewindow",
            ),
            Page(
                "Transit times",
                "timer",
                "inventory_transittime_changelist",
                "inventory.view_transittime",
            ),
            Page("Channels", "storefront", "orders_channel_changelist", "orders.view_channel"),
            Page(
                "Replenishment policies",
                "tune",
                "inventory_replenishmentpolicy_changelist",
                "inventory.view_replenishmentpolicy",
            ),
            Page(
                "Hold types", "pan_tool_alt", "orders_holdtype_changelist", "orders.view_holdtype"
            ),
            Page("SKU aliases", "alt_route", "orders_skualias_changelist", "orders.view_skualias"),
            Page(
                "Country aliases",
                "language",
                "orders_countryalias_changelist",
                "orders.view_countryalias",
            ),
            Page(
                "Locations", "warehouse", "inventory_location_changelist", "inventory.view_location"
            ),
            Page(
                "Location services",
                "speed",
                "inventory_locationservice_changelist",
                "inventory.view_locationservice",
            ),
            Page(
                "Location groups",
                "workspaces",
                "inventory_locationgroup_changelist",
                "inventory.view_locationgroup",
            ),
            Page(
                "Holiday calendars",
                "event_busy",
                "inventory_holidaycalendar_changelist",
                "inventory.view_holidaycalendar",
            ),
            Page(
                "Reason codes",
                "label",
                "inventory_reasoncode_changelist",
                "inventory.view_reasoncode",
            ),
            Page(
                "Count policies",
                "rule",
                "inventory_countpolicy_changelist",
                "inventory.view_countpolicy",
            ),
            Page(
                "Return policies",
                "assignment_turned_in",
                "fulfillment_returnpolicy_changelist",
                "fulfillment.view_returnpolicy",
            ),
            Page(
                "Return reasons",
                "help",
                "fulfillment_returnreason_changelist",
                "fulfillment.view_returnreason",
            ),
            Page(
                "Carriers", "flight", "fulfillment_carrier_changelist", "fulfillment.view_carrier"
            ),
            Page(
                "Claim terms",
                "balance",
                "fulfillment_claimterms_changelist",
                "fulfillment.view_claimterms",
            ),
            Page(
                "Legal entities",
                "account_balance",
                "compliance_legalentity_changelist",
                "compliance.view_legalentity",
            ),
            Page(
                "Notification templates",
                "edit_note",
                "customers_notificationtemplate_changelist",
                "customers.view_notificationtemplate",
            ),
            Page("Users", "badge", "oms_user_changelist", "oms.view_user"),
            Page("Roles", "key", "auth_group_changelist", "auth.view_group"),
            Page("API keys", "vpn_key", "oms_apikey_changelist", "oms.view_apikey"),
            Page(
                "Webhooks", "webhook", "oms_webhookendpoint_changelist", "oms.view_webhookendpoint"
            ),
            Page("Reactions", "conversion_path", "oms_delivery_changelist", "oms.view_delivery"),
            Page("Chores", "schedule", "oms_chore_changelist", "oms.view_chore"),
        ),
        folded=True,
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of pages that this person may open, with what waits in each."""
    groups: list[dict[str, Any]] = []
    for work in WORK:
        items = [item for page in work.pages if (item := _item(page, request))]
        if items:
            groups.append({"title": work.title, "items": items, "collapsible": work.folded})
    _mark_here(request.path, [item for group in groups for item in group["items"]])
    return groups


def _mark_here(path: str, items: list[dict[str, Any]]) -> None:
    """The entry whose address is the longest beginning of this page's address is where we are."""
    home = reverse("admin:index")
    fitting = [item for item in items if path.startswith(item["link"]) and item["link"] != home]
    here = max(fitting, key=lambda item: len(item["link"]), default=None)
    for item in items:
        item["active"] = item is here or item["link"] == path == home


def _item(page: Page, request: HttpRequest) -> dict[str, Any] | None:
    if page.permission and not request.user.has_perm(page.permission):
        return None
    try:
        path = reverse(f"admin:{page.url}")
    except NoReverseMatch:
        return None
    item = {
        "title": page.title,
        "icon": page.icon,
        "link": path,
    }
    if page.waiting and (count := waiting(page.waiting)):
        item |= {"badge": count, "badge_variant": "warning"}
    return item


def waiting(name: str) -> str:
    """How many rows wait for somebody: nothing, a number, or 99+."""
    key = f"waiting:{name}"
    count = cache.get(key)
    if count is None:
        count = COUNTS[name]()[:COUNT_STOPS_AT].count()
        cache.set(key, count, COUNT_SECONDS)
    if not count:
        return ""
    return f"{COUNT_STOPS_AT - 1}+" if count >= COUNT_STOPS_AT else str(count)


def _rows(label: str) -> QuerySet[Any]:
    return apps.get_model(label)._default_manager.all()  # noqa: SLF001 (documented manager hook)


COUNTS: dict[str, Callable[[], QuerySet[Any]]] = {
    "late": lambda: _rows("orders.Order").late(timezone.now()).order_by(),  # type: ignore[attr-defined]
    "holds": lambda: _rows("orders.Hold").filter(lifted_at=None, type__needs_person=True),
    "tasks": lambda: _rows("orders.Task").filter(done_at=None),
    "duplicates": lambda: _rows("customers.DuplicatePair").filter(state="open"),
    "to_ship": lambda: _rows("fulfillment.FulfillmentOrder").filter(status="open"),
    "late_supply": lambda: _rows("inventory.PurchaseOrder").filter(
        status__in=["sent", "partially_received"], expected_on__lt=timezone.localdate()
    ),
    "to_buy": lambda: _rows("inventory.ReplenishmentProposal").filter(state="open"),
    "gateway": lambda: _rows("orders.GatewayRequest").filter(state__in=["declined", "given_up"]),
    "bank": lambda: _rows("orders.BankLine").filter(state="open"),
    "returns": lambda: _rows("fulfillment.Return").filter(status="requested"),
    "came_back": lambda: _rows("fulfillment.OriginReturn").filter(decision="waiting"),
    "claims": lambda: _rows("fulfillment.Claim").filter(
        status__in=["open", "sent", "accepted", "partly_accepted"],
        due_on__lte=timezone.localdate(),
    ),
}

# First letters of a public number -> whose number it is.
NUMBERS = {
    "SO": ("orders.Order", "receipt_long"),
    "D": ("orders.DraftOrder", "edit_note"),
    "FO": ("fulfillment.FulfillmentOrder", "conveyor_belt"),
    "SH": ("fulfillment.Shipment", "local_shipping"),
    "RMA": ("fulfillment.Return", "assignment_return"),
    "PAY": ("orders.Payment", "payments"),
    "CC": ("inventory.Count", "fact_check"),
    "PO": ("inventory.PurchaseOrder", "shopping_cart"),
    "GRN": ("inventory.GoodsReceipt", "move_to_inbox"),
    "TR": ("inventory.Transfer", "sync_alt"),
    "GC": ("orders.StoreCredit", "card_giftcard"),
    "BL": ("orders.BankLine", "account_balance"),
    "BS": ("orders.BankStatement", "account_balance"),
    "CR": ("orders.Remittance", "local_atm"),
    "CL": ("fulfillment.Claim", "gavel"),
    "C": ("customers.Customer", "person"),
}


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """What the palette finds: a public number, a SKU, an order by its channel's own number, a person."""
    found = [
        *_by_number(request, term.upper()),
        *_by_sku(request, term),
        *_by_external_id(request, term),
        *_hits(request, "inventory.Lot", "qr_code_2", code__in={term, term.upper()}),
    ]
    return found or _by_email(request, term)


def _by_number(request: HttpRequest, term: str) -> list[SearchResult]:
    prefix = term.rstrip("0123456789")
    if prefix not in NUMBERS or prefix == term:
        return []
    label, icon = NUMBERS[prefix]
    return _hits(request, label, icon, number=term)


def links(references: Iterable[str]) -> dict[str, str]:
    """Addresses of the documents with these public numbers, one query per kind of document."""
    by_prefix: dict[str, set[str]] = defaultdict(set)
    for reference in references:
        prefix = reference.rstrip("0123456789")
        if prefix in NUMBERS and prefix != reference:
            by_prefix[prefix].add(reference)
    found: dict[str, str] = {}
    for prefix, numbers in by_prefix.items():
        options = apps.get_model(NUMBERS[prefix][0])._meta  # noqa: SLF001 (documented)
        page = f"admin:{options.app_label}_{options.model_name}_change"
        rows = _rows(NUMBERS[prefix][0]).filter(number__in=numbers).values_list("number", "pk")
        found |= {number: reverse(page, args=[pk]) for number, pk in rows}
    return found


def _by_sku(request: HttpRequest, term: str) -> list[SearchResult]:
    return _hits(request, "inventory.Product", "sell", sku__in={term, term.upper()})


def _by_external_id(request: HttpRequest, term: str) -> list[SearchResult]:
    channels = list(_rows("orders.Channel").values_list("pk", flat=True)[:COUNT_STOPS_AT])
    wanted = {"channel__in": channels, "external_id__in": {term, term.upper()}}
    return _hits(request, "orders.Order", "receipt_long", **wanted)


def _by_email(request: HttpRequest, term: str) -> list[SearchResult]:
    if "@" not in term or not request.user.has_perm("customers.view_personal_data"):
        return []
    token = sealed.token("email", term)
    wanted = {"subject__tokens__kind": "email", "subject__tokens__token": token}
    return _hits(request, "customers.Customer", "person", **wanted)


def _hits(request: HttpRequest, label: str, icon: str, **wanted: Any) -> list[SearchResult]:
    options = apps.get_model(label)._meta  # noqa: SLF001 (documented)
    if not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
        return []
    page = f"admin:{options.app_label}_{options.model_name}_change"
    return [
        SearchResult(
            title=str(row),
            description=str(options.verbose_name).capitalize(),
            link=reverse(page, args=[row.pk]),
            icon=icon,
        )
        for row in _rows(label).filter(**wanted)[:10]
    ]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "OMS",
    "SITE_HEADER": "Order management",
    "SITE_SYMBOL": "package_2",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("oms/favicon.svg")}
    ],
    "DASHBOARD_CALLBACK": "reporting.admin.home.home",
    "SHOW_HISTORY": True,
    "SHOW_BACK_BUTTON": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda _request: static("oms/oms.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "Two-factor login", "link": reverse_lazy("mfa_index")},
            {"title": "Change password", "link": reverse_lazy("account_change_password")},
        ]
    },
    "COMMAND": {"search_callback": "oms.navigation.search", "show_history": True},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "oms.navigation.sidebar",
    },
}
