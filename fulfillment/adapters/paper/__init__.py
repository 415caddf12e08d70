"""Paper for the floor and the buyer: lists, slips, labels, returns, as PDF with barcodes."""

from oms.deferred import deferred

labels = deferred("fulfillment.adapters.paper.label.labels")
packing_slip = deferred("fulfillment.adapters.paper.lists.packing_slip")
pick_list = deferred("fulfillment.adapters.paper.lists.pick_list")
return_slip = deferred("fulfillment.adapters.paper.returns.return_slip")
wave_pick_list = deferred("fulfillment.adapters.paper.wave.wave_pick_list")

__all__ = ["labels", "packing_slip", "pick_list", "return_slip", "wave_pick_list"]
