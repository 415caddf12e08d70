"""The one kind of error that an operation raises on purpose."""

from collections.abc import Callable
from string import Formatter
from typing import Any


class _Worded(Formatter):
    """Formats sentences in which {quantity:unit} is 1 unit or 3 units."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        if not format_spec.endswith("unit"):
            return super().format_field(value, format_spec)
        return f"{value} {format_spec}" if value == 1 else f"{value} {format_spec}s"


class DomainError(Exception):
    """A refusal with a stable code; the doors translate it into HTTP, a message or an exit code.

    Subclasses set `code` (lower_snake, never changed once published) and `message`, a sentence
    with named parameters, {quantity:unit} for a number of units. `params` holds plain values only, never personal data.

    `afterwards` is what the refusal leaves behind, such as an exception for somebody to look at; a
    door that rolls a transaction of its own back calls it then. It may be called more than once.
    """

    code = "refused"
    message = "This is not possible now."
    afterwards: Callable[[], object] | None = None

    def __init__(self, message: str | None = None, /, **params: Any) -> None:
        self.params = params
        self.detail = _Worded().format(message or self.message, **params)
        super().__init__(self.detail)


class InvalidInput(DomainError):
    """What was sent can never be accepted, however things stand; `pointer` says where (RFC 6901)."""

    code = "invalid_input"
    message = "This cannot be accepted."

    def __init__(self, message: str | None = None, /, *, pointer: str = "", **params: Any) -> None:
        super().__init__(message, **params)
        self.pointer = pointer
