"""Bases of the API: who calls, what they may do, how often, and how answers are paged and kept.

The settings name these classes, and Django REST framework's views read the settings while they are
being imported; this module must therefore not import those views.
"""

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework import authentication, pagination, permissions, throttling
from rest_framework.exceptions import (
    AuthenticationFailed,
    PermissionDenied,
    Throttled,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from oms import idempotency, keys
from oms.asked import refuse_unknown
from oms.errors import InvalidInput
from oms.models import ApiKey
from oms.problems import problem_handler, respond

if TYPE_CHECKING:
    from rest_framework.views import APIView

__all__ = [
    "ApiKeyAuthentication",
    "CursorPagination",
    "HasScope",
    "IdempotencyMixin",
    "KeyThrottle",
    "OfAllChannels",
    "PdfRenderer",
    "actor",
    "problem_handler",
    "scoped",
    "visible_channels",
]

M = TypeVar("M", bound=Model)

KEYWORD = "Api-Key"
REPLAYED = "Idempotent-Replayed"


class Machine:
    """The caller behind an API key; not a person, holds no permissions of the back office."""

    is_authenticated = True
    is_active = True
    is_anonymous = False
    is_staff = False
    is_superuser = False

    def __init__(self, key: ApiKey) -> None:
        self.pk = f"api-key:{key.prefix}"

    def has_perm(self, _permission: str, _obj: Any = None) -> bool:
        """Keys have scopes instead."""
        return False

    def __str__(self) -> str:
        return self.pk


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Api-Key KEY`."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """The machine and its key; none when another kind of credential was sent."""
        word, _, text = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != KEYWORD.lower():
            return None
        key = keys.find(text.strip())
        if key is None:
            slow_down(request)
            raise AuthenticationFailed("This API key is unknown, expired or revoked.")
        keys.mark_used(key, timezone.now().date())
        return Machine(key), key

    def authenticate_header(self, _request: Request) -> str:
        """What to send instead of nothing."""
        return KEYWORD


class HasScope(permissions.BasePermission):
    """The key has the view's `scope`, to read or to write; staff need Django's permission.

    Whoever may, asks only for what the view knows.
    """

    message = "This key lacks the scope that this call needs."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """A view without a scope is open to nobody. Raises ValidationError for unknown parameters."""
        allowed = self._may(request, view)
        if allowed:
            refuse_unknown(request, view)
        return allowed

    def _may(self, request: Request, view: "APIView") -> bool:
        scope = getattr(view, "scope", "")
        write = request.method not in SAFE_METHODS
        if isinstance(request.auth, ApiKey):
            self.message = f"This key lacks the scope {scope}:{'write' if write else 'read'}."
            return bool(scope) and keys.allows(request.auth, scope, write=write)
        if not request.user.is_authenticated:
            slow_down(request)
        return self._staff_may(request, view, write=write)

    def _staff_may(self, request: Request, view: "APIView", *, write: bool) -> bool:
        """A person at the portal reads what they may see in the back office; keys write."""
        if not (request.user.is_authenticated and request.user.is_staff) or write:
            return request.user.is_superuser
        rows = getattr(view, "queryset", None)
        if not isinstance(rows, QuerySet):
            return request.user.is_superuser
        label = rows.model._meta.app_label  # noqa: SLF001
        return request.user.has_perm(f"{label}.view_{rows.model._meta.model_name}")  # noqa: SLF001


class OfAllChannels(HasScope):
    """What every channel shares: keys of one channel neither read nor write it."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """The scope, and no channel of its own; the refusal says which of the two it is."""
        if not super().has_permission(request, view):
            return False
        self.message = "This concerns every channel; this key is for one."
        return visible_channels(request) is None


def reads(request: Request, scope: str) -> bool:
    """Whether the caller may read that, too, beside the view's own scope."""
    return not isinstance(request.auth, ApiKey) or keys.allows(request.auth, scope, write=False)


def refuse_without(request: Request, scope: str, *, write: bool = True) -> None:
    """Raise PermissionDenied for a key that may not write there, or read, beside the view's own scope."""
    if isinstance(request.auth, ApiKey) and not keys.allows(request.auth, scope, write=write):
        msg = f"This key lacks the scope {scope}:{'write' if write else 'read'}."
        raise PermissionDenied(msg)


class JsonOnly(DefaultContentNegotiation):
    """JSON is answered, and JSON alone is read, also by views that decode the body themselves."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        """Raise UnsupportedMediaType for a body of another type; files have views of their own."""
        wire = request._request  # noqa: SLF001 (what came, before any parser)
        if wire.body and wire.content_type not in {"", "application/json"}:
            raise UnsupportedMediaType(wire.content_type)
        return super().select_renderer(request, renderers, format_suffix)


class PdfRenderer(BaseRenderer):
    """So that a caller may ask for application/pdf."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None

    def render(self, data: object, *_args: object, **_kwargs: object) -> bytes:
        """Errors are JSON; the document itself is answered as it is."""
        return JSONRenderer().render(data)


class CursorPagination(pagination.CursorPagination):
    """Pages by opaque cursors: as fast on page 20,000 as on page one, and stable while rows come.

    A view may set `cursor_ordering`; the default is newest first.
    """

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("-pk",)

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """The view's own ordering, which must end in a unique field."""
        own = getattr(view, "cursor_ordering", None)
        return tuple(own) if own else super().get_ordering(request, queryset, view)

    def get_page_size(self, request: Any) -> int:
        """As many as asked for. Refuses what is no number from 1 to `max_page_size`."""
        text = request.query_params.get(self.page_size_query_param, "") or str(self.page_size)
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= self.max_page_size):
            said = f"A limit is a number from 1 to {self.max_page_size}."
            raise ValidationError({self.page_size_query_param: [said]})
        return int(text)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Cursor and limit as OpenAPI describes them, with the bounds that are refused beyond."""
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        bounds = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        for parameter in found:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= bounds
        return found

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        """A page. Refuses a cursor whose place is none in this list."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, OverflowError) as error:
            if request.query_params.get(self.cursor_query_param):
                raise ValidationError({"cursor": ["Take the cursor from `next`."]}) from error
            raise


class KeyThrottle(throttling.BaseThrottle):
    """A bucket per key or address, in memory: `OMS_API_RATE` in a web process, refilled evenly.

    Costs no query; with several web processes each of them grants the rate.
    """

    ANONYMOUS_PER_SECOND = 1.0
    LONGEST = 50_000  # callers remembered
    _lock = threading.Lock()
    _buckets: ClassVar[dict[str, tuple[float, float]]] = {}

    def allow_request(self, request: Request, _view: "APIView") -> bool:
        """Take one from the caller's bucket, if there is one left."""
        per_second = self._rate(request)
        if per_second is None:
            return True
        return self.take(self._caller(request), per_second)

    def take(self, caller: str, per_second: float) -> bool:
        """Take one from a bucket that holds a minute's worth, if there is one left."""
        now = time.monotonic()
        size = max(1.0, per_second * 60)
        with self._lock:
            left, at = self._buckets.get(caller, (size, now))
            left = min(size, left + (now - at) * per_second)
            self._missing = (1 - left) / per_second
            if len(self._buckets) > self.LONGEST:
                self._buckets.clear()
            self._buckets[caller] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def wait(self) -> float:
        """Seconds until the bucket has one again."""
        return max(1.0, self._missing)

    def _rate(self, request: Request) -> float | None:
        if not request.user.is_authenticated:
            return None  # counted where strangers are refused, before this is asked
        return parse_rate(getattr(settings, "OMS_API_RATE", "none"))

    def _caller(self, request: Request) -> str:
        return str(request.user.pk)


def slow_down(request: Request) -> None:
    """Count a call without a valid key against its address: keys are not to be guessed.

    Raises Throttled above one a second, after a minute's worth at once.
    """
    throttle = KeyThrottle()
    address = f"address:{request.META.get('REMOTE_ADDR', '')}"
    if not throttle.take(address, KeyThrottle.ANONYMOUS_PER_SECOND):
        raise Throttled(throttle.wait())


def parse_rate(text: str) -> float | None:
    """Requests per second of a rate such as 6000/min; none for `none`."""
    if text == "none":
        return None
    number, _, unit = text.partition("/")
    return int(number) / {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit[0]]


class RepeatNotRecognisable(InvalidInput):
    """A retry of this call would act twice, because nothing tells it from a second call."""

    code = "repeat_not_recognisable"
    message = "A repeat of this call could not be recognised: send {ways}."


class IdempotencyMixin:
    """Unsafe calls of this view may carry `Idempotency-Key`; put it left of the view class.

    A repeat gets the stored answer with `Idempotent-Replayed: true`; 409 while the first call
    runs; 422 when the request differs. Answers 401, 403, 409, 429 and 5xx are not kept.
    """

    _claimed: int | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After the caller is known and let in: claim the key, or answer again."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method in SAFE_METHODS or not isinstance(request.auth, ApiKey):
            return
        if len(key) > idempotency.LONGEST_KEY or not key.isprintable():
            raise _Ready(respond(400, "idempotency_key_invalid", "At most 255 printable signs."))
        print_ = idempotency.fingerprint(request._request)  # noqa: SLF001 (the raw body)
        found = idempotency.claim(request.auth, key, print_)
        if isinstance(found, idempotency.Answer):
            raise _Ready(_again(found))
        self._claimed = found

    @property
    def is_guarded(self) -> bool:
        """Whether this call came with an Idempotency-Key, which makes its repeats harmless."""
        return self._claimed is not None

    def handle_exception(self, exc: Exception) -> HttpResponseBase:
        """An answer that is ready is no error; a bug gives the key back and stays a bug."""
        if isinstance(exc, _Ready):
            return exc.response
        if isinstance(exc, idempotency.KeyReused):
            return respond(422, exc.code, exc.detail)
        try:
            return super().handle_exception(exc)  # type: ignore[misc]
        except Exception:
            self._keep(500, b"")
            raise

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Keep the answer."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if isinstance(response, Response):
            self._keep(response.status_code, JSONRenderer().render(response.data))
        elif isinstance(response, HttpResponse):
            self._keep(response.status_code, response.content)
        return response

    def _keep(self, status: int, body: bytes) -> None:
        if self._claimed is not None:
            idempotency.keep(self._claimed, status, body)
            self._claimed = None


class _Ready(Exception):
    """Carries an answer past the view."""

    def __init__(self, response: HttpResponseBase) -> None:
        super().__init__()
        self.response = response


def actor(request: Request) -> str:
    """The caller as operations expect `by`: api-key:<prefix> or user:<id>."""
    if isinstance(request.auth, ApiKey):
        return f"api-key:{request.auth.prefix}"
    return f"user:{request.user.pk}"


def visible_channels(request: Request) -> tuple[str, ...] | None:
    """Codes of the channels the caller may see; none means all of them."""
    if isinstance(request.auth, ApiKey) and request.auth.channel:
        return (request.auth.channel,)
    return None


def scoped(rows: QuerySet[M], request: Request, field: str) -> QuerySet[M]:
    """Rows of the channels the caller may see; `field` is the lookup of the channel's code."""
    codes = visible_channels(request)
    return rows if codes is None else rows.filter(**{f"{field}__in": codes})


def _again(answer: idempotency.Answer) -> HttpResponse:
    kind = "application/problem+json" if answer.status >= 400 else "application/json"  # noqa: PLR2004
    return HttpResponse(
        answer.body, status=answer.status, content_type=kind, headers={REPLAYED: "true"}
    )
