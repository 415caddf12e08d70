"""What the buyer of a return is owed by now, and what is kept of it."""

from decimal import Decimal

from fulfillment.enums import RefundTiming, ReturnStatus
from fulfillment.models import ReturnLine
from oms.money import quantize

PER_CENT = 100


def entitled(line: ReturnLine, status: str) -> int:
    """Units of the line whose price is due now, by the timing that was promised for it.

    On approval: everything announced that did not turn out otherwise; on receipt: what arrived and
    was kept; on inspection: that, less what is quarantined and was not accepted. What need not
    come back is due at once.
    """
    here = line.kept - line.refused + line.waived
    if line.refund_on == RefundTiming.APPROVAL:
        return here + line.missing if status == ReturnStatus.APPROVED else here
    if line.refund_on == RefundTiming.INSPECTION:
        return here - line.to_inspect
    return here


def fee_of(line: ReturnLine, value: Decimal, units: int, currency: str) -> Decimal:
    """The restocking fee on units worth `value`; never more than they are worth."""
    return min(
        value, quantize(value * line.fee_percent / PER_CENT, currency) + line.fee_each * units
    )
