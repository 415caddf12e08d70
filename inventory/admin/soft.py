"""Baskets: stock set aside for carts and quotes, and what became of it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.views import ChangeList

from inventory import operations
from inventory.enums import SoftState
from inventory.models import Reservation, SoftReservation
from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor

Data = dict[str, Any]


def put_back(request: HttpRequest, soft: SoftReservation, _data: Data) -> str:
    """Give the units back before their time."""
    operations.put_back(soft, by=actor(request))
    return f"What basket {soft} kept is available again."


class BasketChangeList(ChangeList):
    """Adds what the page's baskets keep or kept, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of baskets with units by SKU."""
        super().get_results(request)
        rows = list(self.result_list)
        kept: dict[int, list[str]] = {row.pk: [] for row in rows}
        units = Reservation.objects.filter(soft__in=rows).values("soft_id", "level__product__sku")
        for unit in units.annotate(total=Sum("quantity")).order_by("level__product__sku"):
            kept[unit["soft_id"]].append(f"{unit['total']} × {unit['level__product__sku']}")
        for row in rows:
            row.kept = kept[row.pk]
        self.result_list = rows  # type: ignore[assignment]


@admin.register(SoftReservation)
class SoftReservationAdmin(ReadOnlyAdmin):
    """Who keeps stock from being sold, and for how long still."""

    list_empty = (
        "A basket or quote keeps units for some minutes through the API or on a draft; it "
        "shows here until it becomes an order or expires."
    )

    acts = (
        Act(
            "put_back",
            "Put back",
            "inventory.adjust_stock",
            put_back,
            help="The basket loses its units at once; orders that wait for them are served.",
            icon="undo",
            allowed=lambda soft: soft.state == SoftState.OPEN,
            bulk=True,
        ),
    )
    list_display = (
        "token_column",
        "channel",
        "purpose_column",
        "kept_column",
        "state_column",
        "expires_column",
    )
    list_filter = (("state", ChoicesDropdownFilter), ("purpose", ChoicesDropdownFilter))
    search_fields = ("token__exact", "reference__exact")
    search_help_text = "Whole token, or number of the order"
    sortable_by: ClassVar = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that knows what each basket keeps."""
        return BasketChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Data | None = None) -> Any:
        """The list, called by what people call it."""
        return super().changelist_view(request, {"title": "Baskets"} | (extra_context or {}))

    @admin.display(description="Basket")
    def token_column(self, soft: SoftReservation) -> SafeString:
        """The channel's name for it, and since when."""
        return words.two_lines(soft.token[:24], f"{words.age(soft.created_at)} ago")

    @admin.display(description="For")
    def purpose_column(self, soft: SoftReservation) -> str:
        """A cart or a quote."""
        return soft.get_purpose_display()

    @admin.display(description="Units")
    def kept_column(self, soft: SoftReservation) -> str:
        """What it keeps, or kept while it was open."""
        return ", ".join(soft.kept) or "–"  # type: ignore[attr-defined]

    @admin.display(description="State")
    def state_column(self, soft: SoftReservation) -> SafeString:
        """What became of it; the order's number where there is one."""
        label = words.sentence_case(soft.get_state_display())
        return words.chip(f"{label} by {soft.reference}" if soft.reference else label)

    @admin.display(description="Expires")
    def expires_column(self, soft: SoftReservation) -> str:
        """How much longer it keeps its units, or when it ended."""
        if soft.state != SoftState.OPEN:
            return f"ended {words.moment(soft.ended_at)}"
        left = soft.expires_at - timezone.now()
        return f"in {words.span(left)}" if left.total_seconds() > 0 else "now"
