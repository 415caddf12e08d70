"""Filters of the back office's templates; the words themselves are in `oms.words`."""

from typing import Any

from django import template
from django.template.defaultfilters import stringfilter

from oms import money, taxes, words

register = template.Library()

register.filter("moment", words.moment)
register.filter("age", words.age)
register.filter("money", words.money)
register.filter("plain", money.plain)
register.filter("untaxed", lambda category: taxes.UNTAXED.get(category, ""))
register.filter("sentence_case", words.sentence_case)


@register.filter
@stringfilter
def words_of(code: str) -> str:
    """A code as words: partially_paid becomes Partially paid."""
    return code.replace("_", " ").capitalize()


@register.filter
def counted(number: int, noun: str) -> str:
    """How many of something: 1 unit, 1,200 units."""
    return words.count(f"{number:,}", noun) if number != 1 else words.count(1, noun)


@register.filter
def of(mapping: dict[Any, Any], key: object) -> Any:
    """The entry of a dictionary under a key that is a variable."""
    return mapping.get(key, "")
