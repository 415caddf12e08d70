"""What carriers say of parcels that they bring back."""

from customers import queries as customers
from fulfillment.models import OriginReturn

NOTE = "fulfillment.originreturn.note"


def note_of(row: OriginReturn) -> str:
    """What is said of it; empty once the buyer is erased. Wants its order's subject selected."""
    return customers.unseal_text(row.order.subject, row.note, NOTE)
