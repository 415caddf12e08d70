"""Migration operation that lets PostgreSQL itself refuse to change ledger rows."""

from typing import Any

from oms.migrating import RunDirectly

FUNCTION = """
CREATE OR REPLACE FUNCTION oms_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def protect(*tables: str) -> RunDirectly:
    """Refuse UPDATE and DELETE on these tables, on PostgreSQL; elsewhere the models refuse."""

    def create(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        schema_editor.execute(FUNCTION, params=None)  # the % in it is no placeholder
        for table in tables:
            schema_editor.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION oms_refuse_change()"
            )

    def drop(_apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            for table in tables:
                schema_editor.execute(f"DROP TRIGGER IF EXISTS append_only ON {table}")

    return RunDirectly(create, drop)
