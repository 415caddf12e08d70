"""Who looks after an order, with which carrier it goes, what is scheduled, and tasks."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from oms import words
from oms.admin import Act, ReadOnlyAdmin, actor
from orders import operations
from orders.admin import claims
from orders.admin.others import order_link
from orders.admin.refusals import may
from orders.forms.handling import AssignForm, CarrierForm, FinishForm, GiveTaskForm
from orders.models import Handling, Order, Task
from orders.models.claim import claimed_now, free_for
from orders.queries.rules.actions import carrier_name

Data = dict[str, Any]
HANDLE = "orders.handle_order"
FINISH = "orders.finish_task"


def handling_of(order: Order) -> Handling:
    """What was decided about an order; an empty row where nothing was."""
    return Handling.objects.filter(order=order).first() or Handling(order=order)


def assign(request: HttpRequest, order: Order, data: Data) -> str:
    """Say who looks after it."""
    operations.assign(order, by=actor(request), **data)
    return f"{data['owner'] or 'Nobody'} looks after {order} now."


def ship_with(request: HttpRequest, order: Order, data: Data) -> str:
    """Say who carries it."""
    operations.ship_with(order, by=actor(request), **data)
    return f"{order} is to go with {carrier_name(data['carrier']) or 'whom whoever ships chooses'}."


def give_task(request: HttpRequest, order: Order, data: Data) -> str:
    """Ask for something."""
    task = operations.create_task(order, by=actor(request), **data)
    return f"{task.owner} is asked to: {task.title}."


def drop_cancellation(request: HttpRequest, order: Order, data: Data) -> str:
    """Let it live."""
    operations.drop_cancellation(order, by=actor(request), reason=data["reason"])
    return f"{order} is not cancelled."


def finish(request: HttpRequest, task: Task, data: Data) -> str:
    """It is done."""
    operations.finish_task(task, by=actor(request), note=data["note"])
    return f"Done: {task}."


def _is_scheduled(order: Order) -> bool:
    return Handling.objects.filter(order=order, cancel_at__isnull=False).exists()


HANDLING_ACTS = (
    Act("assign", "Assign", HANDLE, assign, form=AssignForm, allowed=may("place_hold"),
        initial=lambda order: {"owner": handling_of(order).owner}, folded=True,
        help="Who looks after this order.", icon="assignment_ind", bulk=True),
    Act("ship_with", "Choose the carrier", HANDLE, ship_with, form=CarrierForm,
        allowed=may("place_hold"), folded=True, icon="local_shipping",
        initial=lambda order: {
            "carrier": handling_of(order).carrier, "service": handling_of(order).service},
        help="Whoever ships is offered it. What a parcel went with stands on its shipment."),
    Act("give_task", "Give a task", "orders.create_task", give_task, form=GiveTaskForm,
        folded=True, help="Something a person is to do about this order.", icon="add_task"),
    Act("drop_cancellation", "Do not cancel", HANDLE, drop_cancellation, allowed=_is_scheduled,
        help="The scheduled cancellation does not happen.", icon="event_busy", folded=True,
        bulk=True),
)  # fmt: skip


def handling_context(order: Order) -> dict[str, Any]:
    """The card on the order's page: decisions, what is scheduled, tasks with open ones first."""
    row = handling_of(order)
    tasks = sorted(order.tasks.all(), key=lambda task: (task.done_at is not None, -task.pk))
    now = timezone.now()
    names = words.names_of(who for task in tasks if (who := task.done_by or task.claimant(now)))
    back = "?next=" + reverse("admin:orders_order_change", args=[order.pk])
    return {
        "handling": row,
        "carrier_name": carrier_name(row.carrier) if row.carrier else "",
        "drop_url": reverse("admin:orders_order_act", args=[order.pk, "drop_cancellation"]) + back,
        "task_rows": [
            {
                "task": task,
                "overdue": task.done_at is None and task.due_at is not None and task.due_at < now,
                "done_by": names.get(task.done_by, ""),
                "worker": names.get(task.claimant(now), ""),
                "finish": reverse("admin:orders_task_act", args=[task.pk, "finish"]) + back,
            }
            for task in tasks
        ],
    }


class StateFilter(DropdownFilter):
    """Open tasks unless asked for others."""

    title = "state"
    parameter_name = "state"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Open first."""
        return [("", "Open"), ("done", "Done"), ("all", "All")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Rows in the chosen state."""
        if self.value() == "all":
            return queryset
        return queryset.filter(done_at__isnull=self.value() != "done")


class ViewFilter(SimpleListFilter):
    """Whose tasks; drawn as tabs over the list, not among the filters."""

    title = "view"
    parameter_name = "view"
    template = "admin/orders/order/no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Every view; without one, and nothing else asked, what one can take."""
        return [(name, name) for name in _views(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen view."""
        view = self.value() or ("todo" if claims.is_open_list(request) else "all")
        return queryset.filter(_views(request).get(view, Q()))


def _views(request: HttpRequest) -> dict[str, Q]:
    me = actor(request)
    return {"todo": free_for(me), "mine": claimed_now() & Q(claimed_by=me), "all": Q()}


def task_tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """What one can take, what one has taken, and all that is open; two statements."""
    rows, views = Task.objects.filter(done_at=None), _views(request)
    counts = rows.aggregate(**{name: Count("pk", filter=which) for name, which in views.items()})
    named = (("Mine and unclaimed", ""), ("Mine", "mine"), ("All", "all"))
    chosen, bare = request.GET.get("view", ""), claims.is_open_list(request)
    return [
        {
            "title": title,
            "query": f"?view={view}" if view else "?",
            "here": view == chosen if view else bare,
            "count": f"{counts[view or 'todo']:,}" if counts[view or "todo"] else "",
        }
        for title, view in named
    ]


@admin.register(Task)
class TaskAdmin(ReadOnlyAdmin):
    """What people are to do about orders, the most urgent first."""

    list_empty = (
        "Nothing is to be done. Rules give tasks, and so does Give a task on the page of an order."
    )

    acts = (
        Act("finish", "Done", FINISH, finish, form=FinishForm,
            allowed=lambda task: task.done_at is None, icon="task_alt",
            variant=ActionVariant.PRIMARY, bulk=True, help="It is done; the order says by whom."),
    )  # fmt: skip
    claims_need = FINISH
    list_display = (
        "title_column",
        "order_column",
        "owner_column",
        "due_column",
        "state_column",
        "do_column",
    )
    list_display_links = ("title_column",)
    list_select_related = ("order",)
    list_filter = (ViewFilter, StateFilter, "owner")
    list_before_template = "admin/orders/exceptions.html"
    list_filter_submit = True
    search_fields = ("order__number",)
    search_help_text = "Order number"
    sortable_by: ClassVar = ()
    ordering = (F("due_at").asc(nulls_last=True), "pk")
    fields = (
        "title", "order", "owner", "due_at", "created_by", "created_at", "claimed_by",
        "claimed_at", "done_at", "note",
    )  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type:  # noqa: ARG002
        """A list that knows who works on what."""
        return claims.ClaimedList

    def get_urls(self) -> list[URLPattern]:
        """Claim and give back, before the pages of the rows."""
        wrap = self.admin_site.admin_view
        acts = operations.claim_task, operations.give_back_task
        return [*claims.urls(Task, wrap, FINISH, *acts), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The tasks under their tabs."""
        context = {"view_tabs": task_tabs(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description="Task")
    def title_column(self, task: Task) -> SafeString:
        """What, and since when."""
        return words.two_lines(task.title, f"given {words.age(task.created_at)} ago")

    @admin.display(description="Order")
    def order_column(self, task: Task) -> SafeString:
        """What it is about."""
        return order_link(task.order_id, task.order.number)

    @admin.display(description="For")
    def owner_column(self, task: Any) -> SafeString:
        """Whose it is, and who works on it."""
        return words.two_lines(task.owner, task.worker if task.done_at is None else "")

    @admin.display(description="Due")
    def due_column(self, task: Task) -> str:
        """Until when."""
        return words.moment(task.due_at) if task.due_at else "–"

    @admin.display(description="State")
    def state_column(self, task: Task) -> SafeString:
        """Coloured only when it is late."""
        if task.done_at is not None:
            return words.chip("Done")
        late = task.due_at is not None and task.due_at < timezone.now()
        return words.chip("Overdue", "bad") if late else words.chip("Open")

    @admin.display(description="")
    def do_column(self, task: Any) -> SafeString | str:
        """Done, and claiming it."""
        if task.done_at is not None or not task.may:
            return ""
        done = reverse("admin:orders_task_act", args=[task.pk, "finish"])
        return format_html(
            '<span class="oms-chips"><a class="oms-btn" href="{}?{}">{}</a>{}</span>',
            done,
            urlencode({"next": task.back}),
            "Done",
            claims.button(task),
        )
