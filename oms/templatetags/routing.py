"""Parts of the rule form that repeat."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def ranks(form: Any) -> list[Any]:
    """The criteria one below the other."""
    return [field for field in form if field.name.startswith("rank_")]


@register.filter
def prices(form: Any) -> list[Any]:
    """A price per criterion."""
    return [field for field in form if field.name.startswith("price_")]
