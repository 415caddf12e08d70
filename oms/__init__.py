"""Kernel and wiring: the bottom shelf and the top page of the order management system.

The kernel (errors, events, models, money, sealed, history, querysets, admin, api, jobs) knows no
business and imports no app. `wiring`, `urls` and `settings` know every app. Between the two lie
customers, inventory, orders, fulfillment, reporting and compliance.
"""
