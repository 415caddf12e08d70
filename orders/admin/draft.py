"""Drafts and quotes in the back office: the list, the acts, and the page to put one together."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.enums import ActionVariant
from unfold.views import ChangeList

from customers import queries as customers
from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, ReasonForm, actor
from orders import operations, queries
from orders.admin import composing, sealed
from orders.enums import DraftStatus
from orders.forms.drafting import KeepForm, QuoteForm, SubmitForm
from orders.models import DraftOrder

CHANGE = "orders.change_draftorder"
Data = dict[str, Any]


def may(name: str) -> Any:
    """Whether the draft allows this act now."""
    return lambda document: name in queries.allowed_draft_actions(document)


def submit(request: HttpRequest, document: DraftOrder, data: Data) -> HttpResponse | str:
    """Place the order and show it."""
    order = operations.submit(document, by=actor(request), pay_by=data["pay_by"])
    return composing.placed(request, order)


def quote(request: HttpRequest, document: DraftOrder, data: Data) -> str:
    """Offer it to the buyer."""
    document = operations.quote(document, by=actor(request), valid_until=data["valid_until"])
    return (
        f"{document} is on offer until {words.moment(document.valid_until)}. Send it to the buyer."
    )


def send_quote(request: HttpRequest, document: DraftOrder, _data: Data) -> str:
    """Write to the buyer."""
    operations.send_quote(document, by=actor(request))
    return f"The quote {document} is on its way to its buyer."


def withdraw_quote(request: HttpRequest, document: DraftOrder, data: Data) -> str:
    """Take the offer back."""
    operations.withdraw_quote(document, by=actor(request), reason=data["reason"])
    return f"The offer of {document} is withdrawn; its link no longer works."


def keep_stock(request: HttpRequest, document: DraftOrder, data: Data) -> str:
    """Keep the units."""
    operations.keep_stock(document, by=actor(request), until=data["until"])
    return f"Stock for {document} is kept until {words.moment(data['until'])}."


def give_stock_back(request: HttpRequest, document: DraftOrder, _data: Data) -> str:
    """Let others have the units."""
    operations.give_stock_back(document, by=actor(request))
    return f"The stock of {document} is free again."


def price_by_lists(request: HttpRequest, document: DraftOrder, _data: Data) -> str:
    """Take the prices of the lists over."""
    before = document.total
    document = operations.price_by_lists(document, by=actor(request))
    was, now = (words.money(each, document.currency) for each in (before, document.total))
    return f"{document} is priced by the lists: {was} is {now} now."


def discard(request: HttpRequest, document: DraftOrder, data: Data) -> str:
    """Nothing comes of it."""
    operations.discard(document, by=actor(request), reason=data["reason"])
    return f"{document} is discarded."


DRAFT_ACTS = (
    Act(
        "submit",
        "Place order",
        CHANGE,
        submit,
        form=SubmitForm,
        allowed=may("submit"),
        help="Places the order by the rules of its channel: it is validated, gets stock, is paid.",
        icon="shopping_cart_checkout",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "quote",
        "Make a quote",
        CHANGE,
        quote,
        form=QuoteForm,
        allowed=may("quote"),
        help="Gives a link by which the buyer reads and accepts it without an account, and a PDF. "
        "A change of the draft ends the quote.",
        icon="request_quote",
    ),
    Act(
        "send_quote",
        "Send the quote",
        CHANGE,
        send_quote,
        form=ConfirmForm,
        allowed=may("send_quote"),
        help="Writes to the buyer with the link, by the template of draft.quote_sent; what was sent "
        "stands under Notifications. Channels that write to their buyers themselves hand it over.",
        icon="forward_to_inbox",
        variant=ActionVariant.PRIMARY,
    ),
    Act(
        "keep_stock",
        "Keep stock",
        CHANGE,
        keep_stock,
        form=KeepForm,
        allowed=may("keep_stock"),
        help="Nobody else can be sold these units until then. All of them, or none.",
        icon="lock_clock",
    ),
    Act(
        "price_by_lists",
        "Price by the lists",
        CHANGE,
        price_by_lists,
        form=ConfirmForm,
        allowed=may("discard"),
        help="Gives every line the price of the price lists for this buyer and quantity. Lines that "
        "no list knows keep theirs; a quote ends when anything changes.",
        icon="sell",
        folded=True,
    ),
    Act(
        "give_stock_back",
        "Give stock back",
        CHANGE,
        give_stock_back,
        form=ConfirmForm,
        allowed=lambda document: operations.kept(document) is not None,
        help="Others can be sold the units again; the draft stays.",
        icon="lock_open",
        folded=True,
    ),
    Act(
        "withdraw_quote",
        "Withdraw quote",
        CHANGE,
        withdraw_quote,
        form=ReasonForm,
        allowed=may("withdraw_quote"),
        help="The link no longer works; the draft stays.",
        icon="undo",
        folded=True,
    ),
    Act(
        "discard",
        "Discard",
        CHANGE,
        discard,
        form=ReasonForm,
        allowed=may("discard"),
        help="Ends the draft. It is kept and can be read, not changed.",
        icon="delete",
        variant=ActionVariant.DANGER,
        bulk=True,
        folded=True,
    ),
)


class DraftChangeList(ChangeList):
    """Loads the buyers' names of a page at once."""

    def get_results(self, request: HttpRequest) -> None:
        """The page of drafts, each with its buyer's name."""
        super().get_results(request)
        drafts = list(self.result_list)
        names = sealed.draft_names(request, drafts)
        makers = words.names_of(draft.created_by for draft in drafts)
        for draft in drafts:
            draft.buyer = names.get(draft.pk, "")
            draft.maker = makers.get(draft.created_by, "")
        self.result_list = drafts  # type: ignore[assignment]


@admin.register(DraftOrder)
class DraftOrderAdmin(ReadOnlyAdmin):
    """Orders being put together, and the offers made of them."""

    acts = DRAFT_ACTS
    list_empty = "New order puts the first one together: by phone, by mail, as an offer."
    list_display = (
        "number_column",
        "buyer_column",
        "total_column",
        "state_column",
        "channel_column",
        "maker_column",
    )
    list_display_links = ("number_column",)
    list_select_related = ("channel", "subject", "order")
    list_filter = (("status", ChoicesDropdownFilter), ("channel", admin.RelatedOnlyFieldListFilter))
    sortable_by: ClassVar = ()
    search_fields = ("number",)
    search_help_text = "Number, channel's number, e-mail, phone, name"
    list_before_template = "admin/orders/draft/over_list.html"
    change_form_template = "admin/orders/draft/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that loads its columns' facts at once."""
        return DraftChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the way to begin one."""
        context = {
            "title": "Drafts and quotes",
            "may_add": request.user.has_perm("orders.add_draftorder"),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By number, the channel's number, or who buys."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = queryset.filter(number__startswith=term.upper()) | queryset.filter(external_id=term)
        if sealed.may_read(request):
            found |= queryset.filter(subject__in=customers.find_subjects(term))
        return found, False

    @admin.display(description="Draft")
    def number_column(self, draft: DraftOrder) -> SafeString:
        """Its number, and when it was last changed."""
        changed = f"changed {words.age(draft.changed_at)} ago"
        return words.two_lines(format_html('<b class="oms-strong">{}</b>', draft.number), changed)

    @admin.display(description="Buyer")
    def buyer_column(self, draft: DraftOrder) -> SafeString:
        """Who buys, for those who may know."""
        nobody = "not yet known" if draft.subject is None else sealed.MASK
        return words.two_lines(draft.buyer or nobody, draft.ship_country or "no address")  # type: ignore[attr-defined]

    @admin.display(description="Total")
    def total_column(self, draft: DraftOrder) -> str:
        """What it would cost."""
        return words.money(draft.total, draft.currency)

    @admin.display(description="Where it stands")
    def state_column(self, draft: DraftOrder) -> SafeString:
        """Draft, quote, or what became of it; and whether stock is kept for it."""
        kept = draft.status == DraftStatus.OPEN and draft.reservation
        return words.two_lines(state_chip(draft), "stock is kept for it" if kept else "")

    @admin.display(description="Channel")
    def channel_column(self, draft: DraftOrder) -> SafeString:
        """Where it came from, and what it is called there."""
        return words.two_lines(draft.channel.name, draft.external_id)

    @admin.display(description="Made by")
    def maker_column(self, draft: DraftOrder) -> SafeString:
        """Who began it."""
        return words.two_lines(draft.maker, words.moment(draft.created_at))  # type: ignore[attr-defined]

    # --- The page -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The pages of making one, before those of the rows."""
        wrap = self.admin_site.admin_view
        name = "orders_draftorder"
        return [
            path("new/", wrap(composing.start), name=f"{name}_new"),
            path("callers/", wrap(composing.callers), name=f"{name}_callers"),
            path("products/", wrap(composing.products), name=f"{name}_products"),
            path("<int:pk>/edit/", wrap(composing.edit), name=f"{name}_edit"),
            path("<int:pk>/paper/", wrap(composing.paper_of), name=f"{name}_paper"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The draft to work on, or what it was."""
        if (document := kwargs.get("obj")) is not None:
            context |= composing.page(request, document)
            context["state"] = state_chip(document)
        return super().render_change_form(request, context, *args, **kwargs)


def state_chip(draft: DraftOrder) -> SafeString:
    """One chip: grey for what goes its way, coloured for an offer that ran out."""
    if draft.status == DraftStatus.SUBMITTED:
        return words.chip(f"Ordered as {draft.order}")
    if draft.status == DraftStatus.DISCARDED:
        return words.chip("Discarded")
    if draft.valid_until is None:
        return words.chip("Draft")
    until = words.moment(draft.valid_until)
    if draft.valid_until <= timezone.now():
        return words.chip("Quote expired", "warn", f"was valid until {until}")
    return words.chip(f"Quote until {until}", "info")
