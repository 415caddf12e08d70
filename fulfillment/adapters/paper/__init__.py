"""Paper for the floor: pick lists, packing slips, parcel labels, as PDF with barcodes."""

from fulfillment.adapters.paper.label import labels
from fulfillment.adapters.paper.lists import packing_slip, pick_list
from oms.paper import answer

__all__ = ["answer", "labels", "packing_slip", "pick_list"]
