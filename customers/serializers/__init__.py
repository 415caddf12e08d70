"""Messages of the API of customers, one file per noun."""

from customers.serializers.people import (
    CorrectionIn,
    CustomerAddressOut,
    CustomerOut,
    DeliveryWishesIn,
    ProfileOut,
    SegmentOut,
)

__all__ = [
    "CorrectionIn",
    "CustomerAddressOut",
    "CustomerOut",
    "DeliveryWishesIn",
    "ProfileOut",
    "SegmentOut",
]
