"""How a person wants parcels delivered."""

from dataclasses import asdict, dataclass

from django.db import transaction

from customers.models import Customer
from customers.operations.profiles import lock_person
from customers.queries import PROFILE, profile_of, seal
from oms import events
from oms.history import stamp


@dataclass(frozen=True, slots=True)
class DeliveryWishes:
    """What a carrier or whoever packs should know; empty where there is no wish."""

    no_ring: bool = False
    window: str = ""  # such as 9:00-12:00
    leave_with: str = ""
    place: str = ""  # a parcel shop, a locker, the back door
    note: str = ""


@transaction.atomic
def set_delivery_wishes(customer: Customer, wishes: DeliveryWishes, *, by: str) -> Customer:
    """Keep how a person wants parcels delivered, sealed; orders from now on carry a copy.

    The event says that wishes changed, never which. Raises SubjectErased.
    """
    customer = lock_person(customer)
    told = {name: "yes" if value is True else value for name, value in asdict(wishes).items()}
    keep_wishes(customer, {name: value for name, value in told.items() if value}, by=by)
    events.record("customer.delivery_wishes_set", customer, by=by)
    return customer


def keep_wishes(customer: Customer, wishes: dict[str, str], *, by: str, reason: str = "") -> None:
    """Replace the wishes in a locked customer's profile."""
    profile = profile_of(customer)
    customer.profile = seal(customer.subject, {**profile, "delivery": wishes}, PROFILE)
    stamp(customer, by=by, reason=reason or "delivery wishes")
    customer.save(update_fields=["profile"])
