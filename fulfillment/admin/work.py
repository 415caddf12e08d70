"""Work of the locations: the board, and the page on which a picker scans."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment import forms, operations, queries
from fulfillment.admin import acts
from fulfillment.admin.listing import PlaceFilter, WorkFilter, keep_place, kept_place, tabs
from fulfillment.admin.recipient import recipient, shop
from fulfillment.enums import FulfillmentOrderStatus as Status
from fulfillment.models import FulfillmentOrder
from fulfillment.queries.pickup import collector_of
from oms import once, words
from oms.admin import Act, ReadOnlyAdmin, actor
from oms.errors import DomainError
from oms.words import sentence_case
from orders.admin import previews
from orders.forms.changing import seen_of
from orders.operations import as_seen
from orders.queries import order_by_id

NEXT = ("pick", "make_ready", "pack", "ship", "collect")  # the first that is allowed is next
TO_WHOM = {"pack", "ship", "make_ready", "collect"}
PAPERS = ("pick_list", "packing_slip", "label")
ENDED = {Status.SHIPPED, Status.COLLECTED, Status.REJECTED, Status.CANCELLED}
TABS = (
    ("", "To do"),
    ("open", "To accept"),
    ("accepted", "To pick"),
    ("picked", "To pack"),
    ("packed", "To ship"),
    ("ready_for_pickup", "To be collected"),
    ("shipped", "Shipped"),
    (WorkFilter.EVERYTHING, "All"),
)


@admin.register(FulfillmentOrder)
class FulfillmentOrderAdmin(ReadOnlyAdmin):
    """The board says what is next at each location; the page takes scans and prints papers."""

    acts = acts.WORK_ACTS
    list_empty = "Work shows up when an order is released and has stock at a location."
    list_display = (
        "number_column",
        "order_column",
        "place_column",
        "units_column",
        "status_column",
        "ship_by_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("order", "location")
    list_filter = (WorkFilter, PlaceFilter)
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("number", "order__number")
    search_help_text = "Number of the work or of the order"
    sortable_by: ClassVar = ()
    change_form_template = "admin/fulfillment/work.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the units of the row; the earliest promise comes first on the board."""
        rows = super().get_queryset(request)
        return rows.annotate(units=Sum("lines__quantity"), line_count=Count("lines"))

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What must leave first, first; finished work by age."""
        status, sought = request.GET.get("status", ""), request.GET.get("q")
        to_do = status in {*Status} - ENDED or not (status or sought)
        return ("ship_by", "pk") if to_do else ("-pk",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The board with its tabs: what is to do at the location that was looked at last."""
        if there := kept_place(request):
            return there
        context = {
            "title": "Fulfilment orders",
            "view_tabs": tabs(request, self.model, TABS),
            "everywhere": self._everywhere(request),
        }
        response = super().changelist_view(request, context | (extra_context or {}))
        keep_place(request, response)
        return response

    def _everywhere(self, request: HttpRequest) -> str:
        """The same list for all locations, when it is narrowed to one."""
        wanted = request.GET.copy()
        wanted["location"] = ""
        return f"?{wanted.urlencode()}" if request.GET.get("location") else ""

    @admin.display(description="Work")
    def number_column(self, document: FulfillmentOrder) -> SafeString:
        """Its number, and how long it has been here."""
        number = format_html('<b class="oms-strong">{}</b>', document.number)
        return words.two_lines(number, f"{words.age(document.created_at)} ago")

    @admin.display(description="Order")
    def order_column(self, document: FulfillmentOrder) -> SafeString:
        """The order it serves."""
        url = reverse("admin:orders_order_change", args=[document.order_id])
        where = " ".join(filter(None, (document.order.ship_country, document.order.ship_area)))
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, document.order.number)
        return words.two_lines(link, where)

    @admin.display(description="Location")
    def place_column(self, document: FulfillmentOrder) -> SafeString:
        """Who does it."""
        return words.two_lines(document.location.name, document.location.code)

    @admin.display(description="Units")
    def units_column(self, document: FulfillmentOrder) -> SafeString:
        """How much it is."""
        lines = words.count(document.line_count, "line")  # type: ignore[attr-defined]
        return words.two_lines(document.units, lines)  # type: ignore[attr-defined]

    @admin.display(description="State")
    def status_column(self, document: FulfillmentOrder) -> SafeString:
        """Grey while it runs; colour when it was rejected."""
        tone = "bad" if document.status == Status.REJECTED else ""
        if document.status == Status.READY_FOR_PICKUP and _overdue(document):
            return words.chip("Not collected", "warn", "Kept longer than promised")
        return words.chip(sentence_case(Status(document.status).label), tone, document.note)

    @admin.display(description="Ship by")
    def ship_by_column(self, document: FulfillmentOrder) -> SafeString | str:
        """When it was promised to leave; marked when that has passed."""
        if document.for_pickup and document.collect_by:
            return f"collect by {words.moment(document.collect_by)}"
        if document.ship_by is None:
            return "–"
        shown = words.moment(document.ship_by)
        if document.status not in ENDED and document.ship_by < timezone.now():
            return words.chip(f"Late: {shown}", "bad")
        return shown

    # --- The page -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The scanner's door, and the two ways from an order's page."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/scan/", wrap(self.scan_view), name="fulfillment_scan"),
            path("cancel/<int:order_id>/", wrap(self.cancel_view), name="fulfillment_cancel_order"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page reads from what to do to what was done."""
        if (document := kwargs.get("obj")) is not None:
            lines = list(
                document.lines.select_related("order_line__product")
                .prefetch_related("picked_lots__lot")
                .order_by("order_line__position")
            )
            working = document.status in {Status.OPEN, Status.ACCEPTED}
            lots = queries.lots_to_pick(document, lines) if working else {}
            for line in lines:
                line.take = lots.get(line.pk, ())  # type: ignore[attr-defined]
            context |= {
                "work": document,
                "line_rows": lines,
                "left": sum(line.to_pick for line in lines),
                "may_scan": working and request.user.has_perm(acts.WORK),
                "held": document.order.holds.filter(lifted_at=None),
                "parcels": document.parcels.order_by("position").prefetch_related(
                    "lines__line__order_line__product", "lines__lots__lot"
                ),
                "shipments": document.shipments.select_related("carrier"),
                "uncollected": document.status == Status.READY_FOR_PICKUP and _overdue(document),
                "collector": self._collector(request, document),
                "late": document.status not in {*ENDED, Status.READY_FOR_PICKUP}
                and document.ship_by
                and document.ship_by < timezone.now(),
                "title": document.number,
                "to": recipient(request, document.order),
                "shop": shop(document.order),
            }
            offered = {act["name"]: act for act in self.buttons(request, document)}
            context["next_step"] = next((offered[name] for name in NEXT if name in offered), None)
            context["papers"] = [offered[name] for name in PAPERS if name in offered]
        return super().render_change_form(request, context, *args, **kwargs)

    def facts(self, request: HttpRequest, act: Act, obj: FulfillmentOrder) -> dict[str, str]:
        """Whoever packs or hands over sees for whom, and who sold it."""
        if act.name not in NEXT:
            return {}
        said = {"to": recipient(request, obj.order)} if act.name in TO_WHOM else {}
        return said | {"order": obj.order.number, "of": shop(obj.order)}

    def _collector(self, request: HttpRequest, document: FulfillmentOrder) -> str:
        """Who came for it, for those who may read names."""
        if document.collector is None:
            return ""
        if not request.user.has_perm("customers.view_personal_data"):
            return "••••••"
        return collector_of(document) or "[erased]"

    def scan_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One scan: one unit more in the trolley."""
        document = self.get_object(request, str(pk))
        if document is None:
            raise Http404
        if request.method != "POST" or not request.user.has_perm(acts.WORK):
            raise PermissionDenied
        code = request.POST.get("code", "")
        try:
            operations.scan(document, by=actor(request), code=code)
            messages.success(request, f"{code.strip()} picked.")
        except DomainError as error:
            messages.error(request, error.detail)
        url = reverse("admin:fulfillment_fulfillmentorder_change", args=[pk])
        return HttpResponseRedirect(url)

    def cancel_view(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Recall all work of an order and cancel what has not left."""
        if not (request.user.has_perm("orders.cancel_order") and request.user.has_perm(acts.WORK)):
            raise PermissionDenied
        order, by = order_by_id(order_id), actor(request)
        form = forms.CancelOrderForm(request.POST or None, obj=order)
        if "preview" in request.POST:
            return previews.of_form(
                request,
                order,
                form,
                lambda data: operations.preview_cancel_order(order, by=by, **data),
                lambda _seen: {"Done": "at once; this cannot be undone"},
            )
        if request.method == "POST" and form.is_valid():
            try:
                as_seen(
                    order,
                    lambda: operations.cancel_order(order, by=by, **form.cleaned_data),
                    seen=seen_of(request.POST),
                )
                messages.success(
                    request, f"What had not left of {order} is recalled and cancelled."
                )
                return acts.back_to_order(order)
            except DomainError as error:
                messages.error(request, error.detail)
        return ask(self, request, "Recall and cancel", form, order, CANCEL_HELP, previewed=True)


def _overdue(document: FulfillmentOrder) -> bool:
    return document.collect_by is not None and document.collect_by < timezone.now()


CANCEL_HELP = (
    "Locations stop working on it, parcels are unpacked, stock is free again. "
    "What has left can only come back as a return."
)


def ask(
    page: ReadOnlyAdmin,
    request: HttpRequest,
    title: str,
    form: Any,
    order: Any,
    help_text: str,
    *,
    previewed: bool = False,
) -> HttpResponse:
    """A form about an order, drawn like the form of an act; `previewed`, with what comes of it."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.model._meta,  # noqa: SLF001
        "title": f"{title}: {order}",
        "act": {"label": title, "help": help_text},
        "form": form,
        "media": page.media + form.media,
        "back": reverse("admin:orders_order_change", args=[order.pk]),
        "obj": order,
        "previewed": previewed,
        "once": once.token(),
        "original": order,
    }
    return TemplateResponse(request, "admin/act.html", context)
