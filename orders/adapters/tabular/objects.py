"""Orders of a JSON file, each in the form in which the API takes one.

The file is an array of orders, an object with such an array as `orders`, or one order a line.
What an order is called and what it means is told by the caller, who knows the API's messages.
"""

from collections.abc import Callable, Iterator

import msgspec

from oms.wire import Invalid
from orders.adapters.tabular.files import Source, Unreadable
from orders.adapters.tabular.findings import Finding, Level
from orders.adapters.tabular.profile import TOLD
from orders.adapters.tabular.reading import Sale, Tell
from orders.operations import PlacedOrder

LARGEST = 256 * 1024 * 1024  # bytes; longer ones are for one order a line in several files

Understand = Callable[[bytes], PlacedOrder]


class _Wrapped(msgspec.Struct):
    orders: list[msgspec.Raw]


def raws(source: Source) -> Iterator[tuple[int, bytes]]:
    """Each order as it stands in the file, with its place from 1. Raises Unreadable."""
    with source.open("rb") as file:
        content = file.read(LARGEST + 1).removeprefix(b"\xef\xbb\xbf").strip()
    if len(content) > LARGEST:
        raise Unreadable(name=source.name, reason="it is too large; send it in parts")
    try:
        found = _raws(content)
    except msgspec.DecodeError as error:
        raise Unreadable(name=source.name, reason=str(error)) from error
    yield from ((at, bytes(raw)) for at, raw in enumerate(found, start=1))


def read_objects(source: Source, understand: Understand, *, tell: Tell) -> Iterator[Sale]:
    """The orders of a file; what cannot be understood is told with its place and reason.

    `understand` raises Invalid. Raises Unreadable.
    """
    for at, raw in raws(source):
        try:
            placed = understand(_sent(raw))
        except Invalid as error:
            reason = f"{error.pointer or 'order'}: {error.sentence}"
            tell(Finding(at, id_of(raw), Level.LEFT_OUT, "invalid", reason))
            continue
        yield Sale(at, placed.customer.email, placed, 1)


def _sent(raw: bytes) -> bytes:
    """An order without what we said about it; its figures stay as they are written."""
    if TOLD.encode() not in raw:
        return raw
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return raw
    fields.pop(TOLD, None)
    return msgspec.json.encode(fields)


def id_of(raw: bytes) -> str:
    """The channel's number of an order, as far as it can be read."""
    try:
        return str(msgspec.json.decode(raw).get("external_id", ""))
    except (msgspec.DecodeError, AttributeError):
        return ""


def _raws(content: bytes) -> list[msgspec.Raw]:
    if content.startswith(b"["):
        return msgspec.json.decode(content, type=list[msgspec.Raw])
    try:
        return msgspec.json.decode(content, type=_Wrapped).orders
    except msgspec.DecodeError:
        return [msgspec.Raw(line) for line in content.splitlines() if line.strip()]
