"""Privacy requests with their clocks, and the buttons on a customer's page that answer them."""

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.enums import ActionVariant

from compliance.enums import PrivacyRequestKind
from compliance.forms import EraseForm, ExtendForm
from compliance.models import PrivacyRequest
from compliance.operations import privacy
from customers.models import Customer
from oms import words
from oms.admin import Act, ConfirmForm, ReadOnlyAdmin, actor

SOON = 7  # days
EXPORT_HELP = (
    "Gives everything held on the person as a JSON file, for the person. The reading is recorded."
)
ERASE_HELP = (
    "Destroys the person's key: profile, addresses and the people in all orders are unreadable at "
    "once, also in the history. Orders, stock, money and the trail stay. Issued invoices stay "
    "readable as long as the law wants them."
)


def export(request: HttpRequest, row: Any, _data: dict[str, Any]) -> HttpResponse:
    """Answer with everything held on the person of a customer or a request, as a file."""
    content = privacy.export_subject(row.subject, by=actor(request))
    text = json.dumps(content, indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/json")
    name = f"person-{row.subject.public_id}.json"  # no name, no number of a person in file names
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def erase(request: HttpRequest, row: Any, data: dict[str, Any]) -> str:
    """Erase the person of a customer or a request."""
    privacy.erase_subject(row.subject, by=actor(request), reason=data["reason"])
    return f"{getattr(row.subject, 'customer', row.subject)} was erased."


def extend(request: HttpRequest, row: PrivacyRequest, data: dict[str, Any]) -> str:
    """Take two more months for an answer."""
    extended = privacy.extend_request(row, by=actor(request), reason=data["reason"])
    return f"The answer is due on {extended.due_on}; tell the person now."


def _is_open(kind: str = "") -> Any:
    return lambda row: row.done_at is None and kind in {"", row.kind}


def _is_not_erased(customer: Customer) -> bool:
    return customer.subject.erased_at is None


EXPORT = Act(
    "export_person",
    "Export person",
    "customers.export_person",
    export,
    form=ConfirmForm,
    help=EXPORT_HELP,
    icon="download",
    folded=True,
)
ERASE = Act(
    "erase_person",
    "Erase person",
    "customers.erase_person",
    erase,
    form=EraseForm,
    allowed=_is_not_erased,
    help=ERASE_HELP,
    icon="person_off",
    variant=ActionVariant.DANGER,
    folded=True,
)

# The customer's page belongs to an app that must not know this one; its buttons hang there.
customer_page: Any = admin.site.get_model_admin(Customer)
customer_page.acts = (*customer_page.acts, EXPORT, ERASE)


class WaitingFilter(DropdownFilter):
    """Requests that wait, unless asked for others."""

    title = "state"
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """All first."""
        return [("", "All"), ("waiting", "Waiting"), ("answered", "Answered")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows in the chosen state."""
        if self.value() in {"waiting", "answered"}:
            return queryset.filter(done_at__isnull=self.value() == "waiting")
        return queryset


@admin.register(PrivacyRequest)
class PrivacyRequestAdmin(ReadOnlyAdmin):
    """What people asked for, and by when they must be answered."""

    list_empty = (
        "Requests of people to see or to erase what is held of them are kept here. One begins "
        "on the customer's page."
    )

    acts = (
        Act(
            "export",
            "Export and answer",
            "customers.export_person",
            export,
            form=ConfirmForm,
            allowed=_is_open(PrivacyRequestKind.EXPORT),
            help=EXPORT_HELP,
            icon="download",
            variant=ActionVariant.PRIMARY,
        ),
        Act(
            "erase",
            "Erase and answer",
            "customers.erase_person",
            erase,
            form=EraseForm,
            allowed=_is_open(PrivacyRequestKind.ERASURE),
            help=ERASE_HELP,
            icon="person_off",
            variant=ActionVariant.DANGER,
        ),
        Act(
            "extend",
            "Take two more months",
            "customers.export_person",
            extend,
            form=ExtendForm,
            allowed=_is_open(),
            help="For complex requests, within the first month. The person must be told at once.",
            icon="more_time",
        ),
    )
    list_display = (
        "kind_column",
        "person_column",
        "requested_column",
        "due_column",
        "done_column",
        "reason",
    )
    list_select_related = ("subject__customer",)
    list_filter = (WaitingFilter, ("kind", ChoicesDropdownFilter))
    list_filter_submit = True
    search_fields = ("subject__customer__number__exact",)
    search_help_text = "Customer number"
    sortable_by: ClassVar = ()
    fields = (
        "kind_column",
        "person_column",
        "reason",
        "by_column",
        "requested_at",
        "due_on",
        "done_at",
    )
    readonly_fields = fields

    @admin.display(description="Request")
    def kind_column(self, row: PrivacyRequest) -> str:
        """What was asked for."""
        return row.get_kind_display()

    @admin.display(description="Person")
    def person_column(self, row: PrivacyRequest) -> SafeString | str:
        """Their customer number."""
        customer = getattr(row.subject, "customer", None)
        if customer is None:
            return str(row.subject)
        url = reverse("admin:customers_customer_change", args=[customer.pk])
        return format_html('<a class="oms-link" href="{}">{}</a>', url, customer)

    @admin.display(description="Received")
    def requested_column(self, row: PrivacyRequest) -> str:
        """When."""
        return words.moment(row.requested_at)

    @admin.display(description="Due")
    def due_column(self, row: PrivacyRequest) -> SafeString | str:
        """The last day: orange in the last week, red after it."""
        left = (row.due_on - timezone.now().date()).days
        if row.done_at is not None or left > SOON:
            return f"{row.due_on:%d %b %Y}"
        return words.chip(f"{row.due_on:%d %b %Y}", "bad" if left < 0 else "warn")

    @admin.display(description="Answered")
    def done_column(self, row: PrivacyRequest) -> str:
        """When, or not yet."""
        return words.moment(row.done_at) or "not yet"

    @admin.display(description="Written down by")
    def by_column(self, row: PrivacyRequest) -> str:
        """Who."""
        return words.names_of([row.requested_by])[row.requested_by]
