"""The stock doctor's page: the last proof of all stock, and a SKU's figures beside their sums."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from inventory import queries
from inventory.models import StockLevel
from inventory.tasks import proof
from oms import jobs, navigation, words
from oms.admin import actor, to_job
from oms.models import Job, JobState

MOST = 50  # locations of one SKU
REPAIR = "inventory.repair_stock"


def prove(request: HttpRequest) -> HttpResponse:
    """Start the proof of all stock, by a worker; its page shows how far it is."""
    if not request.user.has_perm(REPAIR):
        raise PermissionDenied
    job = proof.begin(by=actor(request))
    messages.success(request, "All stock is being proved.")
    return to_job(job)


def page(request: HttpRequest) -> HttpResponse:
    """Proof of every figure of the SKU asked for, at every location, and of its ring-fences."""
    sku = request.GET.get("sku", "").strip().replace("\0", "")
    rows = StockLevel.objects.filter(product__sku__in={sku, sku.upper()} - {""})
    levels = rows.select_related("product", "location").order_by("location__code")[:MOST]
    found = queries.examine(levels) if sku else []
    fences = queries.examine_fences(found[0].level.product_id) if found else []
    fences_ill = sum(not finding.holds for finding in fences)
    context = {
        **admin.site.each_context(request),
        "opts": StockLevel._meta,  # noqa: SLF001 (documented)
        "title": "Stock doctor",
        "sku": sku,
        "found": found,
        "fences": fences,
        "fences_ill": fences_ill,
        "ill": fences_ill + sum(not examination.healthy for examination in found),
        "may_prove": request.user.has_perm(REPAIR),
        **_last_proof(),
    }
    return TemplateResponse(request, "admin/inventory/stocklevel/doctor.html", context)


def _last_proof() -> dict[str, Any]:
    """The latest proof of all stock, with the levels that needed somebody then.

    `proof_broke` is a later one that came to no end; `proof_old` says that none came for days.
    """
    rows = Job.objects.filter(kind=proof.KIND).order_by("-pk")
    last = rows.filter(state__in=jobs.ENDED).first()
    proved = rows.filter(state=JobState.DONE).first()
    found = {
        "proof": proved,
        "proof_runs": rows.filter(state__in=jobs.MOVING).exists(),
        "proof_broke": None if last == proved else last,
    }
    if proved is None:
        return found
    return {
        **found,
        "proof_by": words.names_of([proved.created_by])[proved.created_by],
        "proof_old": proved.finished_at < timezone.now() - navigation.PROOF_HOLDS,  # type: ignore[operator]
        "proof_wrong": [row for row in proved.results if not row["ok"]],
        "unproven": proof.unproven(proved),
    }
