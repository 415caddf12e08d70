"""Erasure of one person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.management.people import add_person_arguments, named_person
from compliance.operations.privacy import erase_subject

BY = "command:erase_person"


class Command(BaseCommand):
    """Answers a request for erasure."""

    help = (
        "Make everything on a person unreadable for good, by destroying their key. Orders, stock, "
        "money and the trail stay; issued invoices stay readable as long as the law wants. "
        "Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_person_arguments(parser)
        parser.add_argument("--reason", required=True, help="Stays in the trail; name nobody.")
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        subject = named_person(**{name: options[name] for name in ("email", "phone", "customer")})
        face = getattr(subject, "customer", subject)
        if not options["yes"] and input(f"Erase {face} for good? Type the number: ") != str(face):
            raise CommandError("Nothing was erased.")
        request = erase_subject(subject, by=BY, reason=options["reason"])
        self.stdout.write(f"{face} was erased; request {request.pk} is answered.")
