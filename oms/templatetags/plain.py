"""The tags and filters of `oms.plain_templates`: all that a template by hand may do."""

from django.template import Library, defaultfilters, defaulttags

register = Library()

register.tag("if", defaulttags.do_if)
register.tag("for", defaulttags.do_for)

for name in (
    "default",
    "first",
    "join",
    "last",
    "length",
    "lower",
    "title",
    "upper",
    "floatformat",
):
    register.filter(name, getattr(defaultfilters, name))
