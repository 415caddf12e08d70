"""Tables of the customers app, one file per noun."""

from customers.models.company import Buyer, Company, PaymentTerms
from customers.models.consent import Consent
from customers.models.merging import CustomerMerge, DuplicatePair
from customers.models.notes import CustomerNote, CustomerTag
from customers.models.notification import (
    ContactPreference,
    Notification,
    NotificationTemplate,
)
from customers.models.people import (
    Address,
    Customer,
    DataSubject,
    Disclosure,
    SearchToken,
)
from customers.models.segments import Segment, SegmentMember, SegmentVersion

__all__ = [
    "Address",
    "Buyer",
    "Company",
    "Consent",
    "ContactPreference",
    "Customer",
    "CustomerMerge",
    "CustomerNote",
    "CustomerTag",
    "DataSubject",
    "Disclosure",
    "DuplicatePair",
    "Notification",
    "NotificationTemplate",
    "PaymentTerms",
    "SearchToken",
    "Segment",
    "SegmentMember",
    "SegmentVersion",
]
