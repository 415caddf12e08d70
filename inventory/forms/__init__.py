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
from inventory.forms.lots import HoldLotForm, ReleaseLotForm, TrackingForm
from inventory.forms.moments import MomentForm

__all__ = [
    "AdjustForm",
    "AssignForm",
    "CorrectForm",
    "CountPlaceForm",
    "DamageForm",
    "DecisionForm",
    "EntryForm",
    "HoldLotForm",
    "MomentForm",
    "PlanCountForm",
    "PlanDueForm",
    "QuarantineForm",
    "ReceiveForm",
    "ReleaseLotForm",
    "RestoreForm",
    "SafetyStockForm",
    "StockFileForm",
    "TrackingForm",
    "WriteOffForm",
]
