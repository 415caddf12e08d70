"""Import a bank statement from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders import operations
from orders.adapters.statements import is_xml
from orders.adapters.statements.storing import read_statement, sentence
from orders.models import BankAccount

BY = "command:import_bank_statement"


class Command(BaseCommand):
    """A statement from the disk of whoever runs it; the file stays there."""

    help = (
        "Store the lines of a bank statement (CSV, or CAMT.053 in the versions 02 and 08) and book "
        "those that name an order and are exactly what it owes; the others wait under Bank lines. "
        "The columns of a CSV are those that were explained for the account in the back office. The "
        "same file, or the same line in another file, changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("account", help="code of the bank account")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        account = BankAccount.objects.filter(code=options["account"]).first()
        if account is None:
            raise CommandError(f"There is no bank account {options['account']}.")
        try:
            with options["file"].open("rb") as content:
                form = "camt" if is_xml(content) else "csv"
                statement = operations.begin_local_statement(account, content, by=BY, form=form)
                if statement.finished_at is None:
                    statement = read_statement(statement, content, by=BY)
        except OSError as error:
            raise CommandError(str(error)) from error
        if statement.error:
            raise CommandError(statement.error)
        self.stdout.write(f"{statement}: {sentence(statement)}")
