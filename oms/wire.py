"""Typed JSON at the doors that must be fast: decode, check and document from one declaration.

A message is a `msgspec.Struct`. Decoding checks types, lengths and ranges and says where the first
thing wrong stands; encoding writes money as strings and times as UTC; the OpenAPI schema is made
from the same classes.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

import msgspec
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError

T = TypeVar("T")

Short = Annotated[str, msgspec.Meta(max_length=80)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Sku = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
SignedQuantity = Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

MONEY_LIMIT = Decimal(10) ** 12
MONEY_DECIMALS = -4
YEARS = range(2000, 2101)
HARMLESS = {str, int, bool, float, bytes, date, UUID, type(None)}
_PATH = re.compile(r"\$(?P<path>[^`]*)`?$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`$")
_messages: list[type[msgspec.Struct]] = []
_plain = msgspec.json.Decoder(float_hook=Decimal)  # figures as they are written


class Sent(msgspec.Struct, forbid_unknown_fields=True):
    """Base of messages that callers send: a field that nobody reads is an error of theirs."""


class Invalid(ValidationError):
    """The message does not fit its declaration; `pointer` says where (RFC 6901)."""

    def __init__(self, detail: str, pointer: str = "") -> None:
        super().__init__({"pointer": pointer, "detail": detail})
        self.pointer, self.sentence = pointer, detail


def message(cls: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Register a message class, so that the OpenAPI schema contains it."""
    _messages.append(cls)
    return cls


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Read a message from JSON bytes. Raises Invalid with a pointer to the first thing wrong."""
    if rb"\u0000" in bytes(body):
        raise Invalid("Text must not contain NUL characters.")
    try:
        return _checked(msgspec.json.decode(body, type=kind), "")
    except msgspec.ValidationError as error:
        raise _invalid(str(error), kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {error}") from None


def decode_filled(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Like `decode`, for messages in which null says as much as leaving the field out."""
    try:
        return decode(body, kind)
    except Invalid:
        if b"null" not in bytes(body):
            raise
    try:
        filled = _without_null(_plain.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid(f"This is not JSON: {error}") from None
    return decode(encode(filled), kind)


def respond(value: Any, status: int = 200) -> HttpResponse:
    """Answer with a message, a list of messages, or plain values."""
    return HttpResponse(encode(value), status=status, content_type="application/json")


def respond_nothing() -> HttpResponse:
    """Answer 204: done, and there is nothing to tell, so not of any type either."""
    answer = HttpResponse(status=204)
    del answer["Content-Type"]
    return answer


def encode(value: Any) -> bytes:
    """JSON bytes; decimals as strings."""
    return _encoder.encode(value)


def message_named(name: str) -> type[msgspec.Struct]:
    """The registered message class of that name. Raises StopIteration for none."""
    return next(each for each in _messages if each.__name__ == name)


def schema_of(kind: Any) -> dict[str, Any]:
    """The OpenAPI reference to a message, or the inline schema of a plain type."""
    found = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return found[0][0]


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Post-processing hook of drf-spectacular: add the message schemas."""
    components = msgspec.json.schema_components(
        _messages, ref_template="#/components/schemas/{name}"
    )[1]
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in components.items():
        schemas.setdefault(name, _as_openapi(schema))
    return result


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(each) for name, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def _checked(value: Any, pointer: str) -> Any:
    """Refuse decimals and times that the database could not keep."""
    if isinstance(value, Decimal):
        _check_money(value, pointer)
    elif isinstance(value, datetime):
        if value.year not in YEARS:
            raise Invalid("The date is out of range.", pointer)
    elif isinstance(value, msgspec.Struct):
        for name in _watched(type(value)):
            if (part := getattr(value, name)) is not None:
                _checked(part, f"{pointer}/{name}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _checked(item, f"{pointer}/{index}")
    return value


@cache
def _watched(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields of a message in which a decimal, a time or another message may stand."""
    fields = msgspec.structs.fields(kind)
    return tuple(field.name for field in fields if not _is_harmless(field.type))


def _is_harmless(kind: Any) -> bool:
    """Whether no value of this type, nor anything in it, needs a check after decoding."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _is_harmless(parts[0])
    if origin in {Union, UnionType, list, tuple, set}:
        return all(part is Ellipsis or _is_harmless(part) for part in parts)
    return origin is Literal or kind in HARMLESS


def _check_money(value: Decimal, pointer: str) -> None:
    if not value.is_finite() or abs(value) >= MONEY_LIMIT:
        raise Invalid("The amount is out of range.", pointer)
    decimals = value.normalize().as_tuple().exponent
    if isinstance(decimals, int) and decimals < MONEY_DECIMALS:
        raise Invalid("An amount has at most four decimals.", pointer)


def choices(kind: Any, pointer: str) -> list[str]:
    """The words that a message allows at a pointer; none where it allows any."""
    schemas, parts = msgspec.json.schema_components([kind], ref_template="{name}")
    here, steps = [*schemas], [part for part in pointer.split("/") if part]
    while here:
        at = here.pop()
        if "$ref" in at:
            here.append(parts[at["$ref"]])
        elif "anyOf" in at:
            here += at["anyOf"]
        elif "enum" in at and not steps:
            return sorted(str(word) for word in at["enum"] if word is not None)
        elif steps and ("properties" in at or "items" in at):
            step = steps.pop(0)
            here = [at["items"] if "items" in at else at["properties"].get(step, {})]
    return []


def _invalid(text: str, kind: Any) -> Invalid:
    sentence, _, where = text.partition(" - at ")
    found = _PATH.search(where)
    path = found["path"] if found else ""
    pointer = re.sub(r"\[(\d+)\]", r"/\1", path).replace(".", "/").replace("[...]", "")
    if unknown := _UNKNOWN.match(sentence):
        name = unknown["name"]
        return Invalid(f"There is no field `{name}` here.", f"{pointer}/{name}")
    if sentence.startswith("Invalid enum value") and (words := choices(kind, pointer)):
        sentence = f"{sentence}; one of {', '.join(words)}"
    return Invalid(f"{sentence}.", pointer)


def _as_openapi(schema: Any) -> Any:
    """JSON Schema written for OpenAPI 3.0, which the portal speaks: nullable instead of null."""
    if isinstance(schema, list):
        return [_as_openapi(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {
        key: _as_openapi(value) for key, value in schema.items() if (key, value) != ("required", [])
    }
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(options) < len(schema.get("anyOf", [])):
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        if len(options) == 1 and "$ref" not in options[0]:
            return {**options[0], **rest, "nullable": True}
        return {"anyOf": options, **rest, "nullable": True}
    return schema


_encoder = msgspec.json.Encoder()


def utc(moment: datetime | None) -> datetime | None:
    """The same moment in UTC."""
    return moment.astimezone(UTC) if moment else None
