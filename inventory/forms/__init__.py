"""Input of the back office's acts on stock."""

from inventory.forms.acts import AdjustForm, ReceiveForm, SafetyStockForm
from inventory.forms.counts import (
    AssignForm,
    CountPlaceForm,
    DecisionForm,
    EntryForm,
    PlanCountForm,
    PlanDueForm,
)
from inventory.forms.files import StockFileForm

__all__ = [
    "AdjustForm",
    "AssignForm",
    "CountPlaceForm",
    "DecisionForm",
    "EntryForm",
    "PlanCountForm",
    "PlanDueForm",
    "ReceiveForm",
    "SafetyStockForm",
    "StockFileForm",
]
