"""What hangs on an order."""

from fulfillment.models import Claim, FulfillmentOrder, Return, Shipment


def documents_of(order: int) -> dict[str, list[int]]:
    """Keys of its fulfilment orders, shipments, returns and claims, as subjects of events."""
    return {
        model._meta.label_lower: list(  # noqa: SLF001 (public API in all but name)
            model.objects.filter(order=order).values_list("pk", flat=True)  # type: ignore[attr-defined]
        )
        for model in (FulfillmentOrder, Shipment, Return, Claim)
    }
