"""Input of the back office's acts on stock."""

from inventory.forms.acts import (
    AdjustForm,
    CorrectForm,
    DamageForm,
    QuarantineForm,
    ReceiveForm,
    RestoreForm,
    SafetyStockForm,
    WriteOffForm,
)
from inventory.forms.counts import (
    AssignForm,
    CountPlaceForm,
    DecisionForm,
    EntryForm,
    PlanCountForm,
    PlanDueForm,
)
from inventory.forms.files import StockFileForm
from inventory.forms.moments import MomentForm

__all__ = [
    "AdjustForm",
    "AssignForm",
    "CorrectForm",
    "CountPlaceForm",
    "DamageForm",
    "DecisionForm",
    "EntryForm",
    "MomentForm",
    "PlanCountForm",
    "PlanDueForm",
    "QuarantineForm",
    "ReceiveForm",
    "RestoreForm",
    "SafetyStockForm",
    "StockFileForm",
    "WriteOffForm",
]
