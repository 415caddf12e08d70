"""Writing notes about a customer, and tagging customers."""

from collections.abc import Iterable

from django.db import transaction

from customers.models import Customer, CustomerNote, CustomerTag
from customers.operations.profiles import lock_person
from customers.queries import root_of, seal
from customers.queries.notes import NOTE, tags_of
from oms import events
from oms.errors import DomainError

LONGEST_NOTE = 2_000
LONGEST_TAG = 40
MOST_TAGS = 30
SIGNS = frozenset(" -_:+&/.")


class BadNote(DomainError):
    """A note says something, and not a whole book."""

    code = "bad_note"
    message = f"A note has 1 to {LONGEST_NOTE:,} characters."


class BadCustomerTag(DomainError):
    """A tag is a short word that groups customers, and nothing by which one of them is known."""

    code = "bad_customer_tag"
    message = (
        f"A tag has 1 to {LONGEST_TAG} letters, digits or spaces and at least one letter, and a "
        f"customer at most {MOST_TAGS} tags. Not {{tag}}."
    )


@transaction.atomic
def add_note(customer: Customer, *, by: str, text: str) -> CustomerNote:
    """Keep what somebody writes about a customer, sealed under the person's key.

    A note is never changed; another one corrects it. The event says that there is a note, never what
    it says. Raises BadNote, SubjectErased.
    """
    customer = lock_person(customer)
    text = text.strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise BadNote

    envelope = seal(customer.subject, {"text": text}, NOTE)
    note = CustomerNote.objects.create(customer=customer, sealed=envelope, by=by)
    events.record("customer.noted", customer, by=by, note=note.pk)
    return note


@transaction.atomic
def tag_customer(
    customer: Customer, *, by: str, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Add and remove tags; returns those that the person had not before and those they have no more.

    Tags are lower case and belong to the person: they are given to the customer under whom the
    person is known, and taken from all their numbers. Records `customer.tagged` when something
    changed. Raises BadCustomerTag, SubjectErased.
    """
    root = lock_person(root_of(customer))
    family = [root.pk, *root.merged.values_list("pk", flat=True)]
    before = tags_of(family)
    wanted = [clean_tag(text) for text in add]
    gone = sorted({text.strip().casefold() for text in remove} & set(before))
    new = [tag for tag in dict.fromkeys(wanted) if tag not in before]
    if len(before) - len(gone) + len(new) > MOST_TAGS:
        raise BadCustomerTag(tag="one more")
    if not new and not gone:
        return [], []

    CustomerTag.objects.filter(customer__in=family, tag__in=gone).delete()
    CustomerTag.objects.bulk_create(CustomerTag(customer=root, tag=tag, by=by) for tag in new)
    events.record("customer.tagged", root, by=by, added=new, removed=gone)
    return new, gone


def clean_tag(text: str) -> str:
    """A tag as it is kept: lower case, single spaces. Raises BadCustomerTag."""
    tag = " ".join(text.casefold().split())
    fits = 0 < len(tag) <= LONGEST_TAG and any(sign.isalpha() for sign in tag)
    if not fits or any(not sign.isalnum() and sign not in SIGNS for sign in tag):
        raise BadCustomerTag(tag=tag or "nothing")
    return tag
