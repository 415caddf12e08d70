"""Forms of the customers app's pages."""

from customers.forms.acts import (
    AddressForm,
    BuyerForm,
    ClassifyForm,
    CompanyTermsForm,
    CorrectForm,
    DeliveryForm,
    NoteForm,
    TagForm,
    TermsForm,
    UntagForm,
)
from customers.forms.merging import CompareForm, SurvivorForm
from customers.forms.notifications import (
    ConsentForm,
    ContactPreferenceForm,
    TemplateForm,
    TestForm,
    WithdrawForm,
)

__all__ = [
    "AddressForm",
    "BuyerForm",
    "ClassifyForm",
    "CompanyTermsForm",
    "CompareForm",
    "ConsentForm",
    "ContactPreferenceForm",
    "CorrectForm",
    "DeliveryForm",
    "NoteForm",
    "SurvivorForm",
    "TagForm",
    "TemplateForm",
    "TermsForm",
    "TestForm",
    "UntagForm",
    "WithdrawForm",
]
