"""Booking what a carrier's file says; by a worker or a command."""

from collections.abc import Callable
from typing import IO

from oms.errors import DomainError
from orders.adapters.statements.remittances import remittance_rows
from orders.adapters.statements.tables import Layout, NotReadable
from orders.models import Remittance, RemittanceProfile
from orders.operations import remittances

UNEXPLAINED = (
    "Nobody has said yet what the columns of this carrier mean. Send one of its files on the page "
    "of remittances, and explain them there; they are remembered."
)
PIECE = 200  # rows booked between two words about progress


def read_remittance(
    remittance: Remittance,
    content: IO[bytes],
    *,
    by: str,
    progress: Callable[[int, int], None] | None = None,
) -> Remittance:
    """Book the rows and end the remittance, with the reason when it cannot be read. Repeatable."""
    profile = RemittanceProfile.objects.get(carrier=remittance.carrier)
    if not profile.columns:
        return remittances.finish_remittance(remittance, by=by, error=UNEXPLAINED)
    try:
        rows = list(remittance_rows(content, Layout.of(profile.columns)))
        for at in range(0, len(rows), PIECE):
            remittances.book_remittance(remittance, rows[at : at + PIECE], by=by)
            if progress:
                progress(min(at + PIECE, len(rows)), len(rows))
    except (NotReadable, DomainError) as broken:
        return remittances.finish_remittance(remittance, by=by, error=str(broken))
    return remittances.finish_remittance(remittance, by=by)


def sentence(remittance: Remittance) -> str:
    """What reading came to."""
    new = remittance.lines_read - remittance.known
    return f"{remittance.lines_read:,} parcels, {new:,} of them new."
