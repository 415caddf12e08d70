"""Units on their way back, told to inventory, which may promise them to others."""

from datetime import timedelta

from fulfillment.enums import ReturnStatus
from fulfillment.models import Return
from inventory import operations as inventory
from inventory.enums import SupplyKind

ON_THE_WAY = timedelta(days=7)  # from approval until the goods are back, as a rule


def expect_units(document: Return, *, by: str) -> None:
    """Say which sellable units are still on their way; nothing, unless the return is approved."""
    rows = []
    if document.status == ReturnStatus.APPROVED and document.approved_at:
        due_on = document.approved_at.date() + ON_THE_WAY
        rows = [
            inventory.Expected(
                line.order_line.product_id,  # type: ignore[arg-type]  # what was shipped has one
                document.location_id,
                line.missing,
                due_on,
            )
            for line in document.lines.select_related("order_line", "reason")
            if line.reason.is_sellable
        ]
    inventory.expect(SupplyKind.RETURN, document.number, rows, by=by)
