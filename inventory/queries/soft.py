"""What is set aside for baskets."""

from dataclasses import dataclass

from inventory.enums import ReservationState, SoftState
from inventory.models import Reservation, SoftReservation


@dataclass(frozen=True, slots=True)
class SoftContent:
    """A soft reservation with what it keeps now: SKU, location code, units."""

    soft: SoftReservation
    rows: tuple[tuple[str, str, int], ...]

    @property
    def units(self) -> dict[str, int]:
        """Units by SKU."""
        totals: dict[str, int] = {}
        for sku, _, quantity in self.rows:
            totals[sku] = totals.get(sku, 0) + quantity
        return totals


def soft_reservation(channel: str, token: str) -> SoftReservation | None:
    """The channel's soft reservation with this token, whatever became of it."""
    return SoftReservation.objects.filter(channel=channel, token=token).first()


def soft_content(soft: SoftReservation) -> SoftContent:
    """What it keeps now, in two statements at most."""
    rows = Reservation.objects.filter(soft=soft, state=ReservationState.OPEN).order_by("pk")
    found = rows.values_list("level__product__sku", "level__location__code", "quantity")
    return SoftContent(soft, tuple(found))


def open_soft_reservations(channel: str, stop_at: int) -> int:
    """How many of the channel's baskets keep stock; counting stops at `stop_at`."""
    rows = SoftReservation.objects.filter(channel=channel, state=SoftState.OPEN)
    return rows[:stop_at].count()
