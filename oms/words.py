"""How pages say figures, times and actors: short, readable, the same everywhere."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from typing import Any

from babel import Locale
from babel.numbers import format_currency
from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

NEARLY_ALL = Decimal("99.999")
UNITS = (("y", 365 * 86_400), ("d", 86_400), ("h", 3_600), ("min", 60))


@lru_cache(maxsize=4_096)  # long pages say the same amounts again and again
def money(amount: Decimal | None, currency: str) -> str:
    """An amount with its currency's sign and minor units, such as £1,204.50."""
    return "" if amount is None else format_currency(amount, currency, locale="en_GB")


def count(number: object, noun: str) -> str:
    """A number with its noun: 1 unit, 3 units."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def percent(share: Decimal) -> str:
    """A share in percent, with the decimals that it has, three at most; less than all is never 100 %."""
    rounded = round(share * 100, 3)
    said = min(rounded, NEARLY_ALL) if share < 1 else rounded
    return f"{said:.3f}".rstrip("0").rstrip(".") + " %"


@lru_cache(maxsize=512)
def country(code: str) -> str:
    """A country by its name; a code that nobody knows as it stands."""
    return Locale("en", "GB").territories.get(code.upper(), code) if code else ""


def span(length: timedelta) -> str:
    """A length of time in its largest unit, such as 3 h or 12 d."""
    seconds = abs(int(length.total_seconds()))
    for name, size in UNITS:
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "1 min"


def age(at: datetime | None, now: datetime | None = None) -> str:
    """How long ago, such as 3 h."""
    return "" if at is None else span((now or timezone.now()) - at)


def moment(at: datetime | None, now: datetime | None = None) -> str:
    """A point in time, as short as it is clear: 14:05 today, 21 Nov 14:05, 21 Nov 2025."""
    if at is None:
        return ""
    local, today = timezone.localtime(at), timezone.localtime(now or timezone.now())
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return (
        f"{local.day} {local:%b %H:%M}"
        if local.year == today.year
        else f"{local.day} {local:%b %Y}"
    )


def sentence_case(label: object) -> str:
    """A label as it stands in a sentence's beginning: Incomplete Address is Incomplete address."""
    first, *rest = str(label).split(" ")
    return " ".join([first, *(word if word.isupper() else word.lower() for word in rest)])


def chip(words: str, tone: str = "", title: str = "") -> SafeString:
    """A word in a rounded box: grey, or warn, bad, good, info where a person must look."""
    return format_html(
        '<span class="oms-chip{}" title="{}">{}</span>', f" is-{tone}" if tone else "", title, words
    )


def two_lines(first: object, second: object, tone: str = "", title: str = "") -> SafeString:
    """A cell of a list with a fainter second line."""
    return format_html(
        '<span class="oms-two" title="{}"><span>{}</span><span class="oms-small oms-{}">{}</span></span>',
        title,
        first,
        tone or "faint",
        second,
    )


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Readable names of actors such as user:3 or rule:5, in a query a kind for any number of them."""
    actors = set(actors)
    ids = _keys(actors, "user")
    users = get_user_model().objects.in_bulk(ids) if ids else {}
    rules = _rules(_keys(actors, "rule"))
    machines = _machines(actors)
    return {actor: machines.get(actor) or _name(actor, users, rules) for actor in actors}


def _machines(actors: Iterable[str]) -> dict[str, str]:
    """Names of API keys, by the actors that they are."""
    wanted = {actor.partition(":")[2] for actor in actors if actor.startswith("api-key:")}
    rows = apps.get_model("oms.ApiKey")._default_manager.filter(prefix__in=wanted)  # noqa: SLF001 (documented manager hook)
    named = rows.values_list("prefix", "name") if wanted else ()
    return {f"api-key:{prefix}": f"API key {name}" for prefix, name in named}


def _keys(actors: Iterable[str], wanted: str) -> set[int]:
    parts = (actor.partition(":") for actor in actors)
    return {int(key) for kind, _, key in parts if kind == wanted and key.isdigit()}


def _rules(ids: set[int]) -> dict[int, str]:
    """Names of rules, which an app above knows."""
    if not ids:
        return {}
    ask = import_string(import_module("oms.wiring").ANSWERS["oms.rule_names"])
    found: dict[int, str] = ask(ids)
    return found


def _name(actor: str, users: dict[int, Any], rules: dict[int, str]) -> str:
    kind, _, key = actor.partition(":")
    if kind == "rule" and key.isdigit() and int(key) in rules:
        return f"rule {rules[int(key)]}"
    if kind == "user" and key.isdigit() and int(key) in users:
        user = users[int(key)]
        return user.get_full_name() or user.get_username()  # type: ignore[attr-defined]
    words = {
        "api-key": "API key",
        "command": "command",
        "consumer": "automatic",
        "system": "system",
        "customer": "customer",
        "rule": "rule",
        "hold-test": "its test,",
    }
    said = words.get(kind, kind)
    return f"{said} {key}".strip() if kind != "consumer" else "automatic"
