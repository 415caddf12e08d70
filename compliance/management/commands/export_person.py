"""Everything held on one person, as JSON."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.management.people import add_person_arguments, named_person
from compliance.operations.privacy import export_subject

BY = "command:export_person"


class Command(BaseCommand):
    """Answers a request for access."""

    help = (
        "Write everything that is held on a person as JSON (GDPR art. 15 and 20), to standard "
        "output or a file. The reading is recorded and the person's request is answered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_person_arguments(parser)
        parser.add_argument("--output", type=Path, help="File to write; standard output if none.")

    def handle(self, *args: Any, **options: Any) -> None:
        subject = named_person(**{name: options[name] for name in ("email", "phone", "customer")})
        text = json.dumps(export_subject(subject, by=BY), indent=2, ensure_ascii=False)
        if options["output"]:
            options["output"].write_text(text, encoding="utf-8")
        else:
            self.stdout.write(text)
