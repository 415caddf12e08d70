"""Input of acts about money that moved outside the gateways."""

from django import forms

from oms.admin import ActForm
from orders.enums import RECORDED, PaymentMethod

HOW = [
    (method.value, method.label)
    for method in RECORDED
    if method not in {PaymentMethod.ON_ACCOUNT, PaymentMethod.CASH_ON_DELIVERY}
]


class OtherwiseForm(ActForm):
    """How money moved without the gateway."""

    method = forms.ChoiceField(label="How", choices=HOW, initial=PaymentMethod.BANK_TRANSFER)
    reference = forms.CharField(
        max_length=120,
        required=False,
        help_text="By which it is found again: of the transfer, or of the gateway where it was done "
        "by hand there. A void needs none.",
    )
    amount = forms.DecimalField(min_value=0, max_digits=18, decimal_places=4)
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
