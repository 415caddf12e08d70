"""Compliance: what the law asks of orders, and the proof that it was done.

Owns legal entities, dated tax rates, invoices and credit notes, privacy requests.
Must hold: numbers per entity, document kind and fiscal year have no gaps; an issued document never
changes; tax is rounded per rate, not per line; law is dated data, never a constant in code.
Reads across the other apps; reacts to events; is called upward by nobody. Orders reach the tax
engine through the TAX_ENGINE setting.
Never: veto by itself (it places a hold), or edit a trail.
"""
