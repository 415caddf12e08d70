"""Input of the back office's acts on orders."""

from orders.forms.acts import (
    AcceptPricesForm,
    AddressForm,
    CancelForm,
    CancelLinesForm,
    CaptureForm,
    GrantRefundForm,
    HoldForm,
    NameShippingForm,
    PaymentForm,
    PayRefundForm,
    SolveSkuForm,
    TagForm,
)
from orders.forms.promising import PriorityForm, PromiseForm

__all__ = [
    "AcceptPricesForm",
    "AddressForm",
    "CancelForm",
    "CancelLinesForm",
    "CaptureForm",
    "GrantRefundForm",
    "HoldForm",
    "NameShippingForm",
    "PayRefundForm",
    "PaymentForm",
    "PriorityForm",
    "PromiseForm",
    "SolveSkuForm",
    "TagForm",
]
