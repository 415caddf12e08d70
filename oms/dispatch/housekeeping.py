"""What is done every few seconds by whichever worker comes first; repeating it is harmless."""

from oms import idempotency, once
from oms.dispatch import tasks


def tidy() -> int:
    """Forget old idempotency keys, forms and tasks, take tasks back from dead workers; how many."""
    return idempotency.forget_old() + once.forget_old() + tasks.forget_old() + tasks.recover()
