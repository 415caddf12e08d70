"""The one kind of error that an operation raises on purpose."""

from collections.abc import Callable
from typing import Any


class DomainError(Exception):
    """A refusal with a stable code; the doors translate it into HTTP, a message or an exit code.

    Subclasses set `code` (lower_snake, never changed once published) and `message`, a sentence
    with named parameters. `params` holds plain values only, never personal data.

    `afterwards` is what the refusal leaves behind, such as an exception for somebody to look at; a
    door that rolls a transaction of its own back calls it then. It may be called more than once.
    """

    code = "refused"
    message = "This is not possible now."
    afterwards: Callable[[], object] | None = None

    def __init__(self, message: str | None = None, /, **params: Any) -> None:
        self.params = params
        self.detail = (message or self.message).format(**params)
        super().__init__(self.detail)


class InvalidInput(DomainError):
    """What was sent can never be accepted, however things stand; `pointer` says where (RFC 6901)."""

    code = "invalid_input"
    message = "This cannot be accepted."

    def __init__(self, message: str | None = None, /, *, pointer: str = "", **params: Any) -> None:
        super().__init__(message, **params)
        self.pointer = pointer
