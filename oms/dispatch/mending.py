"""What a person may do about a delivery that was given up."""

from django.db import transaction
from django.utils import timezone

from oms.errors import DomainError
from oms.models import Delivery, DeliveryState


class NotGivenUp(DomainError):
    """The delivery is still on its way, or has arrived."""

    code = "delivery_not_given_up"
    message = "Only deliveries that were given up can be mended."


@transaction.atomic
def retry(delivery: Delivery) -> Delivery:
    """Run a delivery again, from the start of its ladder. Raises NotGivenUp."""
    delivery = _dead(delivery)

    delivery.state, delivery.attempts, delivery.error = DeliveryState.PENDING, 0, ""
    delivery.next_attempt_at = timezone.now()
    delivery.save(update_fields=["state", "attempts", "error", "next_attempt_at"])
    return delivery


@transaction.atomic
def dismiss(delivery: Delivery, *, by: str, reason: str) -> Delivery:
    """Never run a delivery, so that what follows on its subject goes on. Raises NotGivenUp."""
    delivery = _dead(delivery)

    delivery.state, delivery.done_at = DeliveryState.DONE, timezone.now()
    delivery.error = f"dismissed by {by}: {reason}; {delivery.error}"
    delivery.save(update_fields=["state", "done_at", "error"])
    return delivery


def _dead(delivery: Delivery) -> Delivery:
    delivery = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state != DeliveryState.DEAD:
        raise NotGivenUp
    return delivery
