"""Tables of the customers app, one file per noun."""

from customers.models.consent import Consent
from customers.models.notification import (
    ContactPreference,
    Notification,
    NotificationTemplate,
)
from customers.models.people import (
    Address,
    Company,
    Customer,
    DataSubject,
    Disclosure,
    SearchToken,
)

__all__ = [
    "Address",
    "Company",
    "Consent",
    "ContactPreference",
    "Customer",
    "DataSubject",
    "Disclosure",
    "Notification",
    "NotificationTemplate",
    "SearchToken",
]
