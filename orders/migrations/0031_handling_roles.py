"""Who may look after orders, give tasks and finish them."""

from django.db import migrations

from oms.roles import grant

SEEN = ("view_handling", "view_task")
TASKS = ("create_task", "finish_task")


class Migration(migrations.Migration):
    """Roles."""

    dependencies = [("orders", "0030_handling_and_tasks"), ("oms", "0003_roles")]
    operations = [
        grant(
            "orders",
            {
                "Operations": (*SEEN, *TASKS, "handle_order"),
                "Support": (*SEEN, *TASKS, "handle_order"),
                "Finance": (*SEEN, *TASKS),
                "Warehouse": (*SEEN, "finish_task"),
                "Auditor": SEEN,
            },
        ),
    ]
