"""Inventory: what is where, who may take it, and from where a demand is served.

Owns products, locations, stock levels, movements, reservations, sourcing, suppliers, purchase
orders, receipts, transfers, replenishment and what stock costs.
Must hold: on_hand is what a picker can count and equals the sum of the level's movements; reserved
equals the sum of open reservations; 0 <= reserved <= on_hand, stated by the database.
Stock changes by one conditional UPDATE whose row count is the answer, with a movement in the same
transaction. Reserving moves nothing. Levels are locked in key order.
Documents (purchase orders, transfers, receipts) are locked before levels, levels before costs.
Never: a read-modify-write of a level, an edited movement, knowledge of what an order is.
"""
