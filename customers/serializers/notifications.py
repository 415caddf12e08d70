"""Messages about messages to customers."""

from datetime import datetime

import msgspec

from customers import queries
from customers.models import Notification
from oms.wire import message, utc


@message
class NotificationOut(msgspec.Struct):
    """One message to a customer; `why` says what stopped it or went wrong.

    `about` is the number of an order, a return or a quote, `name` what people call such a message.
    """

    id: str
    about: str
    event: str
    name: str
    customer: str
    language: str
    state: str
    why: str
    created_at: datetime
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Notification) -> "NotificationOut":
        """As the API shows it; read with template and customer."""
        return cls(
            str(row.public_id),
            row.about_label,
            row.template.event,
            queries.message_name(row.template.event),
            row.customer.number,
            row.template.language,
            row.state,
            row.why,
            row.created_at,
            utc(row.sent_at),
        )
