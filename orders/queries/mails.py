"""What rules write to colleagues."""

from django.conf import settings
from django.core.mail import EmailMessage

from oms.models import Event
from orders.queries.colleagues import addresses_of

PAGES = {
    "order": "orders/order",
    "product": "inventory/product",
    "purchase_order": "inventory/purchaseorder",
}


def mail_about(event: Event) -> EmailMessage:
    """The mail of `order.rule_mailed` and `rule.mailed`: the rule's words, and where to look.

    It goes to nobody when whoever was meant has left since; Django then sends nothing.
    """
    facts = event.facts
    about, pk = facts.get("about", "order"), facts.get("id", event.subject_id)
    label = facts.get("label", event.subject_label)
    page = f"{settings.OMS_PUBLIC_URL}/admin/{PAGES[about]}/{pk}/change/"
    return EmailMessage(
        subject=" ".join(f"{label}: {facts['message']}".split()),
        body=f"{facts['message']}\n\n{label}: {page}\nRule: {facts['rule']}\n",
        to=addresses_of(facts["to"]),
        headers={"Message-ID": f"<{event.public_id}@rules.oms>"},
    )
