"""Templates that people write in the back office: values, conditions, loops and nothing else.

The language is Django's, with only `if`, `for` and harmless filters: no files, no settings, no
calls with arguments, and values are plain text, numbers and lists of them. What a template may use
is known, so that a misspelt name is refused when it is saved and not discovered by a customer.
"""

from collections.abc import Mapping
from typing import Any

from django.template import Context, Engine, TemplateSyntaxError

from oms.errors import DomainError

MARK = "\ufffd"


class TemplateNotValid(DomainError):
    """The text cannot be read as a template, or uses a name that will not be there."""

    code = "template_not_valid"
    message = "{reason}"


class _PlainEngine(Engine):
    default_builtins = ["oms.templatetags.plain"]


_engine = _PlainEngine(autoescape=False)
_checking = _PlainEngine(autoescape=False, string_if_invalid=f"{MARK}%s{MARK}")


def render(text: str, values: Mapping[str, Any]) -> str:
    """Fill a template in. Names that are missing give nothing. Raises TemplateNotValid."""
    return _rendered(_engine, text, values)


def check(text: str, sample: Mapping[str, Any]) -> str:
    """Fill a template in with a sample of every name it may use, and return the result.

    Raises TemplateNotValid, naming what is misspelt.
    """
    result = _rendered(_checking, text, sample)
    if MARK in result:
        name = result.split(MARK)[1]
        known = ", ".join(sorted(sample))
        raise TemplateNotValid(reason=f"There is no {name}. These can be used: {known}.")
    return result


def _rendered(engine: Engine, text: str, values: Mapping[str, Any]) -> str:
    try:
        return engine.from_string(text).render(Context(dict(values), autoescape=False))
    except TemplateSyntaxError as broken:
        raise TemplateNotValid(reason=f"The template cannot be read: {broken}") from broken
