"""Words that the pages and papers for buyers share, in each language that they are written in."""

from customers import queries as customers

SHARED: dict[str, dict[str, str]] = {
    "en": {
        "product": "Product",
        "units": "Units",
        "sum": "Total",
        "total": "Total",
        "each": "{price} each",
    },
    "de": {
        "product": "Artikel",
        "units": "Menge",
        "sum": "Summe",
        "total": "Gesamtbetrag",
        "each": "je {price}",
    },
    "fr": {
        "product": "Article",
        "units": "Quantité",
        "sum": "Total",
        "total": "Total",
        "each": "{price} l’unité",
    },
}


def say(said: dict[str, dict[str, str]], language: str, what: str, **values: object) -> str:
    """One of the words said, with values, amounts and dates as the language writes them."""
    return said[language][what].format(**customers.said_in(language, values))
