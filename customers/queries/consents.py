"""What a person has agreed to."""

from customers.enums import ConsentPurpose
from customers.models import Consent, Customer


def has_consented(customer_id: int, purpose: ConsentPurpose) -> bool:
    """Whether consent stands: it was given and not withdrawn since."""
    rows = Consent.objects.filter(customer=customer_id, purpose=purpose).order_by("-pk")
    return bool(rows.values_list("granted", flat=True).first())


def consents_of(customer: Customer) -> list[Consent]:
    """The newest row of each purpose that the person was ever asked about."""
    newest: dict[str, Consent] = {}
    for row in Consent.objects.filter(customer=customer).order_by("-pk"):
        newest.setdefault(row.purpose, row)
    return list(newest.values())
