"""How commands name a person: by e-mail address, phone number or customer number."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from customers import queries as customers
from customers.models import Customer, DataSubject


def add_person_arguments(parser: ArgumentParser) -> None:
    """One of three ways to name a person."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--email", default="", help="E-mail address as the person gave it.")
    who.add_argument("--phone", default="", help="Phone number, with or without signs.")
    who.add_argument("--customer", default="", help="Customer number, such as C100001.")


def named_person(*, email: str = "", phone: str = "", customer: str = "") -> DataSubject:
    """The one person that is meant. Raises CommandError for none, or more than one."""
    if customer:
        found = [row.subject for row in Customer.objects.filter(number=customer.upper())]
    else:
        found = list(customers.find_subjects(email or phone)[:2])
    if len(found) != 1:
        raise CommandError(
            "Nobody is known by that." if not found else "Several people are; use --customer."
        )
    return found[0]
