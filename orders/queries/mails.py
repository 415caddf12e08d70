"""What rules write to colleagues."""

from django.conf import settings
from django.core.mail import EmailMessage

from oms.models import Event


def mail_about(event: Event) -> EmailMessage:
    """The mail of an event `order.rule_mailed`: the rule's words and where the order is."""
    facts, number = event.facts, event.subject_label
    page = f"{settings.OMS_PUBLIC_URL}/admin/orders/order/{event.subject_id}/change/"
    return EmailMessage(
        subject=f"{number}: {facts['message']}",
        body=f"{facts['message']}\n\nOrder {number}: {page}\nRule: {facts['rule']}\n",
        to=[facts["to"]],
        headers={"Message-ID": f"<{event.public_id}@rules.oms>"},
    )
