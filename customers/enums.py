"""Words of the customers app."""

from django.db import models


class TokenKind(models.TextChoices):
    """What a blind index token stands for."""

    EMAIL = "email"  # whole address
    PHONE = "phone"  # digits
    NAME = "name"  # one word of a name


class AddressKind(models.TextChoices):
    """What an address is used for."""

    SHIPPING = "shipping"  # where goods go
    BILLING = "billing"  # who pays


class NotificationPurpose(models.TextChoices):
    """Why a customer is written to, which decides whether they may stop it."""

    CONTRACT = "contract"  # owed to the buyer by law or contract; cannot be stopped
    SERVICE = "service"  # useful on the way; stopped by the customer's wish
    MARKETING = "marketing"  # only with consent


class NotificationState(models.TextChoices):
    """Life of a notification."""

    QUEUED = "queued"  # to be sent at next_attempt_at
    SENDING = "sending"  # in the hands of a worker
    SENT = "sent"  # taken by the mail server
    FAILED = "failed"  # refused for good
    SUPPRESSED = "suppressed"  # not sent on purpose; `why` says which
    UNCERTAIN = "uncertain"  # the connection broke after the message was handed over


class ConsentPurpose(models.TextChoices):
    """What a person may agree to."""

    MARKETING_EMAIL = "marketing_email", "Marketing by e-mail"
    MARKETING_PHONE = "marketing_phone", "Marketing by phone"
    PROFILING = "profiling", "Profiling"


class DuplicateState(models.TextChoices):
    """What became of a suspicion that two customers are one person."""

    OPEN = "open"  # nobody has looked
    DISMISSED = "dismissed"  # two people
    MERGED = "merged"  # one person


class TermsKind(models.TextChoices):
    """From when the days of payment terms count."""

    NET = "net", "Days after the invoice"
    END_OF_MONTH = "end_of_month", "Days after the end of the invoice's month"
    PREPAYMENT = "prepayment", "Before anything is released"


class RepeatedNumber(models.TextChoices):
    """What becomes of an order whose purchase order number its company has used before."""

    HOLD = "hold", "Wait for a person"
    WARN = "warn", "Go on, with a tag"


class BuyerRole(models.TextChoices):
    """What somebody does for the company they buy for."""

    BUYER = "buyer"  # orders, within their limits
    APPROVER = "approver"  # orders without limits, and approves what others order beyond theirs
