"""The shell of the back office: sidebar by kind of work, counts of what waits, the palette's search.

`oms/menu.py` says what there is. An entry is shown when its page exists and the person may open
it; a count is shown when something waits, and stops at 99+, so that a sidebar costs the same with
ten orders and with ten million.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from unfold.dataclasses import SearchResult

from oms import sealed
from oms.menu import COUNTED, WORK, Page

COUNT_STOPS_AT = 100
COUNT_SECONDS = 15  # how old a count may be
PROOF_HOLDS = timedelta(days=2)  # all stock is proved every night; older says that it is not


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
        badge = format_html(
            '<span title="{0} {1}" role="img" aria-label="{0} {1}">{0}</span>',
            count,
            COUNTED[page.waiting],
        )
        item |= {"badge": badge, "badge_variant": "warning"}
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


def _failed_proof() -> QuerySet[Any]:
    """The last proof of all stock, if it found something, came to no end, or is old."""
    ended = ("done", "failed", "stopped")
    proofs = _rows("oms.Job").filter(kind="stock_proof", state__in=ended).order_by("-pk")
    old = Q(finished_at__lt=timezone.now() - PROOF_HOLDS)
    ill = Q(failed__gt=0) | ~Q(state="done") | old
    return _rows("oms.Job").filter(ill, pk__in=proofs.values("pk")[:1])


COUNTS: dict[str, Callable[[], QuerySet[Any]]] = {
    "late": lambda: _rows("orders.Order").late(timezone.now()).order_by(),  # type: ignore[attr-defined]
    "holds": lambda: _rows("orders.Hold").filter(lifted_at=None, type__needs_person=True),
    "tasks": lambda: _rows("orders.Task").filter(done_at=None),
    "duplicates": lambda: _rows("customers.DuplicatePair").filter(state="open"),
    "to_ship": lambda: _rows("fulfillment.FulfillmentOrder").filter(status="open"),
    "late_supply": lambda: _rows("inventory.PurchaseOrder").filter(
        status__in=["sent", "partially_received"], expected_on__lt=timezone.localdate()
    ),
    "counted": lambda: _rows("inventory.Count").filter(status="to_approve"),
    "unproven": _failed_proof,
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
    "IR": ("inventory.InventoryReport", "fact_check"),
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
