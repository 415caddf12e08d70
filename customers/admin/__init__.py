"""Pages of the customers app, one file per noun."""

from customers.admin.company import CompanyAdmin, PaymentTermsAdmin
from customers.admin.customer import CustomerAdmin
from customers.admin.merging import DuplicatePairAdmin
from customers.admin.notifications import NotificationAdmin, NotificationTemplateAdmin
from customers.admin.segments import SegmentAdmin

__all__ = [
    "CompanyAdmin",
    "CustomerAdmin",
    "DuplicatePairAdmin",
    "NotificationAdmin",
    "NotificationTemplateAdmin",
    "PaymentTermsAdmin",
    "SegmentAdmin",
]
