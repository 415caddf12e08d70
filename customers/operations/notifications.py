"""Telling customers: an event becomes at most one message, and a message is sent at most once.

A message is claimed before it is handed to the mail server. When the connection breaks after that,
nobody can know whether it arrived: it is left as uncertain for a person rather than sent twice.
"""

import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from customers import queries
from customers.enums import ConsentPurpose, NotificationPurpose, NotificationState
from customers.models import ContactPreference, Customer, Notification, NotificationTemplate
from customers.operations.belongings import decided_since
from customers.operations.consents import withdraw_consent
from customers.queries import SubjectErased
from customers.queries.notifications import SEALED, Notice
from customers.queries.stopping import stopping_words
from oms import events, links
from oms.errors import DomainError
from oms.history import stamp
from oms.models import Event

BATCH = 50
LADDER = (60, 300, 1_800, 7_200, 21_600)  # seconds until the next attempt
TOO_LATE = timedelta(days=1)
STALE = timedelta(minutes=10)  # a worker that has sent for so long has died
FOR_NOW = range(400, 500)  # SMTP replies after which trying again may help (RFC 5321, 4.2.1)
OPT_OUT = "notification-opt-out"


class NotResendable(DomainError):
    """Only what did not reach the mail server, or perhaps did not, can be sent again."""

    code = "not_resendable"
    message = "This message is {state}; it is not sent again."


class NotWanted(DomainError):
    """The person has stopped such messages, or takes consent back, before it was sent."""

    code = "not_wanted"
    message = "{why}"


class CannotBeMuted(DomainError):
    """What is owed to a buyer cannot be stopped."""

    code = "cannot_be_muted"
    message = "{event} belongs to the contract and cannot be stopped."


@transaction.atomic
def notify(event: Event) -> Notification | None:
    """Put in line what the customer is to be told of an event; nothing where no template is active.

    Called again with the same event it returns what was made the first time. A message that the
    customer's wish, a missing address or a missing consent stops is kept as suppressed, with the
    reason.
    """
    message = queries.message_of(event)
    if not NotificationTemplate.objects.filter(event=message, is_active=True).exists():
        return None
    notice = queries.kind_of(message).build(event)
    if notice is None:
        return None
    if known := Notification.objects.filter(event=event, customer=notice.customer_id).first():
        return known
    template = queries.template_for(message, notice.customer_id, notice.country)
    if template is None:
        return None

    why = _what_stops(template, notice, event)
    return Notification.objects.create(
        template=template,
        event=event,
        customer_id=notice.customer_id,
        about_type=notice.about.type,
        about_id=notice.about.id,
        about_label=notice.about.label,
        state=NotificationState.SUPPRESSED if why else NotificationState.QUEUED,
        why=why,
    )


def send_due() -> int:
    """Send what is due, over one connection; how many were taken by the mail server."""
    _mark_stale()
    due = list(
        Notification.objects.filter(
            state=NotificationState.QUEUED, next_attempt_at__lte=timezone.now()
        )
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    if not due:
        return 0
    server = get_connection()
    try:
        server.open()
    except OSError as error:
        _put_off(due, error)
        return 0
    try:
        return sum(_send(pk, server) for pk in due)
    finally:
        server.close()


@transaction.atomic
def resend(notification: Notification, *, by: str) -> Notification:
    """Put a message that failed or is uncertain in line again. Raises NotResendable."""
    row = Notification.objects.lock_one(notification.pk)
    if row.state not in {NotificationState.FAILED, NotificationState.UNCERTAIN}:
        raise NotResendable(state=row.get_state_display().lower())

    row.state, row.why, row.attempts = NotificationState.QUEUED, "", 0
    row.next_attempt_at = timezone.now()
    row.save(update_fields=["state", "why", "attempts", "next_attempt_at"])
    events.record("customer.notification_requeued", row.customer, by=by, notification=row.pk)
    return row


def send_test(template: NotificationTemplate, *, to: str) -> None:
    """Send the template with its sample values to a colleague. Raises TemplateNotValid."""
    subject, body = queries.preview(template)
    _message(f"[Test] {subject}", body, to, template, headers={}).send()


@transaction.atomic
def set_contact_preference(
    customer: Customer, *, by: str, language: str, muted: Iterable[str]
) -> ContactPreference:
    """Write a customer's wishes down: a language (empty: the country's) and what they stopped.

    Raises CannotBeMuted for what belongs to the contract.
    """
    customer = Customer.objects.lock_one(customer.pk)
    muted = sorted(set(muted))
    owed = NotificationTemplate.objects.filter(
        event__in=muted, purpose=NotificationPurpose.CONTRACT
    ).first()
    if owed:
        raise CannotBeMuted(event=queries.message_name(owed.event))

    row = queries.preference_of(customer)
    decided_since(customer, set(row.muted) ^ set(muted))
    row.language, row.muted, row.changed_at = language, muted, timezone.now()
    stamp(row, by=by)
    row.save()
    events.record(
        "customer.contact_preference_set", customer, by=by, language=language, muted=muted
    )
    return row


@transaction.atomic
def stop_notifications(notification: Notification) -> None:
    """Do what the link in a message asks for: no more of its kind; again it changes nothing.

    It counts for the number that was written to, also once a merge of it is undone. Marketing is stopped by withdrawing consent. Raises CannotBeMuted.
    """
    template, customer = notification.template, queries.root_of(notification.customer)
    by = f"customer:{customer.number}"
    if template.purpose == NotificationPurpose.MARKETING:
        withdraw_consent(
            customer, ConsentPurpose.MARKETING_EMAIL, by=by, source="link in a message"
        )
        return
    customer = Customer.objects.lock_one(customer.pk)
    wishes = queries.preference_of(customer)
    if template.event in wishes.muted:
        own = notification.customer_id == customer.pk
        decided_since(customer, [template.event], of=("muted", "own") if own else ("own",))
    else:
        muted = [*wishes.muted, template.event]
        set_contact_preference(customer, by=by, language=wishes.language, muted=muted)


def _what_stops(template: NotificationTemplate, notice: Notice, event: Event) -> str:
    if timezone.now() - event.at > TOO_LATE:
        return "It is no news any more."
    if not notice.email:
        return "No e-mail address is known."
    if not queries.is_email(notice.email):
        return "The e-mail address that is known cannot be one."
    return _not_wanted(template, notice)


def _not_wanted(template: NotificationTemplate, notice: Notice) -> str:
    """What the person or the law says against it now."""
    if template.purpose == NotificationPurpose.MARKETING:
        consents = queries.has_consented(notice.customer_id, ConsentPurpose.MARKETING_EMAIL)
        return "" if consents else "The customer has not consented."
    service = template.purpose == NotificationPurpose.SERVICE
    if service and queries.is_muted(template.event, notice.customer_id):
        return "The customer stopped these messages."
    return ""


def _send(pk: int, server: BaseEmailBackend) -> bool:
    row = _claim(pk)
    if row is None:
        return False
    try:
        message = _compose(row)
    except SubjectErased:
        return _end(row, NotificationState.SUPPRESSED, "The customer's data was erased.")
    except NotWanted as stop:
        return _end(row, NotificationState.SUPPRESSED, stop.detail)
    except DomainError as refusal:
        return _end(row, NotificationState.FAILED, refusal.detail)
    message.connection = server
    return _hand_over(row, message)


def _hand_over(row: Notification, message: EmailMultiAlternatives) -> bool:
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        code = next(iter(refusal.recipients.values()))[0]
        return _refused(row, code)
    except smtplib.SMTPResponseException as refusal:
        return _refused(row, refusal.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        return _end(row, NotificationState.UNCERTAIN, f"The connection broke ({_name(error)}).")
    return _end(row, NotificationState.SENT)


def _claim(pk: int) -> Notification | None:
    rows = Notification.objects.filter(pk=pk, state=NotificationState.QUEUED)
    claimed = rows.update(
        state=NotificationState.SENDING, attempts=F("attempts") + 1, next_attempt_at=timezone.now()
    )
    related = ("template", "event", "customer__subject")
    return Notification.objects.select_related(*related).get(pk=pk) if claimed else None


def _compose(row: Notification) -> EmailMultiAlternatives:
    """The message, whose words are sealed into the log before it is sent.

    Raises NotWanted where the person has stopped such messages while it was in line.
    """
    notice = queries.kind_of(row.template.event).build(row.event)
    if notice is None or row.customer.subject.erased_at:
        raise SubjectErased
    if why := _not_wanted(row.template, notice):
        raise NotWanted(why=why)
    subject, body = queries.compose(row.template, notice.values)
    kept = {"to": notice.email, "subject": subject, "body": body}
    row.sealed = queries.seal(row.customer.subject, kept, SEALED)
    row.save(update_fields=["sealed"])
    host = settings.OMS_PUBLIC_URL.partition("://")[2].partition("/")[0].partition(":")[0]
    headers = {
        "Message-ID": f"<{row.public_id}@{host}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834
        **_opt_out(row),
    }
    return _message(subject, body, notice.email, row.template, headers)


def _opt_out(row: Notification) -> dict[str, str]:
    """Where these messages can be stopped, in the form of RFC 8058."""
    if row.template.purpose == NotificationPurpose.CONTRACT:
        return {}
    address = links.link("notification_opt_out", OPT_OUT, str(row.public_id))
    return {
        "List-Unsubscribe": f"<{address}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _message(
    subject: str, body: str, to: str, template: NotificationTemplate, headers: dict[str, str]
) -> EmailMultiAlternatives:
    stop = headers.get("List-Unsubscribe", "").strip("<>")
    words = stopping_words(template.language).link
    context: dict[str, Any] = {
        "body": body,
        "language": template.language,
        "stop": stop,
        "stop_words": words,
    }
    text = f"{body}\n-- \n{words}: {stop}\n" if stop else body
    message = EmailMultiAlternatives(subject, text, to=[to], headers=headers)
    message.attach_alternative(render_to_string("public/notification.html", context), "text/html")
    return message


def _refused(row: Notification, code: int) -> bool:
    """Try again later what the server refuses for now; the rest for good."""
    if code in FOR_NOW and row.attempts <= len(LADDER):
        row.next_attempt_at = _later(row.attempts)
        return _end(row, NotificationState.QUEUED, f"The mail server answered {code}.")
    return _end(row, NotificationState.FAILED, f"The mail server refused it ({code}).")


def _put_off(pks: list[int], error: OSError) -> None:
    """No mail server: everything due waits a little, and does not count as tried."""
    Notification.objects.filter(pk__in=pks, state=NotificationState.QUEUED).update(
        next_attempt_at=_later(1), why=f"The mail server did not answer ({_name(error)})."
    )


def _mark_stale() -> None:
    """What a worker had in its hands when it died may have been sent, or not."""
    Notification.objects.filter(
        state=NotificationState.SENDING, next_attempt_at__lt=timezone.now() - STALE
    ).update(state=NotificationState.UNCERTAIN, why="The worker ended while sending.")


def _end(row: Notification, state: NotificationState, why: str = "") -> bool:
    row.state, row.why = state, why
    row.sent_at = timezone.now() if state == NotificationState.SENT else None
    row.save(update_fields=["state", "why", "sent_at", "next_attempt_at"])
    return state == NotificationState.SENT


def _later(attempts: int) -> datetime:
    return timezone.now() + timedelta(seconds=LADDER[min(attempts, len(LADDER)) - 1])


def _name(error: Exception) -> str:
    return type(error).__name__
