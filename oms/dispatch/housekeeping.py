"""What is done once a minute by whichever worker comes first; repeating it is harmless."""

from oms import idempotency
from oms.dispatch import tasks


def tidy() -> int:
    """Forget old idempotency keys, take tasks back from dead workers; how many of both."""
    return idempotency.forget_old() + tasks.recover()
