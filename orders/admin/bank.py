"""Bank statements and their lines: sent, explained once, booked, split, ignored, undone."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import BooleanField, Count, QuerySet, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ConfirmForm, EditableAdmin, ReadOnlyAdmin, ReasonForm, actor
from oms.money import plain
from orders import operations
from orders.adapters import statements
from orders.adapters.statements.storing import match_again, sentence
from orders.admin.bank_forms import (
    BookForm,
    ExplainForm,
    HandedOverForm,
    PayoutForm,
    SendStatementForm,
)
from orders.admin.diagnosis import page_url
from orders.enums import BankLineState
from orders.models import BankAccount, BankLine, BankStatement
from orders.queries.bank import proposals, told_of
from orders.queries.handed_over import lumps

READ = "customers.view_personal_data"
MATCH = "orders.match_bankline"
TONES = {BankLineState.OPEN: "warn"}
EMPTY = {
    "open": "Every line is booked. Money that came in, and that no reference explains, comes here: "
    "open a line to see which orders it may pay, and why.",
    "ignored": "Nothing is ignored. A line that no order is owed, such as interest, is set aside here "
    "with its reason, and can be taken back.",
    "matched": "Nothing is booked yet. Send a statement: lines that name an order, and are exactly "
    "what it owes, are booked at once.",
}


def left(line: BankLine) -> str:
    """What nobody has booked."""
    return words.money(line.amount - line.matched, line.currency)


def send(request: HttpRequest, _none: Any, data: dict[str, Any]) -> HttpResponse:
    """Take a bank's file."""
    content = data["file"]
    form = "camt" if statements.is_xml(content) else "csv"
    statement = operations.begin_statement(data["account"], content, by=actor(request), form=form)
    return HttpResponseRedirect(page_url("orders_bankstatement_change", statement.pk))


def explain(request: HttpRequest, statement: BankStatement, data: dict[str, Any]) -> str:
    """Say what the columns mean."""
    operations.explain_columns(statement, data["layout"], by=actor(request))
    return "The columns are remembered for this account; a worker reads the statement."


def book(request: HttpRequest, line: BankLine, data: dict[str, Any]) -> str:
    """Book what a person says."""
    by = actor(request)
    write_off = data["write_off"] and request.user.has_perm("orders.write_off_balance")
    operations.book_line(line, data["parts"], by=by, write_off=write_off)
    paid = ", ".join(str(part.order) for part in data["parts"])
    return f"{line} is booked on {paid}."


def ignore(request: HttpRequest, line: BankLine, data: dict[str, Any]) -> str:
    """Set it aside."""
    operations.ignore_line(line, by=actor(request), reason=data["reason"])
    return f"{line} is set aside; Undo brings it back."


def undo(request: HttpRequest, line: BankLine, data: dict[str, Any]) -> str:
    """Take back what was decided."""
    operations.undo_line(line, by=actor(request), reason=data["reason"])
    return f"{line} waits for somebody again; what it paid was taken off its orders."


def payout(request: HttpRequest, line: BankLine, data: dict[str, Any]) -> str:
    """What a gateway paid out."""
    operations.book_payout(line, by=actor(request), **data)
    return f"{line} is a payout; it clears what was captured."


def handed_over(request: HttpRequest, line: BankLine, data: dict[str, Any]) -> str:
    """What a carrier handed over in one sum."""
    operations.book_handed_over(line, data["remittances"], by=actor(request))
    names = ", ".join(str(row) for row in data["remittances"])
    return f"{line} is what {names} came to."


def again(request: HttpRequest, _none: Any, _data: dict[str, Any]) -> str:
    """Look at open lines anew."""
    done = match_again(by=actor(request))
    return f"{words.count(done, 'line')} booked by their reference; the others wait for somebody."


def likeliest(line: BankLine) -> dict[str, str]:
    """What the form begins with: the first proposal, which a person may change."""
    found = _proposed(line) if is_open(line) else []
    return {"amounts": found[0]["amounts"]} if found else {}


def likeliest_lump(line: BankLine) -> dict[str, Any]:
    """The remittances that come to what is left."""
    found = lumps(line, {})
    return {"remittances": [row.pk for row in found[0].remittances]} if found else {}


def is_open(line: BankLine) -> bool:
    """Something of it is left."""
    return line.state == BankLineState.OPEN


def is_decided(line: BankLine) -> bool:
    """Something was decided about it."""
    return bool(line.matched) or line.state == BankLineState.IGNORED


def waits_for_words(statement: BankStatement) -> bool:
    """Its columns are to be explained."""
    return (
        bool(statement.upload)
        and statement.form == "csv"
        and (statement.job is None or bool(statement.error))
    )


SEND = Act(
    "send", "Send a statement", "orders.add_bankstatement", send,  # type: ignore[arg-type]
    form=SendStatementForm, icon="upload_file", variant=ActionVariant.PRIMARY, on_list=True,
    help="CSV as your bank writes it, or CAMT.053. The same file or line again changes nothing.",
)  # fmt: skip
LINE_ACTS = (
    SEND,
    Act("again", "Match again", MATCH, again, form=ConfirmForm, on_list=True, icon="refresh",  # type: ignore[arg-type]
        help="Looks at every open line anew: orders may have come since it was read."),
    Act("book", "Book", MATCH, book, form=BookForm, allowed=is_open, icon="done",
        variant=ActionVariant.PRIMARY,
        initial=likeliest,
        help="Books the line on one order, or splits it over several."),
    Act("ignore", "Ignore", MATCH, ignore, form=ReasonForm, allowed=is_open, bulk=True,
        help="For money that no order is owed; the reason is kept.", icon="visibility_off"),
    Act("payout", "Payout of a gateway", MATCH, payout, form=PayoutForm, allowed=is_open,
        help="What a gateway paid out of its captures, after it kept its fee.", folded=True),
    Act("handed_over", "Book on remittances", MATCH, handed_over, form=HandedOverForm,
        allowed=is_open, folded=True, initial=likeliest_lump,
        help="The sum by which a carrier hands over what it collected. Its orders are paid already."),
    Act("undo", "Undo", MATCH, undo, form=ReasonForm, allowed=is_decided, icon="undo",
        help="Takes the money off its orders again, by an entry of its own."),
)  # fmt: skip


@admin.register(BankAccount)
class BankAccountAdmin(EditableAdmin):
    """Our accounts."""

    list_empty = "Add the account that buyers pay into; its statements then find their orders."
    list_display = ("code", "name", "iban", "currency", "is_active")
    fields = ("code", "name", "iban", "currency", "is_active")


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    """Each file with what became of it."""

    list_empty = "No statement was sent. Send one under Bank lines; its lines then stand there."
    acts = (
        Act("explain", "Explain its columns", "orders.add_bankstatement", explain,
            form=ExplainForm, allowed=waits_for_words, variant=ActionVariant.PRIMARY,
            help="Which column says what. It is remembered for this account."),
    )  # fmt: skip
    list_display = ("number", "account", "said_column", "created_at")
    list_select_related = ("account", "job")
    sortable_by: ClassVar = ()
    fields = (
        "number", "account", "form", "said_column", "lines_column", "error", "by_column", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Lines")
    def lines_column(self, statement: BankStatement) -> SafeString | str:
        """Where those that it brought stand."""
        if not statement.lines.exists():
            return "–"
        url = reverse("admin:orders_bankline_changelist")
        return format_html(
            '<a class="oms-link" href="{}?state=all&q={}">{}</a>',
            url, statement.number, words.count(statement.lines.count(), "line"),
        )  # fmt: skip

    @admin.display(description="Sent by")
    def by_column(self, statement: BankStatement) -> str:
        """By name."""
        return words.names_of([statement.created_by])[statement.created_by]

    @admin.display(description="What became of it")
    def said_column(self, statement: BankStatement) -> SafeString | str:
        """In a sentence."""
        if statement.error:
            return words.chip("Not read", "bad", statement.error)
        if statement.finished_at:
            return sentence(statement)
        return (
            words.chip("Explain its columns", "warn")
            if statement.job is None
            else words.chip("Being read", "info")
        )


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin):
    """Money that moved on our accounts, and what it paid."""

    list_empty = (
        "No line is here. Send a statement of your bank, as CSV or CAMT.053: what names an order is "
        "booked at once, the rest waits here for somebody."
    )
    acts = LINE_ACTS
    list_display = (
        "number",
        "booked_on",
        "account",
        "said_column",
        "amount_column",
        "num_left",
        "state_column",
    )
    list_display_links = ("number",)
    list_select_related = ("account", "subject")
    list_filter = ("account",)
    list_before_template = "admin/orders/views.html"
    change_form_template = "admin/orders/bank_line.html"
    search_fields = (
        "number", "bank_reference__exact", "matches__order__number", "statement__number__exact",
    )  # fmt: skip
    search_help_text = "Number, the bank's reference, order, statement"
    sortable_by: ClassVar = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the chosen state; who paid is opened for those alone who may read it."""
        rows = super().get_queryset(request).select_related("account", "subject")
        rows = rows.annotate(may_read=Value(request.user.has_perm(READ), BooleanField()))
        state = getattr(request, "bank_state", "")
        return rows.filter(state=state) if state in BankLineState.values else rows

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the states as tabs over it."""
        request.GET = request.GET.copy()  # type: ignore[assignment]
        state = (request.GET.pop("state", None) or ["open"])[-1]
        request.bank_state = state  # type: ignore[attr-defined]
        counts = dict(
            BankLine.objects.filter(state=BankLineState.OPEN)
            .order_by().values_list("state").annotate(found=Count("pk"))
        )  # fmt: skip
        shown = [*BankLineState.choices, ("all", "All")]
        context = {
            "view_tabs": [
                {"title": label, "query": f"?state={name}", "here": name == state,
                 "count": f"{counts[name]:,}" if counts.get(name) else ""}
                for name, label in shown
            ],
            "view_note": _note(state),
        }  # fmt: skip
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """What it says, what it may pay and why, and what it paid."""
        if (line := kwargs.get("obj")) is not None:
            may_read = request.user.has_perm(READ)
            context |= {
                "line": line,
                "amount": words.money(line.amount, line.currency),
                "left": left(line),
                "told": told_of(line) if may_read else {},
                "proposals": _proposed(line) if is_open(line) else [],
                "lumps": [
                    (
                        each,
                        words.money(each.amount, line.currency),
                        [row.pk for row in each.remittances],
                    )
                    for each in (lumps(line, told_of(line)) if is_open(line) else ())
                ],
                "lump_url": reverse("admin:orders_bankline_act", args=[line.pk, "handed_over"]),
                "handed": [
                    (row, words.money(row.amount, line.currency))
                    for row in line.remittance_payouts.select_related("remittance").order_by("pk")
                ],
                "book_url": reverse("admin:orders_bankline_act", args=[line.pk, "book"]),
                "may_book": request.user.has_perm(MATCH),
                "matches": [
                    (row, words.money(row.amount, line.currency))
                    for row in line.matches.select_related("order").order_by("pk")
                ],
                "payouts": [
                    (row, *(words.money(each, row.currency) for each in (row.amount, row.fee)))
                    for row in line.payouts.filter(undone_at=None)
                ],
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Payer and text")
    def said_column(self, line: BankLine) -> SafeString | str:
        """By what somebody recognises it."""
        told = told_of(line) if getattr(line, "may_read", False) else {}
        return words.two_lines(told.get("payer") or "–", told.get("text", "")[:80]) if told else "–"

    @admin.display(description="Amount")
    def amount_column(self, line: BankLine) -> str:
        """What moved."""
        return words.money(line.amount, line.currency)

    @admin.display(description="Not booked")
    def num_left(self, line: BankLine) -> str:
        """What is left."""
        return left(line) if is_open(line) else "–"

    @admin.display(description="State")
    def state_column(self, line: BankLine) -> SafeString:
        """Colour where somebody must look."""
        return words.chip(
            line.get_state_display(), TONES.get(BankLineState(line.state), ""), line.reason
        )


def _note(state: str) -> str:
    """What a tab is for, while it alone is empty."""
    rows = BankLine.objects.all()
    empty = state in EMPTY and not rows.filter(state=state).exists()
    return EMPTY[state] if empty and rows.exists() else ""


def _proposed(line: BankLine) -> list[dict[str, Any]]:
    return [
        {
            "score": proposal.score,
            "why": proposal.why,
            "write_off": proposal.write_off,
            "amounts": "\n".join(
                f"{part.order} {plain(part.amount, line.currency)}" for part in proposal.parts
            ),
            "parts": [
                (part.order, words.money(part.amount, line.currency)) for part in proposal.parts
            ],
        }
        for proposal in proposals(line)
        if proposal.parts
    ]
