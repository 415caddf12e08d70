"""Messages to customers: the words, and the log of what was sent."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from customers import operations, queries
from customers.enums import NotificationState
from customers.forms import TemplateForm, TestForm
from customers.models import Notification, NotificationTemplate
from customers.queries.notifications import SEALED
from oms import words
from oms.admin import Act, ConfirmForm, EditableAdmin, ReadOnlyAdmin, actor
from oms.errors import DomainError

PERSONAL = "customers.view_personal_data"
TONES = {NotificationState.FAILED: "bad", NotificationState.UNCERTAIN: "warn"}
RESENDABLE = {NotificationState.FAILED, NotificationState.UNCERTAIN}


def state_chip(row: Notification) -> SafeString:
    """The state in a box, with the reason behind it."""
    return words.chip(row.get_state_display(), TONES.get(NotificationState(row.state), ""), row.why)


def _send_test(request: HttpRequest, template: NotificationTemplate, data: dict[str, Any]) -> str:  # noqa: ARG001
    operations.send_test(template, to=data["to"])
    return f"A test is on its way to {data['to']}."


def _resend(request: HttpRequest, row: Notification, _data: dict[str, Any]) -> str:
    operations.resend(row, by=actor(request))
    return "The message is in line again."


@admin.register(NotificationTemplate)
class NotificationTemplateAdmin(EditableAdmin):
    """The words for each event and language, with a preview."""

    list_empty = "Add the text of a message for an event and a language."

    form = TemplateForm
    acts = (
        Act("test", "Send a test", "customers.test_notification", _send_test, TestForm,
            help="The saved template, filled in with sample values.", icon="outgoing_mail"),
    )  # fmt: skip
    list_display = (
        "event_column",
        "language_column",
        "purpose_column",
        "subject_column",
        "active_chip",
    )
    list_filter = ("language", "purpose", "is_active")
    list_filter_submit = True
    ordering = ("event", "language")
    search_fields = ("event__startswith",)
    search_help_text = "Name of a message, or its event"
    sortable_by: ClassVar = ()
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("event", "message"),
                    ("language", "is_active"),
                    "purpose",
                    "subject",
                    "body",
                )
            },
        ),
    )
    change_form_outer_after_template = "admin/customers/notification_preview.html"

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """With the name that people know it by."""
        template = super().get_object(request, object_id, from_field)
        if template is not None:
            template.called = queries.message_name(template.event)
        return template

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By what people call a message, or the beginning of its event."""
        rows, repeats = super().get_search_results(request, queryset, search_term)
        events = queryset.order_by().values_list("event", flat=True).distinct()
        wanted = search_term.casefold()
        named = [event for event in events if wanted in queries.message_name(event).casefold()]
        return rows | queryset.filter(event__in=named), repeats

    @display(description="Event")
    def event_column(self, template: NotificationTemplate) -> str:
        """What the customer is told of."""
        return queries.message_name(template.event)

    @display(description="Language")
    def language_column(self, template: NotificationTemplate) -> str:
        """By its English name."""
        return queries.language_name(template.language)

    @display(description="Purpose")
    def purpose_column(self, template: NotificationTemplate) -> str:
        """Whether a customer may stop it."""
        return template.get_purpose_display()

    @display(description="Subject")
    def subject_column(self, template: NotificationTemplate) -> str:
        """As it is written."""
        return template.subject

    @display(description="Message")
    def message(self, template: NotificationTemplate) -> str:
        """Which of several messages of the event."""
        return template.event.partition(":")[2] or "–"

    @display(description="Active")
    def active_chip(self, template: NotificationTemplate) -> SafeString:
        """Whether it is sent."""
        return words.chip("Sent" if template.is_active else "Off")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The preview, and the names that may be used."""
        template = kwargs.get("obj")
        if isinstance(template, NotificationTemplate):
            context |= {"names": sorted(queries.kind_of(template.event).sample)}
            try:
                context["preview"] = queries.preview(template)
            except DomainError as refusal:
                context["refusal"] = refusal.detail
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    """Every message: about what, to which customer, and what became of it."""

    list_empty = (
        "What was written to customers, and what was held back and why. A channel writes when "
        "its setting Notifies customers is on."
    )

    acts = (
        Act("resend", "Send again", "customers.resend_notification", _resend, ConfirmForm,
            lambda row: row.state in RESENDABLE, bulk=True, icon="replay",
            help="An uncertain message may have arrived; the customer may get it twice."),
    )  # fmt: skip
    list_display = ("about", "event_name", "customer", "state_column", "language", "when")
    list_filter = ("state",)
    list_filter_submit = True
    list_select_related = ("template", "customer")
    search_fields = ("about_label__exact",)
    search_help_text = "Number of the order"
    sortable_by: ClassVar = ()
    change_form_template = "admin/customers/notification.html"

    @display(description="Told of")
    def event_name(self, row: Notification) -> str:
        """The event, as people call it."""
        return queries.message_name(row.template.event)

    @display(description="About")
    def about(self, row: Notification) -> SafeString:
        """The document."""
        return format_html('<b class="oms-strong">{}</b>', row.about_label)

    @display(description="State")
    def state_column(self, row: Notification) -> SafeString:
        """What became of it."""
        return state_chip(row)

    @display(description="Language")
    def language(self, row: Notification) -> str:
        """Of the words."""
        return queries.language_name(row.template.language)

    @display(description="When")
    def when(self, row: Notification) -> str:
        """When it was sent, or put in line."""
        return words.moment(row.sent_at or row.created_at)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The message as it was sent, for those who may read it; the reading is recorded."""
        row = kwargs.get("obj")
        if isinstance(row, Notification):
            context |= {
                "row": row,
                "chip": state_chip(row),
                "title": row.about_label,
                "name": queries.message_name(row.template.event),
            }
            if request.user.has_perm(PERSONAL):
                context["message"] = operations.disclose(
                    row.customer.subject,
                    row.sealed,
                    SEALED,
                    by=actor(request),
                    what=f"customers.notification {row.about_label}",
                )
        return super().render_change_form(request, context, *args, **kwargs)
