"""Migration operations: code that needs no models of the past, checks that keep nobody waiting.

`RunPython` gives its code the models as they were, for which Django builds every model of the
house anew. Triggers, sequences and permissions do not need them, and a new database is made in
half the time without.
"""

from typing import Any

from django.apps import apps
from django.db import router
from django.db.migrations import AddConstraint, AddIndex, RunPython
from django.db.migrations.operations.base import Operation


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


class AddCheck(AddConstraint):
    """Adds a check constraint without reading the rows that are there, on PostgreSQL.

    It holds for whatever is written from now on. That the older rows keep it is proved by a
    `ValidateCheck` in a later migration, which is to say in a transaction of its own: it reads the
    whole table while others write, where adding and proving at once would keep them waiting.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Add it; on other databases as usual."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            statement = self.constraint.create_sql(model, schema_editor)
            schema_editor.execute(f"{statement} NOT VALID", params=None)  # a % is no placeholder


class AddIndexMeanwhile(AddIndex):
    """Adds an index while others write to its table, on PostgreSQL.

    Its migration has `atomic = False`, for PostgreSQL refuses to do so in a transaction.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Add it; on other databases as usual."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)


class ValidateCheck(Operation):
    """Proves that all rows keep a constraint which `AddCheck` added; on PostgreSQL alone."""

    reduces_to_sql = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def state_forwards(self, _app_label: str, _state: Any) -> None:
        """Nothing: models know the constraint since it was added."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, _from_state: Any, to_state: Any
    ) -> None:
        """Prove it; what is proved already is not read again."""
        model = to_state.apps.get_model(app_label, self.model_name)
        connection = schema_editor.connection
        if connection.vendor == "postgresql" and self.allow_migrate_model(connection.alias, model):
            named = (model._meta.db_table, self.name)  # noqa: SLF001 (as Django's own do)
            table, name = map(schema_editor.quote_name, named)
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")

    def database_backwards(
        self, _app_label: str, _schema_editor: Any, _from_state: Any, _to_state: Any
    ) -> None:
        """Nothing: a constraint that is proved stays so."""

    def describe(self) -> str:
        """What `migrate` says of it."""
        return f"Validate constraint {self.name} of {self.model_name}"
