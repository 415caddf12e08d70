"""What a quote says on its page and its paper, in the language in which its buyer is written to."""

from functools import partial

from customers import queries as customers
from orders.models import DraftOrder
from orders.queries import page_words
from orders.queries.page_words import SHARED

SAID: dict[str, dict[str, str]] = {
    "en": {
        **SHARED["en"],
        "quote": "Quote",
        "valid": "Valid until {day}. Nothing is ordered before you accept.",
        "dated": "{made}, valid until {until}",
        "price": "Price",
        "less": "less {amount}",
        "tax": "of which tax",
        "collected": "To be collected at",
        "delivered": "Delivered to",
        "accept": "Accept and order for {total}",
        "kept": "The goods are kept for you until {day}.",
        "not_kept": "Goods are not reserved by this quote.",
        "how": "Accept it by the link that came with it.",
        "draft": "A draft, not an offer.",
        "over": "This quote is no longer valid. Ask for a new one.",
        "refused": "This quote cannot be accepted just now. Please write to us.",
        "placed": "Order placed",
        "thanks": "Thank you. Your order {order} is placed.",
    },
    "de": {
        **SHARED["de"],
        "quote": "Angebot",
        "valid": "Gültig bis {day}. Es ist nichts bestellt, bevor Sie annehmen.",
        "dated": "{made}, gültig bis {until}",
        "price": "Preis",
        "less": "abzüglich {amount}",
        "tax": "darin Steuer",
        "collected": "Abholung bei",
        "delivered": "Lieferung an",
        "accept": "Annehmen und für {total} bestellen",
        "kept": "Die Ware ist bis {day} für Sie zurückgelegt.",
        "not_kept": "Mit diesem Angebot ist keine Ware zurückgelegt.",
        "how": "Sie nehmen es über den Link an, den Sie dazu erhalten haben.",
        "draft": "Ein Entwurf, kein Angebot.",
        "over": "Dieses Angebot gilt nicht mehr. Bitte fragen Sie nach einem neuen.",
        "refused": "Dieses Angebot kann gerade nicht angenommen werden. Bitte schreiben Sie uns.",
        "placed": "Bestellt",
        "thanks": "Vielen Dank. Ihre Bestellung {order} ist eingegangen.",
    },
    "fr": {
        **SHARED["fr"],
        "quote": "Devis",
        "valid": "Valable jusqu’au {day}. Rien n’est commandé avant votre accord.",
        "dated": "{made}, valable jusqu’au {until}",
        "price": "Prix",
        "less": "moins {amount}",
        "tax": "dont taxes",
        "collected": "À retirer à",
        "delivered": "Livré à",
        "accept": "Accepter et commander pour {total}",
        "kept": "Les articles vous sont réservés jusqu’au {day}.",
        "not_kept": "Ce devis ne réserve aucun article.",
        "how": "Vous l’acceptez par le lien qui l’accompagne.",
        "draft": "Un brouillon, pas un devis.",
        "over": "Ce devis n’est plus valable. Demandez-en un nouveau.",
        "refused": "Ce devis ne peut pas être accepté pour le moment. Écrivez-nous.",
        "placed": "Commande passée",
        "thanks": "Merci. Votre commande {order} est passée.",
    },
}


def language_of(document: DraftOrder) -> str:
    """The language of the mails to this buyer, as far as a quote can be said in it."""
    return customers.language_of(document.customer_id, document.ship_country, SAID)


say = partial(page_words.say, SAID)  # of these words
