"""What customers can be told, in which words, and what they were told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError, languages
from babel.dates import format_date
from babel.numbers import format_currency
from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from customers.enums import NotificationPurpose
from customers.models import ContactPreference, Customer, Notification, NotificationTemplate
from oms import plain_templates
from oms.models import Event

SEALED = "customers.notification.sealed"
FALLBACK = "en"
LOCALES = {"en": "en_GB"}  # how a language is written here; others as they are at home
MAIN_SHARE = 3  # official languages of a country that are tried, the most spoken first


class Amount(NamedTuple):
    """Money among the values of a notice, written as the template's language writes it."""

    amount: Decimal
    currency: str


class Words(NamedTuple):
    """The same words by language, among the values of a notice; English where one is lacking."""

    by_language: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class About:
    """The document that a notification is about: its model, key and public number."""

    type: str
    id: int
    label: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What there is to tell of one event: to whom, about what, and the values for the words.

    `values` are text, numbers, dates, amounts and lists of such dictionaries; `country`
    (ISO 3166-1) helps to choose a language.
    """

    customer_id: int
    email: str
    about: About
    values: dict[str, Any]
    country: str = ""


@dataclass(frozen=True, slots=True)
class NoticeKind:
    """One event that customers can be told of: `build` reads it, `sample` has every value.

    `names` says by language (ISO 639-1, English at least) what people call such a message. With
    `many` there are several messages of it, and the event names one as its fact `template`.
    """

    names: dict[str, str]
    build: Callable[[Event], Notice | None]
    sample: dict[str, Any]
    many: bool = False


@cache
def notice_kinds() -> dict[str, NoticeKind]:
    """Every event that customers can be told of, as the wiring names them."""
    wired = import_module("oms.wiring").NOTICES
    return {event: import_string(path) for event, path in wired.items()}


def kind_of(event: str) -> NoticeKind:
    """What a template's event can say; behind a colon stands which of several messages it is."""
    return notice_kinds()[event.partition(":")[0]]


def message_name(event: str, language: str = FALLBACK) -> str:
    """What people call the messages of a template's event, such as Order confirmation."""
    names, message = kind_of(event).names, event.partition(":")[2].replace("-", " ")
    name = names.get(language, names[FALLBACK])
    return f"{name}: {message}" if message else name


def message_of(event: Event) -> str:
    """The event as templates name it: with the message where the event asks for one of several."""
    chosen = event.facts.get("template", "")
    return f"{event.name}:{chosen}" if chosen else event.name


def messages_of(event: str) -> list[str]:
    """The messages behind an event's colon that have an active template."""
    rows = NotificationTemplate.objects.filter(event__startswith=f"{event}:", is_active=True)
    names = rows.order_by("event").values_list("event", flat=True).distinct()
    return [name.partition(":")[2] for name in names]


def template_for(event: str, customer_id: int, country: str) -> NotificationTemplate | None:
    """The active template in the customer's language, else the country's, else English."""
    rows = NotificationTemplate.objects.filter(event=event, is_active=True)
    found = {row.language: row for row in rows}
    language = language_of(customer_id, country, found)
    return found[language] if language else None


def language_of(customer_id: int | None, country: str, known: Collection[str]) -> str:
    """The one of these languages in which a person is addressed; empty where none of them fits.

    Their own wish, else what is spoken in the country, else English.
    """
    wished = _wished(customer_id) if customer_id else []
    wanted = (*wished, *_spoken(country), FALLBACK)
    return next((language for language in wanted if language in known), "")


def is_muted(event: str, customer_id: int) -> bool:
    """Whether the person has stopped these messages; `event` as templates name it."""
    rows = _wishes_of(customer_id).values_list("muted", flat=True)
    return event in (rows.first() or [])


def stoppable() -> list[str]:
    """The messages that a person may stop, as templates name them: what no contract demands."""
    rows = NotificationTemplate.objects.exclude(purpose=NotificationPurpose.MARKETING)
    owed = rows.filter(purpose=NotificationPurpose.CONTRACT).values_list("event", flat=True)
    return sorted({*rows.values_list("event", flat=True)} - {*owed}, key=message_name)


def languages_written() -> list[str]:
    """The languages that there are active templates in."""
    rows = NotificationTemplate.objects.filter(is_active=True).order_by("language")
    return list(rows.values_list("language", flat=True).distinct())


def language_name(code: str) -> str:
    """A language by its English name; what is no language stands as it is."""
    try:
        return Locale(code).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def compose(template: NotificationTemplate, values: dict[str, Any]) -> tuple[str, str]:
    """Subject and body. Raises TemplateNotValid."""
    said = said_in(template.language, values)
    subject = plain_templates.render(template.subject, said)
    body = plain_templates.render(template.body, said)
    return " ".join(subject.split()), f"{body.strip()}\n"


def preview(template: NotificationTemplate) -> tuple[str, str]:
    """Subject and body with the sample values of the event. Raises TemplateNotValid."""
    sample = said_in(template.language, kind_of(template.event).sample)
    subject = plain_templates.check(template.subject, sample)
    return " ".join(subject.split()), plain_templates.check(template.body, sample).strip()


def said_in(language: str, value: Any) -> Any:
    """Values with amounts, dates and words as this language writes them."""
    match value:
        case dict():
            return {name: said_in(language, each) for name, each in value.items()}
        case Amount():
            locale = LOCALES.get(language, language)
            return format_currency(value.amount, value.currency, locale=locale)
        case Words():
            return value.by_language.get(language, value.by_language[FALLBACK])
        case list():
            return [said_in(language, each) for each in value]
        case datetime() | date():
            return format_date(value, "long", locale=LOCALES.get(language, language))
    return "" if value is None else value


def notifications_about(model: str, pk: int) -> QuerySet[Notification]:
    """What customers were told about a document, newest first."""
    rows = Notification.objects.filter(about_type=model, about_id=pk)
    return rows.select_related("template").order_by("-pk")


def preference_of(customer: Customer) -> ContactPreference:
    """A customer's wishes; a row without any when they have none."""
    row = ContactPreference.objects.filter(customer=customer).first()
    return row or ContactPreference(customer=customer)


def _wishes_of(customer_id: int) -> QuerySet[ContactPreference]:
    """The wishes of the person behind a number: those of the number they are known by."""
    known = Customer.objects.filter(pk=customer_id).values(root=Coalesce("merged_into_id", "pk"))
    return ContactPreference.objects.filter(customer_id=Subquery(known))


def _wished(customer_id: int) -> list[str]:
    rows = _wishes_of(customer_id).values_list("language", flat=True)
    return [language for language in rows if language]


def _spoken(country: str) -> tuple[str, ...]:
    official = languages.get_official_languages(country, de_facto=True) if country else ()
    return tuple(language[:2] for language in official[:MAIN_SHARE])
