"""A demo that looks like a quarter of real business: real orders, invented people, real operations.

`world` lays down who is there (channels, locations, carriers, companies, users), `quarter` lets
ninety days pass in some minutes: it places the orders of each day through the import, and does the
work of each day through the same operations as everybody else, under a clock that is set back
(`clock`). `today` adds what should be seen at once: every hold, payment state and stage.
"""
