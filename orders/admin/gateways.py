"""What gateways were asked for: what waits, what was declined and why, and the button to try again."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor
from orders import operations
from orders.admin import stuck
from orders.admin.others import order_link
from orders.enums import RequestState, TransactionKind
from orders.forms.money import OtherwiseForm
from orders.models import GatewayRequest

STUCK = stuck.STUCK
TONES = {RequestState.DECLINED: "bad", RequestState.GIVEN_UP: "bad", RequestState.WAITING: "info"}


def state_chip(request: GatewayRequest) -> SafeString:
    """Red for what a person must decide; what waits says when it is tried again."""
    label = words.sentence_case(request.get_state_display())
    tone = TONES.get(RequestState(request.state), "")
    if request.state == RequestState.WAITING and request.attempts:
        label, tone = f"Tried {words.count(request.attempts, 'time')}", "warn"
    return words.chip(label, tone, request.error)


def again(request: HttpRequest, asked: GatewayRequest, _data: dict[str, Any]) -> str:
    """Send it once more."""
    operations.try_again(asked, by=actor(request))
    return f"{asked.payment} is asked for again; the answer is here within seconds."


def otherwise(request: HttpRequest, asked: GatewayRequest, data: dict[str, Any]) -> str:
    """Close it, as its money moved another way."""
    done = operations.end_otherwise(asked, by=actor(request), **data)
    said = words.money(data["amount"], asked.payment.currency)
    return f"{words.sentence_case(done.get_kind_display())} of {said} is booked as done otherwise."


OTHERWISE = {
    "form": OtherwiseForm,
    "initial": lambda asked: {"amount": asked.amount},
    "help": "For money that moved without the gateway, such as by a transfer. It is booked once, "
    "with its reference, and nobody asks the gateway again.",
    "icon": "alt_route",
}

REQUEST_ACTS = (
    Act(
        "again",
        "Try again",
        "orders.take_payment",
        again,
        form=ConfirmForm,
        allowed=lambda asked: asked.state in STUCK and asked.kind != TransactionKind.REFUND,
        help="Asks the gateway once more, at once. What it did already is not done twice.",
        icon="refresh",
        variant=ActionVariant.PRIMARY,
        bulk=True,
    ),
    Act(
        "refund_again",
        "Refund again",
        "orders.pay_refund",  # as for the first time
        again,
        form=ConfirmForm,
        allowed=lambda asked: asked.state in STUCK and asked.kind == TransactionKind.REFUND,
        help="Asks the gateway once more, at once. What it did already is not done twice.",
        icon="refresh",
        variant=ActionVariant.PRIMARY,
        bulk=True,
    ),
    Act(
        "otherwise",
        "Done otherwise",
        "orders.take_payment",
        otherwise,
        allowed=lambda asked: asked.state in STUCK and asked.kind != TransactionKind.REFUND,
        **OTHERWISE,
    ),
    Act(
        "refund_otherwise",
        "Refunded otherwise",
        "orders.pay_refund",
        otherwise,
        allowed=lambda asked: asked.state in STUCK and asked.kind == TransactionKind.REFUND,
        **OTHERWISE,
    ),
)


class NeededFilter(DropdownFilter):
    """What is not done, unless asked for others."""

    title = "what"
    parameter_name = "what"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Not done first."""
        return [("", "Not done"), *stuck.VIEWS.items(), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows as chosen."""
        if self.value() == "all":
            return queryset
        return stuck.narrow(queryset, self.value() or "")


@admin.register(GatewayRequest)
class GatewayRequestAdmin(ReadOnlyAdmin):
    """Captures, refunds and voids that a gateway was asked for."""

    list_empty = (
        "Nothing waits for a gateway. A channel whose card payments a gateway holds (Settings > "
        "Channels) has it take the money at placement, at shipment or by hand. What it declines, or "
        "does not answer for two days, comes here: try it again once the reason is gone, or book "
        "how the money moved instead with Done otherwise."
    )
    list_before_template = "admin/orders/views.html"
    acts = REQUEST_ACTS
    list_display = (
        "payment_column",
        "order_column",
        "kind_column",
        "amount_column",
        "state_column",
        "answer_column",
        "created_column",
        "do_column",
    )
    list_display_links = ("payment_column",)
    list_select_related = ("payment__order",)
    list_filter = (NeededFilter, ("kind", ChoicesDropdownFilter))
    list_filter_submit = True
    search_fields = ("payment__order__number", "payment__reference__exact")
    search_help_text = "Order number, the gateway's reference"
    sortable_by: ClassVar = ()
    fields = (
        "order_column",
        "payment_column",
        "kind_column",
        "amount_column",
        "cause",
        "state_column",
        "error",
        "otherwise_column",
        "attempts",
        "next_attempt_at",
        "key",
        "created_at",
        "done_at",
    )
    readonly_fields = fields

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the work lists as tabs over it."""
        context = {"view_tabs": stuck.tabs(request), "view_note": stuck.note(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Payment")
    def payment_column(self, asked: GatewayRequest) -> str:
        """Which payment, by its number."""
        return asked.payment.number

    @admin.display(description="Order")
    def order_column(self, asked: GatewayRequest) -> SafeString:
        """What it pays for."""
        return order_link(asked.payment.order_id, asked.payment.order.number)

    @admin.display(description="Asked to")
    def kind_column(self, asked: GatewayRequest) -> str:
        """Capture, refund or void, and what it is for."""
        kind = words.sentence_case(asked.get_kind_display())
        return f"{kind} for {asked.cause}" if asked.cause else kind

    @admin.display(description="Amount")
    def amount_column(self, asked: GatewayRequest) -> str:
        """How much."""
        return words.money(asked.amount, asked.payment.currency)

    @admin.display(description="State")
    def state_column(self, asked: GatewayRequest) -> SafeString:
        """Where it stands, and when it is tried again."""
        waits = asked.state == RequestState.WAITING and asked.attempts
        again_at = f"again {words.moment(asked.next_attempt_at)}" if waits else ""
        return words.two_lines(state_chip(asked), again_at)

    @admin.display(description="What it said")
    def answer_column(self, asked: GatewayRequest) -> str:
        """Why it was declined, or what went wrong."""
        return asked.error or "–"

    @admin.display(description="Done otherwise")
    def otherwise_column(self, asked: GatewayRequest) -> str:
        """How the money moved instead, by which reference and why."""
        if asked.state != RequestState.OTHERWISE:
            return "–"
        how = words.sentence_case(asked.get_method_display())
        return f"{how} {asked.reference}: {asked.note}"

    @admin.display(description="")
    def do_column(self, asked: GatewayRequest) -> SafeString:
        """The ways that are open, on the row."""
        return stuck.buttons(asked)

    @admin.display(description="Asked")
    def created_column(self, asked: GatewayRequest) -> str:
        """How long ago."""
        return f"{words.age(asked.created_at)} ago"
