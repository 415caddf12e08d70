"""The short way for machines: calls with an API key pass by what only people's pages need.

Sessions, messages, content security, second factors and the like belong to browsers. A call that
brings an API key has none of them and goes straight to its view. Everything that stands before
`Lanes` in `MIDDLEWARE` serves both; a call with a session cookie takes the long way.
"""

from collections.abc import Callable
from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_prometheus.middleware import PrometheusAfterMiddleware

Answer = Callable[[HttpRequest], HttpResponseBase]
API = "/api/v1/"
MACHINES = "api-key "


class Lanes:
    """Sends machines past the middleware that follows."""

    def __init__(self, get_response: Answer) -> None:
        self._pages = get_response
        self._machines = _straight_to_views()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer on the caller's lane."""
        return self._machines(request) if is_machine(request) else self._pages(request)


def is_machine(request: HttpRequest) -> bool:
    """Whether this is a call of the API that names itself by an API key."""
    if not request.path_info.startswith(API):
        return False
    return request.META.get("HTTP_AUTHORIZATION", "")[:8].lower() == MACHINES


def _straight_to_views() -> Answer:
    """A handler whose only middleware is the one that measures views."""
    handler: Any = BaseHandler()
    views = convert_exception_to_response(handler._get_response)  # noqa: SLF001 (as Django does)
    measured: Any = PrometheusAfterMiddleware(views)
    handler._view_middleware = [measured.process_view]  # noqa: SLF001
    handler._template_response_middleware = [measured.process_template_response]  # noqa: SLF001
    handler._exception_middleware = [measured.process_exception]  # noqa: SLF001
    answer: Any = convert_exception_to_response(measured)
    return answer
