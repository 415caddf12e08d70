"""Cash on delivery and what else is on its way: remittances, what carriers owe, finance's first page."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor
from orders import operations
from orders.admin.diagnosis import page_url
from orders.admin.remittance_forms import ExplainRemittanceForm, SendRemittanceForm
from orders.enums import Gateway, RemittanceOutcome
from orders.models import Remittance, RemittanceRow
from orders.queries import outstanding
from orders.queries.rules.actions import carriers

ADD = "orders.add_remittance"
ORDERS_SHOWN = 200
TONES = {
    RemittanceOutcome.SHORT: "warn",
    RemittanceOutcome.OVER: "warn",
    RemittanceOutcome.NOTHING_DUE: "bad",
    RemittanceOutcome.MISSING: "bad",
    RemittanceOutcome.BROKEN: "bad",
}


def send(request: HttpRequest, _none: Any, data: dict[str, Any]) -> HttpResponse:
    """Take a carrier's file."""
    done = operations.begin_remittance(
        data["carrier"], data["currency"], data["file"], by=actor(request)
    )
    return HttpResponseRedirect(page_url("orders_remittance_change", done.pk))


def explain(request: HttpRequest, remittance: Remittance, data: dict[str, Any]) -> str:
    """Say what the columns mean."""
    operations.explain_remittance(remittance, data["layout"], by=actor(request))
    return "The columns are remembered for this carrier; a worker books the remittance."


def waits_for_words(remittance: Remittance) -> bool:
    """Its columns are to be explained."""
    return bool(remittance.upload) and (remittance.job is None or bool(remittance.error))


@admin.register(Remittance)
class RemittanceAdmin(ReadOnlyAdmin):
    """What carriers handed over, parcel by parcel."""

    list_empty = (
        "No carrier has handed anything over. Send its remittance, a CSV with one row per parcel: "
        "each order's cash is booked, and rows that are short, over or unknown are told apart."
    )
    acts = (
        Act("send", "Send a remittance", ADD, send, form=SendRemittanceForm, on_list=True,  # type: ignore[arg-type]
            icon="upload_file", variant=ActionVariant.PRIMARY,
            help="The carrier's file, as it sends it. The same file or parcel again books nothing."),
        Act("explain", "Explain its columns", ADD, explain, form=ExplainRemittanceForm,
            allowed=waits_for_words, variant=ActionVariant.PRIMARY,
            help="Which column says what. It is remembered for this carrier."),
    )  # fmt: skip
    list_display = (
        "number", "carrier_column", "num_collected", "num_fees", "said_column", "created_at",
    )  # fmt: skip
    list_filter = ("carrier",)
    list_select_related = ("job",)
    sortable_by: ClassVar = ()
    change_form_template = "admin/orders/remittance.html"

    def get_urls(self) -> list[URLPattern]:
        """What carriers owe, and what is on its way in all."""
        wrap = self.admin_site.admin_view
        return [
            path("owed/", wrap(self.owed_view), name="orders_cash"),
            path("finance/", wrap(self.finance_view), name="orders_finance"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the names of carriers, which stand in an app above."""
        whens = [When(carrier=code, then=Value(name)) for code, name in carriers()]
        return (
            super()
            .get_queryset(request)
            .annotate(carrier_name=Case(*whens, default=F("carrier"), output_field=CharField()))
        )

    def owed_view(self, request: HttpRequest) -> HttpResponse:
        """Cash on delivery by carrier with its age, then the orders, oldest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now, owed = timezone.now(), outstanding.cash_by_order()
        names = dict(carriers())
        context = {
            **self.admin_site.each_context(request),
            "title": "Cash on delivery outstanding",
            "bands": [label for _, label in outstanding.BANDS],
            "carriers": [
                (row, names.get(row.carrier, row.carrier), [words.money(amount, row.currency) if amount else "–" for amount in
                       (row.amount, row.delivered, *row.bands)])
                for row in outstanding.cash_by_carrier(owed, now)
            ],
            "orders": [
                (row, names.get(row.carrier, row.carrier), words.money(row.amount, row.order.currency), words.age(row.since, now))
                for row in owed[:ORDERS_SHOWN]
            ],
            "more": max(len(owed) - ORDERS_SHOWN, 0),
        }  # fmt: skip
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/orders/cash.html", context)

    def finance_view(self, request: HttpRequest) -> HttpResponse:
        """Money on its way: each figure with its list."""
        if not request.user.has_perm("orders.view_payment"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": "Finance",
            "figures": _figures(),
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/orders/finance.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Figures, then every parcel."""
        if (remittance := kwargs.get("obj")) is not None:
            rows = remittance.rows.select_related("order").order_by("position")
            context |= {
                "remittance": remittance,
                "said": self.said_column(remittance),
                "collected": words.money(remittance.collected, remittance.currency),
                "fees": words.money(remittance.fees, remittance.currency),
                "net": words.money(remittance.net, remittance.currency),
                "arrived": remittance.payouts.filter(undone_at=None).select_related("line").first(),
                "rows": [_shown(row, remittance.currency) for row in rows],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Carrier")
    def carrier_column(self, remittance: Remittance) -> str:
        """By its name."""
        return remittance.carrier_name  # type: ignore[attr-defined]

    @admin.display(description="Collected")
    def num_collected(self, remittance: Remittance) -> str:
        """Of all its parcels."""
        return words.money(remittance.collected, remittance.currency)

    @admin.display(description="Fees")
    def num_fees(self, remittance: Remittance) -> str:
        """What the carrier keeps."""
        return words.money(remittance.fees, remittance.currency)

    @admin.display(description="What became of it")
    def said_column(self, remittance: Remittance) -> SafeString | str:
        """In a few words."""
        if remittance.error:
            return words.chip("Not read", "bad", remittance.error)
        if remittance.finished_at:
            return words.count(remittance.lines_read, "parcel")
        waits = remittance.job is None
        return words.chip(
            "Explain its columns" if waits else "Being read", "warn" if waits else "info"
        )


def _shown(row: RemittanceRow, currency: str) -> tuple[object, ...]:
    """A parcel with its outcome and amounts in words."""
    figures = (
        "–" if amount is None else words.money(amount, currency)
        for amount in (row.collected, row.expected, row.fee)
    )
    return row, _chip(row.outcome), *figures


def _chip(outcome: str) -> SafeString:
    found = RemittanceOutcome(outcome)
    return words.chip(found.label, TONES.get(found, ""))


def _figures() -> list[dict[str, Any]]:
    def shown(title: str, note: str, found: outstanding.Sum1, url: str) -> dict[str, Any]:
        amounts = [words.money(amount, code) for code, amount in sorted(found.amounts.items())]
        return {
            "title": title,
            "note": note,
            "count": found.count or "–",
            "amounts": amounts,
            "url": url,
        }

    paid_out = outstanding.not_paid_out()
    return [
        shown("Authorised, not captured", "reserved by the payer; it expires",
              outstanding.sum_of(outstanding.authorised(), "open"),
              page_url("orders_payment_changelist") + "?money=authorised"),
        *(
            shown(f"Captured by {Gateway(gateway).label}, not paid out",
                  "less refunds, payouts and fees", outstanding.Sum1(0, amounts),
                  page_url("orders_payment_changelist") + "?money=gateway")
            for gateway, amounts in paid_out.items()
        ),
        shown("Refunds granted, not paid", "somebody with that duty pays them",
              outstanding.sum_of(outstanding.unpaid_grants(), "left"),
              page_url("orders_refundgrant_changelist") + "?money=unpaid"),
        shown("Cash on delivery outstanding", "with carriers",
              outstanding.sum_of(outstanding.cash_owed(), "open"), page_url("orders_cash")),
        shown("Remittances not on our account", "told by carriers, less their fees",
              outstanding.not_arrived(), page_url("orders_remittance_changelist")),
        shown("Bank lines not booked", "money whose order nobody knows yet",
              outstanding.unmatched(), page_url("orders_bankline_changelist")),
    ]  # fmt: skip
