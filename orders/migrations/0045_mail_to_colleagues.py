"""Rules name the colleague whom they mail, not an address.

An address of nobody who works here stays as it is: the action is refused when it comes to be taken,
and the version cannot be switched on again.
"""

from django.conf import settings
from django.db import migrations


def name(apps, schema_editor):
    """Put the person in the place of the address."""
    people = apps.get_model(settings.AUTH_USER_MODEL).objects.filter(is_active=True, is_staff=True)
    known = {email.lower(): pk for pk, email in people.values_list("pk", "email") if email}
    for version in apps.get_model("orders", "RuleVersion").objects.iterator():
        before = version.actions
        version.actions = [_named(action, known) for action in before]
        if version.actions != before:
            version.save(update_fields=["actions"])


def address(apps, schema_editor):
    """Put the address in the place of the person."""
    people = apps.get_model(settings.AUTH_USER_MODEL).objects
    known = {f"user:{pk}": email for pk, email in people.values_list("pk", "email")}
    for version in apps.get_model("orders", "RuleVersion").objects.iterator():
        version.actions = [
            {**one, "to": known.get(one["to"], one["to"])} if one["do"] == "mail" else one
            for one in version.actions
        ]
        version.save(update_fields=["actions"])


def _named(action, known):
    key = known.get(action["to"].lower()) if action["do"] == "mail" else None
    return {**action, "to": f"user:{key}"} if key else action


class Migration(migrations.Migration):
    """Addresses become persons."""

    dependencies = [
        ("orders", "0044_mail_right"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [migrations.RunPython(name, address, elidable=True)]
