"""Documents that are missing, because goods moved before a legal entity was set up."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance import operations, queries
from oms import words
from oms.errors import DomainError

BY = "command:issue_documents"


class Command(BaseCommand):
    """Issues what is missing."""

    help = (
        "Issue the invoices and credit notes of shipments and returns that have none, such as "
        "those that were made before a legal entity was set up. Running it again issues nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not queries.has_entity():
            raise CommandError("Set up a legal entity first.")
        issued = refused = 0
        for event in queries.undocumented():
            try:
                issued += operations.issue_for(event, by=BY)
            except DomainError as error:
                refused += 1
                self.stderr.write(f"{event.subject_label}: {error.detail}")
        self.stdout.write(
            f"{words.count(issued, 'document')} {'was' if issued == 1 else 'were'} issued, {refused} could not be."
        )
