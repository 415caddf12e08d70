"""Forms of the customers app's pages."""

from customers.forms.acts import AddressForm, ClassifyForm, CorrectForm, TermsForm
from customers.forms.merging import MergeForm, SurvivorForm
from customers.forms.notifications import (
    ConsentForm,
    ContactPreferenceForm,
    TemplateForm,
    TestForm,
    WithdrawForm,
)

__all__ = [
    "AddressForm",
    "ClassifyForm",
    "ConsentForm",
    "ContactPreferenceForm",
    "CorrectForm",
    "MergeForm",
    "SurvivorForm",
    "TemplateForm",
    "TermsForm",
    "TestForm",
    "WithdrawForm",
]
