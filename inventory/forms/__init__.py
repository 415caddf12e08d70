"""Input of the back office's acts on stock."""

from inventory.forms.acts import AdjustForm, ReceiveForm, SafetyStockForm
from inventory.forms.files import StockFileForm

__all__ = ["AdjustForm", "ReceiveForm", "SafetyStockForm", "StockFileForm"]
