"""Forms of the customers app's pages."""

from customers.forms.acts import AddressForm, ClassifyForm, CorrectForm, TermsForm

__all__ = ["AddressForm", "ClassifyForm", "CorrectForm", "TermsForm"]
