"""Claims against carriers: what is claimed, whose turn it is, and what was paid."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter

from fulfillment.admin.claim_acts import CLAIM_ACTS
from fulfillment.admin.listing import StatusFilter, tabs
from fulfillment.enums import ClaimStatus
from fulfillment.models import Claim, ClaimTerms
from fulfillment.models.claim import DUE
from fulfillment.queries import claims
from oms import words
from oms.admin import EditableAdmin, ReadOnlyAdmin

SHOWN = 200  # claims on the page of what is due
TABS = (
    ("open", "To send"),
    ("sent", "To be answered"),
    ("accepted", "To be paid"),
    ("partly_accepted", "To be paid in part"),
    ("declined", "Declined"),
    ("paid", "Paid"),
    ("written_off", "Written off"),
    ("", "All"),
)
TONES = {ClaimStatus.OPEN: "warn", ClaimStatus.DECLINED: "bad", ClaimStatus.WRITTEN_OFF: "bad"}
YEAR = timedelta(days=365)
NEXT = {
    ClaimStatus.OPEN: "send it by",
    ClaimStatus.SENT: "answer due",
    ClaimStatus.ACCEPTED: "money due",
    ClaimStatus.PARTLY_ACCEPTED: "money due",
}


class AgeFilter(DropdownFilter):
    """Claims by days since they were opened, in the bands of what is due."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The bands."""
        return [(str(at), label) for at, (_, label) in enumerate(claims.BANDS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Claim]) -> QuerySet[Claim]:  # noqa: ARG002
        """Claims of that band."""
        chosen = self.value() or ""
        if chosen not in {str(at) for at in range(len(claims.BANDS))}:
            return queryset
        return claims.aged(queryset, int(chosen), timezone.localdate())


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """The list tells whose turn it is; the page tells units, money and what the buyer got."""

    list_empty = (
        "No carrier was made to answer yet. When a parcel is lost, damaged, short or late, press "
        "Open a claim on the page of its shipment or order, or use the API: the carrier's terms "
        "say until when and up to what. Then it is sent, answered, and paid or written off."
    )

    acts = CLAIM_ACTS
    list_display = (
        "number_column",
        "order_column",
        "carrier_column",
        "amount_column",
        "status_column",
        "due_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("order", "shipment", "carrier")
    list_filter = (StatusFilter, AgeFilter, "kind", "carrier")
    list_filter_submit = True
    list_before_template = "admin/fulfillment/tabs.html"
    search_fields = ("number", "order__number", "shipment__number", "carrier_reference")
    search_help_text = "Number, order, shipment, the carrier's number"
    sortable_by: ClassVar = ()
    change_form_template = "admin/fulfillment/claim.html"

    def get_urls(self) -> list[URLPattern]:
        """And what is due."""
        wrap = self.admin_site.admin_view
        due = path("due/", wrap(self.due_view), name="fulfillment_claims_due")
        return [due, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list with its tabs."""
        context = {"title": "Claims", "view_tabs": tabs(request, self.model, TABS)}
        return super().changelist_view(request, context | (extra_context or {}))

    def due_view(self, request: HttpRequest) -> HttpResponse:
        """What carriers owe by age, then every claim that somebody waits for, the longest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = Claim.objects.filter(status__in=DUE).select_related(*self.list_select_related)
        found = list(rows.order_by("due_on", "pk")[: SHOWN + 1])
        context = {
            **self.admin_site.each_context(request),
            "title": "Claims due",
            "bands": [label for _, label in claims.BANDS],
            "carriers": [
                (row, [words.money(amount, row.currency) if amount else "–" for amount in
                       (row.claimed, row.accepted, *row.bands)])
                for row in claims.outstanding(timezone.localdate())
            ],
            "claims": [
                (claim, words.money(claim.open, claim.currency), *_next(claim))
                for claim in found[:SHOWN]
            ],
            "outcomes": [
                (row, [words.money(amount, row.currency) if amount else "–" for amount in
                       (row.claimed, row.received, row.dropped, row.written_off, row.open)])
                for row in claims.closed_out(timezone.localdate() - YEAR)
            ],
            "more": len(found) > SHOWN,
        }  # fmt: skip
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        return TemplateResponse(request, "admin/fulfillment/claims_due.html", context)

    @admin.display(description="Claim")
    def number_column(self, claim: Claim) -> SafeString:
        """Its number, and when it was opened."""
        number = format_html('<b class="oms-strong">{}</b>', claim.number)
        return words.two_lines(number, f"{words.age(claim.opened_at)} ago")

    @admin.display(description="Order")
    def order_column(self, claim: Claim) -> SafeString:
        """The order and the shipment that it is about."""
        url = reverse("admin:orders_order_change", args=[claim.order_id])
        link = format_html('<a class="oms-link" href="{}">{}</a>', url, claim.order.number)
        return words.two_lines(link, claim.shipment.number)

    @admin.display(description="Carrier")
    def carrier_column(self, claim: Claim) -> SafeString:
        """Who did what."""
        return words.two_lines(claim.carrier.name, claim.get_kind_display().lower())

    @admin.display(description="Claimed")
    def amount_column(self, claim: Claim) -> SafeString:
        """And what came of it."""
        parts = []
        if claim.accepted:
            parts.append(f"{words.money(claim.accepted, claim.currency)} accepted")
        if claim.received:
            parts.append(f"{words.money(claim.received, claim.currency)} here")
        if claim.written_off:
            parts.append(f"{words.money(claim.written_off, claim.currency)} written off")
        return words.two_lines(words.money(claim.amount, claim.currency), ", ".join(parts))

    @admin.display(description="State")
    def status_column(self, claim: Claim) -> SafeString:
        """Colour while we have to act, or got nothing."""
        status = ClaimStatus(claim.status)
        return words.chip(words.sentence_case(status.label), TONES.get(status, ""))

    @admin.display(description="Next")
    def due_column(self, claim: Claim) -> SafeString:
        """Whose turn it is, until when."""
        return _due(claim)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Units, money, the ledger."""
        if (claim := kwargs.get("obj")) is not None:
            entries = list(claim.entries.order_by("pk"))
            names = words.names_of(row.by for row in entries)
            made = getattr(claim.credit, "exchange", None) if claim.credit else None
            context |= {
                "claim": claim,
                "evidence": claims.evidence_of(claim) or "[erased]",
                "answer": claims.answer_of(claim),
                "tone": TONES.get(ClaimStatus(claim.status), ""),
                "due": _due(claim),
                "line_rows": claim.lines.select_related("order_line__product").order_by(
                    "order_line__position"
                ),
                "entries": [(row, names[row.by]) for row in entries],
                "above": claim.liable is not None and claim.amount > claim.liable,
                "replacement": made.replacement if made else None,
                "title": claim.number,
            }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(ClaimTerms)
class ClaimTermsAdmin(EditableAdmin):
    """Days and limits of each carrier, since a day; old rows stay, for parcels of then."""

    list_empty = (
        "Without terms a claim has no last day and no limit. Add the carrier's days to claim, and "
        "what it is liable for: by convention (in SDR a kilogram), per kg or per parcel."
    )
    list_display = ("carrier", "valid_from", "days_column", "limit_column")
    list_display_links = ("carrier",)
    list_select_related = ("carrier",)
    list_filter = ("carrier",)
    sortable_by: ClassVar = ()
    fieldsets = (
        (None, {"fields": (("carrier", "valid_from"),)}),
        (
            "Until when",
            {
                "fields": (
                    ("lost_after_days", "loss_days"),
                    ("damage_days", "delay_days"),
                    "answer_days",
                )
            },
        ),
        (
            "Up to what",
            {
                "description": "The highest of these counts for each parcel. Empty: no limit is known.",
                "fields": ("currency", ("convention", "sdr_rate"), ("per_kg", "per_parcel")),
            },
        ),
    )

    @admin.display(description="Lost / damaged / late within")
    def days_column(self, terms: ClaimTerms) -> str:
        """Days to claim."""
        return f"{terms.loss_days} / {terms.damage_days} / {terms.delay_days} days"

    @admin.display(description="Liable")
    def limit_column(self, terms: ClaimTerms) -> str:
        """Every limit that is stated."""
        stated = [terms.get_convention_display()] if terms.convention else []
        for amount, unit in ((terms.per_kg, "kg"), (terms.per_parcel, "parcel")):
            if amount is not None:
                stated.append(f"{words.money(amount, terms.currency)} per {unit}")
        return ", ".join(stated) or "not stated"


def _due(claim: Claim) -> SafeString:
    said, late = _next(claim)
    return words.two_lines(said or "–", "overdue" if late else "", "bad" if late else "")


def _next(claim: Claim) -> tuple[str, bool]:
    """Whose turn it is until when, and whether that day is over."""
    said = NEXT.get(ClaimStatus(claim.status))
    if said is None or claim.due_on is None:
        return "", False
    return f"{said} {claim.due_on.day} {claim.due_on:%b}", claim.due_on < timezone.localdate()
