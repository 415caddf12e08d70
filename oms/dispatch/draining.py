"""Everything that is due, done here and now: for tests, imports, the demo and `worker --once`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils import timezone

from oms.deferred import deferred
from oms.dispatch import tasks
from oms.dispatch.consuming import consume
from oms.dispatch.sequencing import sequence
from oms.models import Worker

if TYPE_CHECKING:
    from oms.dispatch.sending import Sender

PATIENCE = timedelta(hours=1)  # nobody takes tasks away from a drain that runs no longer


@dataclass(slots=True)
class Drained:
    """How much was done."""

    events: int = 0
    deliveries: int = 0
    webhooks: int = 0
    tasks: int = 0


def drain(*, webhooks: bool = True) -> Drained:
    """Dispatch events, run consumers, send webhooks and run tasks until nothing is due.

    What failed and waits for its next attempt is left to a worker.
    """
    total = Drained()
    sender = deferred("oms.dispatch.sending.Sender")() if webhooks else None
    with _registered() as name:
        while True:
            before = (total.events, total.deliveries, total.webhooks, total.tasks)
            while count := sequence():
                total.events += count
            while count := consume():
                total.deliveries += count
            total.tasks += tasks.run_next(name)
            if sender:
                total.webhooks += _send(sender)
            if before == (total.events, total.deliveries, total.webhooks, total.tasks):
                break
    if sender:
        sender.close()
    return total


def _send(sender: "Sender") -> int:
    sent = 0
    while count := sender.step(patience=1.0):
        sent += count - sender.flying
    return sent


@contextmanager
def _registered() -> Iterator[str]:
    name = f"drain-{os.getpid()}-{uuid4().hex[:8]}"
    row = Worker.objects.create(name=name, seen_at=timezone.now() + PATIENCE)
    try:
        yield name
    finally:
        row.delete()
