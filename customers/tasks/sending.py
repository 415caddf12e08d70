"""Messages that wait go out."""

from customers import operations


def send_notifications() -> int:
    """Send every message that is due, batch by batch; how many were sent."""
    sent = 0
    while batch := operations.send_due():
        sent += batch
    return sent
