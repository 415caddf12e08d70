"""A new database gets its tables as the newest migrations leave them, and then what these lay down.

Django would make every table as it first was and change it some hundred times, building the models
of each step anew. Here the models after the last migration are asked once. What our migrations do
besides (triggers, sequences, roles, reasons, words) is done afterwards, in their order; code that
is given models gets those of the last state. A migration of rows has to bear that: on a new
database it finds tables that are the newest and empty but for what earlier ones laid down. One that
cannot, and lays nothing down, is `elidable` and left out, as is the code of other packages.

A test compares the result with that of all migrations, one by one (tests/oms/test_new_database.py).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import OperationalError, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation, ModelOperation
from django.db.migrations.state import ProjectState

from oms.migrating import ValidateCheck

SCHEMA = (ModelOperation, FieldOperation, IndexOperation, ValidateCheck)
OUT_OF_MEMORY = "53200"  # PostgreSQL keeps a lock for each table and index until the end


def is_new(connection: BaseDatabaseWrapper) -> bool:
    """Whether nothing is in it."""
    return not connection.introspection.table_names()


def make(connection: BaseDatabaseWrapper, say: Callable[[str], None]) -> None:
    """Make everything in an empty database and record all migrations; all of it or nothing.

    Does nothing where two migrations are the last of an app, where one does what is known neither
    as a change of models nor as code, and where the server has no room for so many locks: then it
    is left to the migrations, one by one.
    """
    executor = MigrationExecutor(connection)
    plan = [each for each, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if executor.loader.detect_conflicts() or not all(map(_is_known, plan)):
        return
    say(f"  Making a new database as {len(plan)} migrations leave it.")
    connection.disable_constraint_checking()  # SQLite can do it outside transactions only
    try:
        with transaction.atomic(using=connection.alias):
            _fill(connection, executor, plan)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != OUT_OF_MEMORY:
            raise
        say("  Too few locks (max_locks_per_transaction) to do so in one step.")
    finally:
        connection.enable_constraint_checking()


def _fill(
    connection: BaseDatabaseWrapper, executor: MigrationExecutor, plan: list[Migration]
) -> None:
    state = executor.loader.project_state()
    with connection.schema_editor() as editor:
        for model in _models(connection, state):
            editor.create_model(model)
    for migration in plan:
        if code := _code(migration):
            with connection.schema_editor() as editor:
                for operation in code:
                    operation.database_forwards(migration.app_label, editor, state, state)
            connection.check_constraints()  # PostgreSQL alters no table with checks pending
    executor.recorder.ensure_schema()
    for migration in plan:
        executor.record_migration(migration)  # type: ignore[call-arg, arg-type]  # old stubs
    executor.check_replacements()


def _is_known(migration: Migration) -> bool:
    code = (RunPython, RunSQL) if _is_ours(migration) else (RunPython,)
    return all(isinstance(each, (*SCHEMA, *code)) for each in migration.operations)


def _is_ours(migration: Migration) -> bool:
    return Path(apps.get_app_config(migration.app_label).path).parent == settings.BASE_DIR


def _code(migration: Migration) -> list[Operation]:
    """What it does besides changing models, where that matters to a new database."""
    code = [each for each in migration.operations if not isinstance(each, SCHEMA)]
    return [each for each in code if _is_ours(migration) and not each.elidable]


def _models(connection: BaseDatabaseWrapper, state: ProjectState) -> Iterator[Any]:
    for app, name in state.models:
        model = state.apps.get_model(app, name)
        is_wanted = router.allow_migrate_model(connection.alias, model)
        if is_wanted and model._meta.can_migrate(connection):  # noqa: SLF001 (as Django's own do)
            yield model
