"""Input of the back office's acts on orders."""

from orders.forms.acts import (
    AcceptPricesForm,
    AddressForm,
    CancelForm,
    CancelLinesForm,
    CaptureForm,
    GrantRefundForm,
    HoldForm,
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
    "PayRefundForm",
    "PaymentForm",
    "PriorityForm",
    "PromiseForm",
    "SolveSkuForm",
    "TagForm",
]
