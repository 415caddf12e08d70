"""Forms that act once: a form carries a token, and the act that comes with it first uses it up.

A second click, a reload of the answer or two tabs of one form send the token again, and nothing
is done twice. The use commits together with the act: what is refused may be sent again.
"""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from oms.models import SentForm

KEPT = timedelta(days=2)
USE = "INSERT INTO oms_sentform (token, at) VALUES (%s, %s) ON CONFLICT (token) DO NOTHING"


def token() -> str:
    """A new token, for a form that is being shown."""
    return uuid4().hex


def use(text: str) -> bool:
    """Use a token up, in the transaction of its act; false when it was used before.

    Waits for an act with the same token that has not ended. What is no token, such as the empty
    text of a form that carries none, is never used up.
    """
    with suppress(ValueError), connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        cursor.execute(USE, [UUID(text).hex, now])
        return bool(cursor.rowcount)
    return True


def give_back(text: str) -> None:
    """Take a use back: what was asked for only showed something and may be asked for again."""
    SentForm.objects.filter(token=text).delete()


def forget_old() -> int:
    """Delete tokens of forms that nobody has open any more; how many."""
    return SentForm.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
