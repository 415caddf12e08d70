"""One identifier from the request through every event, log line and webhook that it causes."""

import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from oms import events

HEADER = "X-Request-ID"
NAMESPACE = uuid.UUID("7f1e3c52-6c2b-4c55-9a51-3a5b6f0d9a11")


class CorrelationMiddleware:
    """Takes over the caller's X-Request-ID or makes one, and gives it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its identifier."""
        sent = request.headers.get(HEADER, "")[:200]
        thread = identifier(sent)
        token = events.correlation.set(thread)
        structlog.contextvars.bind_contextvars(request_id=str(thread))
        try:
            response = self.get_response(request)
        finally:
            events.correlation.reset(token)
            structlog.contextvars.unbind_contextvars("request_id")
        response.headers[HEADER] = str(thread)
        return response


def identifier(sent: str) -> uuid.UUID:
    """A UUID is taken as it is, another text is mapped to one, nothing gets a new one."""
    if not sent:
        return uuid.uuid4()
    try:
        return uuid.UUID(sent)
    except ValueError:
        return uuid.uuid5(NAMESPACE, sent)
