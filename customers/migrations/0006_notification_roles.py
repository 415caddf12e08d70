"""Who reads what customers were told, who writes the words."""

from django.db import migrations

from oms.roles import grant

SEEING = ("view_notification", "view_notificationtemplate")
SEEING += ("view_consent", "view_contactpreference")
WRITING = ("add_notificationtemplate", "change_notificationtemplate")
SENDING = ("test_notification", "resend_notification")
ROLES = {
    "Operations": (*SEEING, *WRITING, *SENDING),
    "Support": (*SEEING, *SENDING),
    "Finance": SEEING,
    "Auditor": SEEING,
}


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_notification_templates"), ("oms", "0003_roles")]
    operations = [grant("customers", ROLES)]
