"""Where gateways send their webhooks; they sign them instead of having a key."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from oms.wire import respond_nothing
from orders import operations
from orders.adapters.gateways import GATEWAYS
from orders.adapters.gateways.notices import BadSignature

LARGEST = 1_000_000  # bytes


@csrf_exempt
@require_POST
def hear(request: HttpRequest, gateway: str) -> HttpResponse:
    """Keep a signed webhook, once however often it comes; the worker asks what happened."""
    adapter = GATEWAYS.get(gateway)
    if adapter is None:
        return HttpResponse(status=404)
    if int(request.headers.get("Content-Length") or 0) > LARGEST:
        return HttpResponse(status=413)
    try:
        notice = adapter.verify(request.body, request.headers)
    except BadSignature:
        return HttpResponse("bad signature", status=400, content_type="text/plain")
    if notice:
        operations.hear(
            gateway, event_id=notice.event_id, name=notice.name, reference=notice.reference
        )
    return respond_nothing()


urlpatterns = [path("gateways/<str:gateway>/events/", hear, name="gateway-events")]
