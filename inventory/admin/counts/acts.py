"""The buttons of counts; each makes one operation call."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.enums import ActionVariant

from inventory import operations
from inventory.adapters.paper import count_sheet
from inventory.enums import CountStatus
from inventory.forms import AssignForm, CountPlaceForm, PlanCountForm, PlanDueForm
from inventory.models import Count, StockLevel
from oms import words
from oms.admin import Act, ConfirmForm, ReasonForm, actor
from oms.downloads import pdf

Data = dict[str, Any]
PLAN, COUNT, POST = "inventory.plan_count", "inventory.count_stock", "inventory.post_count"
OPEN = {CountStatus.PLANNED, CountStatus.COUNTING, CountStatus.RECOUNT}


def plan_due(request: HttpRequest, _obj: None, data: Data) -> str:
    """Sheets of what is due."""
    made = operations.plan_due(data["location"], by=actor(request), until=data["until"])
    lines = sum(count.lines.count() for count in made)
    return f"{words.count(len(made), 'count')} planned with {words.count(lines, 'line')}."


def plan(request: HttpRequest, _obj: None, data: Data) -> HttpResponse:
    """A sheet of named products."""
    products = [product for product, _, _ in data["lines"]]
    count = operations.plan_count(
        data["location"], by=actor(request), products=products, note=data["note"]
    )
    return to_count(count)


def count_level(request: HttpRequest, level: StockLevel, _data: Data) -> HttpResponse:
    """A sheet of one line, or the open one that has it."""
    return to_count(
        operations.request_count(level.product_id, level.location_id, by=actor(request))
    )


def classify(request: HttpRequest, _obj: None, data: Data) -> str:
    """Classes and turns anew."""
    number = operations.classify(data["location"], by=actor(request))
    return f"{words.count(number, 'stock level')} at {data['location']} classified."


def assign(request: HttpRequest, count: Count, data: Data) -> str:
    """Who counts."""
    operations.assign(count, by=actor(request), user=data["user"])
    return f"{count} is for {data['user'] or 'whoever comes first'}."


def print_sheet(_request: HttpRequest, count: Count, _data: Data) -> HttpResponse:
    """The sheet as PDF."""
    return pdf(f"{count}-sheet", count_sheet(count))


def post(request: HttpRequest, count: Count, _data: Data) -> str:
    """The ledger learns what was found."""
    count = operations.post_count(count, by=actor(request))
    if count.status == CountStatus.POSTED:
        return f"{count} is posted."
    return f"{count}: posted but for lines whose units are promised to orders."


def cancel(request: HttpRequest, count: Count, data: Data) -> str:
    """Nothing is posted."""
    operations.cancel_count(count, by=actor(request), reason=data["reason"])
    return f"{count} is cancelled; nothing was posted."


def to_count(count: Count) -> HttpResponse:
    """The count's page."""
    return HttpResponseRedirect(reverse("admin:inventory_count_change", args=[count.pk]))


COUNT_ACTS = (
    Act("plan_due", "Plan what is due", PLAN, plan_due, PlanDueForm, on_list=True,
        help="Sheets of everything whose turn has come, A before B before C.",
        icon="event_repeat", variant=ActionVariant.PRIMARY),
    Act("plan", "Count products", PLAN, plan, PlanCountForm, on_list=True,
        help="A sheet of the products you name.", icon="playlist_add"),
    Act("classify", "Classify now", PLAN, classify, CountPlaceForm, on_list=True,
        help="Works out A, B and C from what was issued, and each level's next turn. "
        "Done every night by itself.", icon="sort"),
    Act("post", "Post", POST, post, ConfirmForm,
        lambda count: count.status == CountStatus.TO_APPROVE,
        help="Approved differences become movements; what moved since the count stays moved.",
        icon="done_all", variant=ActionVariant.PRIMARY),
    Act("sheet", "Print sheet", "inventory.view_count", print_sheet, ConfirmForm,
        lambda count: count.status in OPEN,
        help="A PDF with barcodes, without book figures.", icon="print", paper=True),
    Act("assign", "Assign", PLAN, assign, AssignForm, lambda count: count.status in OPEN,
        help="The person finds it among their counts.", icon="person"),
    Act("cancel", "Cancel", PLAN, cancel, ReasonForm,
        lambda count: count.status in {*OPEN, CountStatus.TO_APPROVE},
        help="What is not posted yet will not be.", icon="block",
        variant=ActionVariant.DANGER, folded=True),
)  # fmt: skip

LEVEL_ACT = Act(
    "count", "Have it counted", PLAN, count_level, ConfirmForm,
    help="Puts it on a sheet; somebody goes and looks. Stock stays as it is until that is posted.",
    icon="fact_check", folded=True,
)  # fmt: skip
