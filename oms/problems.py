"""Errors as the API tells them: RFC 9457 problem documents, made here for every door over HTTP."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found, server_error
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from oms.connections import gave_way
from oms.errors import DomainError, InvalidInput
from oms.wire import Invalid

MEDIA_TYPE = "application/problem+json"
CONFLICT = 409
TITLES = {
    400: "The request does not fit the documentation.",
    401: "An API key is needed.",
    403: "This key may not do this.",
    404: "There is no such thing.",
    405: "This address does not know this method.",
    406: "Only JSON is spoken here.",
    409: "This is not possible now.",
    415: "Only JSON is read here.",
    422: "What was sent cannot be accepted.",
    429: "Too many requests.",
    500: "Something went wrong here.",
    503: "Not at this moment.",
}
# Codes that no operation raises: what the doors themselves answer, with status and meaning.
OWN = {
    "invalid": (400, "The message does not fit; its errors name each field by pointer and detail."),
    "not_authenticated": (401, "No API key was sent."),
    "authentication_failed": (401, "The API key is unknown, expired or revoked."),
    "permission_denied": (403, "The key lacks the scope that the detail names."),
    "not_found": (404, "It is not there, or this key may not see it."),
    "method_not_allowed": (405, "The address does not know this method."),
    "not_acceptable": (406, "Only JSON is answered."),
    "unsupported_media_type": (415, "The body is not application/json."),
    "idempotency_key_invalid": (400, "An Idempotency-Key has at most 255 printable signs."),
    "throttled": (429, "Too many calls; Retry-After says how long to wait."),
    "internal_error": (500, "A fault of ours, which was recorded. Repeating the call is safe."),
    "try_again": (503, "Another call was changing the same; nothing was done. Repeat it."),
}
CODES = {404: "not_found", 429: "throttled", 500: "internal_error"}


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """The document itself; `more` may hold params and errors."""
    return {
        "type": f"/api/docs/problems/#{code}",
        "title": TITLES.get(status, "The request was refused."),
        "status": status,
        "code": code,
        "detail": detail,
        "params": {},
        "errors": [],
        **more,
    }


def respond(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem document as an answer of an API view."""
    return Response(problem(status, code, detail, **more), status, content_type=MEDIA_TYPE)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an error of a view into a problem document; none for a bug, which Django reports."""
    if isinstance(error, OperationalError):
        return _again() if gave_way(error) else None
    if isinstance(error, DataError):
        error = _cannot_be_stored(context)
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(error.messages)
    if isinstance(error, DomainError):
        return _impossible(error) if isinstance(error, InvalidInput) else _not_now(error)
    if isinstance(error, Http404):
        return respond(404, "not_found", "There is no such thing, or this key may not see it.")
    if isinstance(error, PermissionDenied):
        return respond(403, "permission_denied", "This key may not do this.")
    if isinstance(error, exceptions.APIException):
        return _refused(error)
    return None


def _not_now(error: DomainError) -> Response:
    return respond(CONFLICT, error.code, error.detail, params=error.params)


def _impossible(error: InvalidInput) -> Response:
    """422: the message can be read, and no state of things would let it be accepted."""
    where = [{"pointer": error.pointer, "code": error.code, "detail": error.detail}]
    return respond(422, error.code, error.detail, params=error.params, errors=where)


def _again() -> Response:
    """Two calls wanted the same rows in a circle; nothing of this one was done."""
    response = respond(503, "try_again", "Another call was changing the same; nothing was done.")
    response["Retry-After"] = "1"
    return response


def _cannot_be_stored(context: dict[str, Any]) -> Exception:
    """A value that no column can hold, such as a NUL in a number: looked for, it is not there."""
    if context["request"].method in SAFE_METHODS:
        return Http404()
    return exceptions.ValidationError("A value does not fit.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 outside of a view: a problem document under /api/, a page elsewhere."""
    if request.path.startswith("/api/"):
        return _plain(404, "There is no such address.")
    return page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """500: a problem document under /api/, a page elsewhere. Nothing of the error leaks out."""
    if request.path.startswith("/api/"):
        return _plain(500, "The error was recorded. Repeating the call is safe.")
    return server_error(request)


def _plain(status: int, detail: str) -> JsonResponse:
    return JsonResponse(
        problem(status, CODES[status], detail), status=status, content_type=MEDIA_TYPE
    )


def _invalid(error: exceptions.ValidationError) -> Response:
    if isinstance(error, Invalid):
        errors = [{"pointer": error.pointer, "code": "invalid", "detail": error.sentence}]
    else:
        errors = list(_pointers(error.detail, ""))
    detail = errors[0]["detail"] if errors else TITLES[400]
    return respond(400, "invalid", detail, errors=errors)


def _pointers(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details into errors with JSON pointers (RFC 6901)."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            part = "" if name == "non_field_errors" else f"/{_escape(str(name))}"
            yield from _pointers(value, pointer + part)
    elif isinstance(detail, list) and any(isinstance(item, dict) for item in detail):
        for index, value in enumerate(detail):
            yield from _pointers(value, f"{pointer}/{index}")
    elif isinstance(detail, list):
        for value in detail:
            yield from _pointers(value, pointer)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield {"pointer": pointer, "code": code, "detail": str(detail)}


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _refused(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    code = getattr(error.detail, "code", None) or error.default_code
    response = respond(error.status_code, str(code), str(error.detail))
    if challenge := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = challenge
    if (seconds := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(max(1, round(seconds)))
    return response
