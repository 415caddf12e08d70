"""What the page of an approval says, in the language in which the approver was asked."""

from functools import partial

from orders.queries import page_words
from orders.queries.page_words import SHARED

SAID: dict[str, dict[str, str]] = {
    "en": {
        **SHARED["en"],
        "title": "Order {order}",
        "approval": "Approval",
        "over": "This order does not wait for an approval any more.",
        "changed": "The order has changed since you were asked.",
        "total_was": "The total is {total} now; it was {before}.",
        "content": "The total is as before, but products or units have changed.",
        "why": "It is more than may be ordered without an approval.",
        "number": "purchase order {number}",
        "note": "Note, or why you decline",
        "approve": "Approve",
        "decline": "Decline",
        "say_why": "Say why you decline.",
        "approved": "Approved",
        "goes_on": "Order {order} goes on. Thank you.",
        "declined": "Declined",
        "cancelled": "Order {order} is cancelled. Thank you.",
        "refused": "This cannot be done just now. Please write to us.",
    },
    "de": {
        **SHARED["de"],
        "title": "Bestellung {order}",
        "approval": "Genehmigung",
        "over": "Diese Bestellung wartet auf keine Genehmigung mehr.",
        "changed": "Die Bestellung hat sich geändert, seit Sie gefragt wurden.",
        "total_was": "Die Summe ist jetzt {total}; sie war {before}.",
        "content": "Die Summe ist wie zuvor, aber Artikel oder Mengen haben sich geändert.",
        "why": "Das ist mehr, als ohne Genehmigung bestellt werden darf.",
        "number": "Bestellnummer {number}",
        "note": "Bemerkung, oder warum Sie ablehnen",
        "approve": "Genehmigen",
        "decline": "Ablehnen",
        "say_why": "Bitte sagen Sie, warum Sie ablehnen.",
        "approved": "Genehmigt",
        "goes_on": "Die Bestellung {order} geht weiter. Vielen Dank.",
        "declined": "Abgelehnt",
        "cancelled": "Die Bestellung {order} ist storniert. Vielen Dank.",
        "refused": "Das geht gerade nicht. Bitte schreiben Sie uns.",
    },
    "fr": {
        **SHARED["fr"],
        "title": "Commande {order}",
        "approval": "Approbation",
        "over": "Cette commande n’attend plus d’approbation.",
        "changed": "La commande a changé depuis que vous avez été sollicité.",
        "total_was": "Le total est maintenant de {total} ; il était de {before}.",
        "content": "Le total est le même, mais des articles ou des quantités ont changé.",
        "why": "Ce montant dépasse ce qui peut être commandé sans approbation.",
        "number": "bon de commande {number}",
        "note": "Remarque, ou raison de votre refus",
        "approve": "Approuver",
        "decline": "Refuser",
        "say_why": "Dites pourquoi vous refusez.",
        "approved": "Approuvée",
        "goes_on": "La commande {order} suit son cours. Merci.",
        "declined": "Refusée",
        "cancelled": "La commande {order} est annulée. Merci.",
        "refused": "Cela n’est pas possible pour le moment. Écrivez-nous.",
    },
}


say = partial(page_words.say, SAID)  # of these words
