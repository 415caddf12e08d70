"""One signed POST to one address, safely: public addresses only, no redirects, little read."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone

from oms import webhooks
from oms.models import WebhookDelivery

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_SECONDS = 20.0  # a whole post, however slowly the other side sends; well below a lease
MOST_READ = 64 * 1024
LONGEST_WAIT = 6 * 3600.0  # what a Retry-After may ask for


@dataclass(frozen=True, slots=True)
class Answer:
    """How an endpoint answered; no status when it did not."""

    status: int | None
    error: str = ""
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether it took the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 (success)

    @property
    def gone(self) -> bool:
        """Whether it asks never to be called again."""
        return self.status == 410  # noqa: PLR2004 (Gone)


class PrivateAddress(Exception):
    """The name leads into a private network."""


class Deadline(threading.local):
    """When the post of this thread must be over."""

    at = float("inf")

    def within(self, timeout: float | None) -> float:
        """What is left of a timeout. Raises ReadTimeout when nothing is."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


deadline = Deadline()


class TimedStream(httpcore.NetworkStream):
    """A connection on which every wait ends with the post: one byte a second is no answer."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, in time."""
        return self._stream.read(max_bytes, deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All bytes, in time."""
        self._stream.write(buffer, deadline.within(timeout))

    def close(self) -> None:
        """The end."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "TimedStream":
        """The same, encrypted."""
        left = deadline.within(timeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


class GuardedNetwork(httpcore.SyncBackend):
    """Connects to addresses that were checked, so that no answer of the DNS leads inside."""

    def connect_tcp(
        self, host: str, port: int, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        """Look the name up, refuse private addresses, connect to the address that was checked."""
        if settings.OMS_WEBHOOK_ALLOW_PRIVATE:
            return TimedStream(super().connect_tcp(host, port, *args, **kwargs))
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(ipaddress.ip_address(each).is_global for each in addresses):
            raise PrivateAddress
        return TimedStream(super().connect_tcp(addresses[0], port, *args, **kwargs))


def client() -> httpx.Client:
    """A client for all posts of a worker; its connections are kept and shared by its threads."""
    transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=64))
    # httpx offers no door for the network below it; this is the one place that reaches in.
    transport._pool._network_backend = GuardedNetwork()  # type: ignore[attr-defined]  # noqa: SLF001
    return httpx.Client(transport=transport, timeout=TIMEOUT, follow_redirects=False)


def post(http: httpx.Client, delivery: WebhookDelivery, body: str) -> Answer:
    """Send a delivery with this body; runs in a thread and touches no database."""
    now, deadline.at = timezone.now(), time.monotonic() + LONGEST_SECONDS
    try:
        headers = webhooks.headers(delivery.endpoint, delivery.event, body, now)
        url = delivery.endpoint.url
        with http.stream("POST", url, content=body.encode(), headers=headers) as response:
            _drain(response.iter_raw())
            return Answer(
                response.status_code,
                "" if response.is_success else f"HTTP {response.status_code}",
                retry_after(response.headers.get("Retry-After", ""), now),
            )
    except Exception as error:  # noqa: BLE001 (whatever goes wrong is the delivery's failure)
        return Answer(None, type(error).__name__)


def retry_after(text: str, now: datetime) -> float | None:
    """Seconds that the header asks to wait: a number or a date, at most six hours."""
    if text.isdecimal():
        return min(float(text), LONGEST_WAIT)
    try:
        moment = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_WAIT)


def _drain(chunks: Iterable[bytes]) -> None:
    """Read a short answer so that the connection can be used again; give a long one up."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MOST_READ:
            return
