"""Fulfillment: what a location does so that goods leave, arrive and come back.

Owns fulfilment orders, shipments, parcels, carriers, tracking and returns.
Must hold: a fulfilment order never asks for more than its order line has released; only picked
units are packed, only packed units ship; tracking never runs backwards; each returned unit has one
outcome and one movement. Calls orders and inventory; is told of orders by events.
Never: decide on money or tax, change a line's quantities except through `orders.operations`.
"""
