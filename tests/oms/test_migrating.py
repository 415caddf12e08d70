"""Checks are added to large tables without keeping those who write to them waiting."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from oms.migrating import AddCheck, ValidateCheck
from tests import factories as world

NOW = SimpleNamespace(apps=apps)


@pytest.mark.postgresql  # others add a check as a whole
@pytest.mark.django_db
def test_check_holds_for_new_rows_at_once_and_for_older_ones_when_proved():
    world.product("OLD", weight_g=7)
    check = models.CheckConstraint(condition=~models.Q(weight_g=7), name="not_seven")
    editor = connection.schema_editor()
    editor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    AddCheck("product", check).database_forwards("inventory", editor, NOW, NOW)

    with pytest.raises(IntegrityError, match="not_seven"), transaction.atomic():
        world.product("NEW", weight_g=7)
    proof = ValidateCheck("product", "not_seven")
    with pytest.raises(IntegrityError, match="not_seven"), transaction.atomic():
        proof.database_forwards("inventory", editor, NOW, NOW)
    apps.get_model("inventory", "Product").objects.update(weight_g=8)
    proof.database_forwards("inventory", editor, NOW, NOW)


def test_every_check_that_is_added_unread_is_proved_by_a_later_migration():
    added, proved = {}, {}
    for key, migration in MigrationLoader(None).disk_migrations.items():
        for operation in migration.operations:
            if isinstance(operation, AddCheck):
                added[operation.constraint.name] = key
            elif isinstance(operation, ValidateCheck):
                proved[operation.name] = key
    assert added.keys() == proved.keys()
    assert [name for name, key in added.items() if proved[name] <= key] == []
