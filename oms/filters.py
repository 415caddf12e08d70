"""Filters of the API's lists: what means nothing here is refused, and the refusal says what would."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django_filters import rest_framework as filters

from oms.asked import unknown_code, unknown_word

COUNTRY = RegexValidator(
    r"^[A-Z]{2}\Z", "A country is two capital letters of ISO 3166-1, such as GB."
)
CURRENCY = RegexValidator(
    r"^[A-Z]{3}\Z", "A currency is three capital letters of ISO 4217, such as GBP."
)
Visible = Callable[[Any], tuple[str, ...] | None]


class OneOf(filters.ChoiceFilter):
    """One of the words that a field may hold."""

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        words = [str(value) for value, _ in choices]
        kwargs["error_messages"] = {"invalid_choice": unknown_word("%(value)s", words)}
        super().__init__(*args, choices=choices, **kwargs)


class Code(filters.CharFilter):
    """The code of what a row belongs to, such as `location__code`; `only` limits what the caller is told of."""

    def __init__(self, field_name: str, *, only: Visible | None = None, **kwargs: Any) -> None:
        super().__init__(field_name, **kwargs)
        self.only = only

    def refusal(self, code: str, request: Any) -> str:
        """The sentence for a code that nothing has; empty when there is such a thing."""
        owner, _, field = str(self.field_name).rpartition("__")
        rows: QuerySet = self.model._meta.get_field(owner).related_model._default_manager.all()  # type: ignore[union-attr] # noqa: SLF001
        seen = self.only(request) if self.only and request else None
        rows = rows if seen is None else rows.filter(**{f"{field}__in": seen})
        return unknown_code(code, rows, field)


class _YesOrNo(forms.Field):
    """True, false or not asked; Django's own field takes every other word for not asked."""

    WORDS: ClassVar = {"true": True, "1": True, "false": False, "0": False}

    def to_python(self, value: Any) -> bool | None:
        """Raise ValidationError for other words."""
        if value in self.empty_values:
            return None
        if (word := str(value).lower()) not in self.WORDS:
            raise ValidationError(unknown_word(str(value), ["true", "false"]))
        return self.WORDS[word]


class YesOrNo(filters.BooleanFilter):
    """`true` or `false`."""

    field_class = _YesOrNo

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=forms.TextInput, **kwargs)


class Moment(filters.IsoDateTimeFilter):
    """A time with its zone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        said = "A moment is written YYYY-MM-DDTHH:MM:SSZ."
        super().__init__(*args, error_messages={"invalid": said}, **kwargs)


class Day(filters.DateFilter):
    """A date."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        said = "A day is written YYYY-MM-DD."
        super().__init__(*args, error_messages={"invalid": said}, **kwargs)


class FilterSet(filters.FilterSet):
    """The filters of one list."""

    @classmethod
    def filter_for_lookup(cls, field: Any, lookup_type: str) -> Any:
        """Fields with choices are asked for by OneOf."""
        found, given = super().filter_for_lookup(field, lookup_type)
        return (OneOf if found is filters.ChoiceFilter else found), given

    def is_valid(self) -> bool:
        """Whether every value means something; the errors say what would."""
        if super().is_valid():
            for name, value in list(self.form.cleaned_data.items()):
                asked = self.filters[name]
                if value and isinstance(asked, Code):
                    sentence = asked.refusal(value, self.request)
                    if sentence:
                        self.form.add_error(name, sentence)
        return super().is_valid()
