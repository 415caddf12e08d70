"""A migration operation for code that needs no models of the past.

`RunPython` gives its code the models as they were, for which Django builds every model of the
house anew. Triggers, sequences and permissions do not need them, and a new database is made in
half the time without.
"""

from typing import Any

from django.apps import apps
from django.db import router
from django.db.migrations import RunPython


class RunDirectly(RunPython):
    """Runs `code(apps, schema_editor)` with the models of today: of Django's own apps only."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, _from_state: Any, _to_state: Any
    ) -> None:
        """Do it."""
        self._run(self.code, app_label, schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: Any, _from_state: Any, _to_state: Any
    ) -> None:
        """Undo it."""
        self._run(self.reverse_code, app_label, schema_editor)

    def _run(self, code: Any, app_label: str, schema_editor: Any) -> None:
        alias = schema_editor.connection.alias
        if code and router.allow_migrate(alias, app_label, **self.hints):
            code(apps, schema_editor)
