"""Migration operations that give roles the permissions of what an app has newly learnt."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes

from oms.migrating import RunDirectly

EVERYTHING = "Administrator"  # holds whatever any role holds


def grant(app: str, roles: Mapping[str, Iterable[str]]) -> RunDirectly:
    """Give these roles these permissions (codenames) of an app; Administrator gets all of them.

    Permissions are made after all migrations have run, so the operation makes them first. Undoing
    it takes nothing away: somebody may have given the same by hand.
    """

    def give(apps: Any, schema_editor: Any) -> None:
        using = schema_editor.connection.alias
        create_contenttypes(installed.get_app_config(app), verbosity=0, using=using)
        create_permissions(installed.get_app_config(app), verbosity=0, using=using)
        groups = apps.get_model("auth", "Group").objects.using(using)
        rows = apps.get_model("auth", "Permission").objects.using(using)
        known = {row.codename: row for row in rows.filter(content_type__app_label=app)}
        every = {name for names in roles.values() for name in names}
        for role, names in {**roles, EVERYTHING: every}.items():
            group = groups.filter(name=role).first()
            if group is not None:  # whoever deleted a role does not want it back
                group.permissions.add(*(known[name] for name in names))

    return RunDirectly(give, RunDirectly.noop, elidable=False)
