"""Paper for the floor: pick lists, packing slips, parcel labels, as PDF with barcodes."""

from oms.deferred import deferred

labels = deferred("fulfillment.adapters.paper.label.labels")
packing_slip = deferred("fulfillment.adapters.paper.lists.packing_slip")
pick_list = deferred("fulfillment.adapters.paper.lists.pick_list")

__all__ = ["labels", "packing_slip", "pick_list"]
