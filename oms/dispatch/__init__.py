"""From committed events to effects: positions, consumers, webhooks, tasks.

Every step is a function that does a bounded piece of work and says whether there was any. A worker
runs each step in a lane of its own; `drain` runs them one after the other until nothing is left.
Whatever is killed in the middle is either not done at all or done: a consumer commits together
with the mark that it ran, and only webhooks may arrive twice, under the same id.
"""

from oms.dispatch.draining import Drained, drain
from oms.dispatch.mending import NotGivenUp, dismiss, retry

__all__ = ["Drained", "NotGivenUp", "dismiss", "drain", "retry"]
