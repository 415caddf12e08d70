"""Routing rules in the back office: versions, the builder, simulations, how locations serve."""

from inventory.admin.routing.rules import RoutingRuleSetAdmin
from inventory.admin.routing.service import (
    HolidayCalendarAdmin,
    LocationGroupAdmin,
    LocationServiceAdmin,
)

__all__ = [
    "HolidayCalendarAdmin",
    "LocationGroupAdmin",
    "LocationServiceAdmin",
    "RoutingRuleSetAdmin",
]
