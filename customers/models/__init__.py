"""Tables of the customers app, one file per noun."""

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
    "Customer",
    "DataSubject",
    "Disclosure",
    "SearchToken",
]
