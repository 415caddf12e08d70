"""Who reacts to what (event name -> consumers), who runs which job, who states which invariants.

A consumer is `consumer(event)`, runs in its own transaction together with the mark that it ran,
in order per subject, and is therefore effective once. Everything is named by a dotted path.
"""

DAY = 86_400.0  # seconds
NOTIFY = "customers.consumers.notify"
CAPTURE = "orders.consumers.take_money"
RULES = "orders.consumers.run_rules"
SEGMENTS = "customers.consumers.settle_segments"
EXCHANGES = "fulfillment.consumers.settle_exchange"

CONSUMERS: dict[str, tuple[str, ...]] = {
    "customer.erased": (
        "orders.consumers.forget_uploads",
        "orders.consumers.forget_payers",
        SEGMENTS,
    ),
    "customer.tagged": (SEGMENTS,),
    "customer.classified": (SEGMENTS,),
    "customer.consent_given": (SEGMENTS,),
    "customer.consent_withdrawn": (SEGMENTS,),
    "customer.merged": (SEGMENTS,),
    "customer.unmerged": (SEGMENTS,),
    "stock.increased": ("orders.consumers.allocate_waiting",),
    "soft_reservation.expired": ("orders.consumers.end_keeping",),
    "product.supply_changed": ("orders.consumers.promise_anew",),
    "order.priority_set": ("orders.consumers.promise_anew", RULES),
    "order.released": ("fulfillment.consumers.create_fulfillment_orders",),
    "order.return_announced": ("fulfillment.consumers.take_back_announced",),
    "order.shipped": (SEGMENTS, "fulfillment.consumers.count_found", CAPTURE, RULES),
    "fulfillment_order.stock_missed": ("fulfillment.consumers.look_into_misses",),
    "order.placed": (SEGMENTS, "reporting.consumers.count", CAPTURE, NOTIFY, RULES),
    "order.cancelled": (
        SEGMENTS,
        "reporting.consumers.count",
        "reporting.consumers.judge_promises",
        NOTIFY,
        RULES,
    ),
    "order.units_moved": (
        SEGMENTS,
        "reporting.consumers.judge_promises",
    ),
    "order.backordered": (
        "orders.consumers.promise_anew",
        "reporting.consumers.count",
        NOTIFY,
        RULES,
    ),
    "order.changed": (SEGMENTS, NOTIFY, RULES),
    "order.payment_captured": (NOTIFY, RULES),
    "order.payment_authorized": (CAPTURE, RULES),
    "order.payment_voided": (RULES,),
    "order.gateway_declined": (RULES,),
    "order.sku_remembered": ("orders.consumers.solve_waiting",),
    "order.shipping_remembered": ("orders.consumers.solve_waiting",),
    "order.country_remembered": ("orders.consumers.solve_waiting",),
    "order.prices_remembered": ("orders.consumers.solve_waiting",),
    "order.held": ("orders.consumers.ask_approvers", RULES),
    "order.approval_asked": (NOTIFY,),
    "order.hold_escalated": (RULES,),
    "order.hold_lifted": (CAPTURE, RULES),
    "order.tagged": (RULES,),
    "order.address_corrected": (RULES,),
    "order.promise_changed": (RULES,),
    "order.delivered": (RULES,),
    "order.returned": (SEGMENTS, RULES),
    "order.ready_for_pickup": (NOTIFY,),
    "draft.quote_sent": (NOTIFY,),
    "order.return_offered": (NOTIFY,),
    "order.refund_paid": (NOTIFY,),
    "order.rule_mailed": ("orders.consumers.mail_colleague",),
    "rule.mailed": ("orders.consumers.mail_colleague",),
    "rule.notified": (NOTIFY,),
    "shipment.shipped": (
        "reporting.consumers.count",
        "reporting.consumers.judge_promises",
        "compliance.consumers.issue_invoice",
        NOTIFY,
    ),
    "shipment.delivered": (NOTIFY,),
    "return.requested": (NOTIFY,),
    "return.approved": (EXCHANGES, NOTIFY),
    "return.declined": (EXCHANGES, NOTIFY),
    "return.withdrawn": (EXCHANGES,),
    "return.expired": (EXCHANGES, NOTIFY),
    "return.received": (EXCHANGES, "reporting.consumers.count", NOTIFY),
    "return.waived": (EXCHANGES, NOTIFY),
    "claim.made_good": (NOTIFY,),
    "shipment.returned_to_origin": (NOTIFY,),
    "shipment.origin_decided": (NOTIFY,),
    "return.credited": ("compliance.consumers.issue_credit_note",),
    "return.charged": ("compliance.consumers.issue_invoice",),
}

# Event -> what customers can be told of it; a template decides whether they are.
NOTICES: dict[str, str] = {
    "order.placed": "orders.queries.notices.ORDER_PLACED",
    "order.backordered": "orders.queries.notices.ORDER_BACKORDERED",
    "order.cancelled": "orders.queries.notices.ORDER_CANCELLED",
    "order.changed": "orders.queries.notices.ORDER_CHANGED",
    "order.payment_captured": "orders.queries.notices.PAYMENT_CAPTURED",
    "order.refund_paid": "orders.queries.notices.REFUND_PAID",
    "order.approval_asked": "orders.queries.approvals.APPROVAL_ASKED",
    "rule.notified": "orders.queries.notices.RULE_NOTIFIED",
    "order.ready_for_pickup": "fulfillment.queries.notices.READY_FOR_PICKUP",
    "shipment.shipped": "fulfillment.queries.notices.SHIPPED",
    "shipment.delivered": "fulfillment.queries.notices.DELIVERED",
    "draft.quote_sent": "orders.queries.quotes.QUOTE_SENT",
    "order.return_offered": "fulfillment.queries.notices.RETURN_OFFERED",
    "return.requested": "fulfillment.queries.notices.RETURN_REQUESTED",
    "return.approved": "fulfillment.queries.notices.RETURN_APPROVED",
    "return.declined": "fulfillment.queries.notices.RETURN_DECLINED",
    "return.expired": "fulfillment.queries.notices.RETURN_EXPIRED",
    "return.received": "fulfillment.queries.notices.RETURN_RECEIVED",
    "return.waived": "fulfillment.queries.notices.RETURN_WAIVED",
    "claim.made_good": "fulfillment.queries.notices.CLAIM_MADE_GOOD",
    "shipment.returned_to_origin": "fulfillment.queries.notices.CAME_BACK",
    "shipment.origin_decided": "fulfillment.queries.notices.SENT_AGAIN",
}

# Kind of job -> its runner, `runner(job)`.
JOBS: dict[str, str] = {
    "act": "oms.admin.runs.perform",
    "bank_statement": "orders.tasks.read_bank_statement",
    "cover": "reporting.tasks.cover",
    "erased_payers": "orders.tasks.forget_erased_payers",
    "export": "reporting.tasks.export",
    "import": "orders.tasks.import_file",
    "ledger": "reporting.tasks.ledger",
    "valuation": "reporting.tasks.valuation",
    "remittance": "orders.tasks.read_remittance",
    "replenishment": "inventory.tasks.replenishment.propose",
    "routing": "orders.tasks.simulate_routing",
    "rule": "orders.tasks.try_rule",
    "segment": "customers.tasks.segments.fill",
    "stock_proof": "inventory.tasks.proof.prove",
}

# Function without arguments -> seconds between two runs, by one worker; see `oms.dispatch.chores`.
CHORES: dict[str, float] = {
    "oms.jobs.forget_old": DAY,
    "inventory.tasks.counts.classify": DAY,
    "inventory.operations.refresh_accuracy": DAY,
    "inventory.tasks.lots.set_unusable_apart": DAY / 24,
    "inventory.operations.expire_due": 1,
    "inventory.operations.tell_availability": 1,
    "inventory.operations.lift_ended": 30,
    "orders.operations.cancel_due": 60,
    "inventory.tasks.fences.mend": DAY / 24,
    "orders.operations.reroute_due": 300,
    "orders.operations.route_rests": 15,
    "fulfillment.operations.expire_due": DAY / 24,
    "orders.operations.cancel_asked": 15,
    "orders.operations.lift_tested": 15,
    "orders.tasks.minding.escalate": 60,
    "orders.operations.forget_old_uploads": 3_600,
    "orders.operations.run_scheduled": 60,
    "orders.operations.expire_authorizations": 300,
    "orders.operations.expire_credits": 3_600,
    "orders.operations.resume_forgetting": 3_600,
    "orders.tasks.gateways.ask_gateways": 2,
    "customers.tasks.duplicates.find": DAY,
    "customers.tasks.segments.sweep": 600,
    "customers.tasks.sending.send_notifications": 2,
    "inventory.operations.value_stock": 30,
    "inventory.tasks.snapshots.take_snapshots": DAY / 4,
    "inventory.tasks.replenishment.propose_nightly": DAY,
    "inventory.tasks.proof.prove_nightly": DAY,
}

# Functions that give the invariants `check_ledgers` proves.
INVARIANTS: tuple[str, ...] = (
    "oms.dispatch.ledger.invariants",
    "customers.queries.invariants",
    "customers.queries.segment_invariants",
    "inventory.queries.invariants",
    "orders.queries.invariants",
    "fulfillment.queries.invariants",
    "compliance.queries.invariants",
    "reporting.queries.invariants",
    "reporting.queries.promises.promise_invariants",
)

# What the world is told of events, event by event; see `oms/telling.py`.
TOLD: tuple[str, ...] = (
    "orders.queries.publishing.TOLD",
    "fulfillment.queries.publishing.TOLD",
    "inventory.queries.publishing.TOLD",
    "compliance.queries.publishing.TOLD",
    "customers.queries.publishing.TOLD",
    "oms.telling.TOLD",
)

# Kind of thing -> `names(keys)`: what the world calls it.
NAMES: dict[str, str] = {
    "channel": "orders.queries.publishing.channels_named",
    "order": "orders.queries.publishing.orders_named",
    "order_line": "orders.queries.publishing.lines_named",
    "fulfillment_line": "fulfillment.queries.publishing.lines_named",
    "product": "inventory.queries.publishing.products_named",
    "location": "inventory.queries.publishing.locations_named",
}

# Type of an event's subject -> what is told of it beside its number, code or SKU.
SUBJECTS: dict[str, str] = {
    "orders.order": "orders.queries.publishing.order_subjects",
    "inventory.stocklevel": "inventory.queries.publishing.level_subjects",
}

# What a customer's timeline is told, `moments_of(members, before, most)` -> who may see it there.
MOMENTS: dict[str, str] = {
    "customers.queries.moments.moments_of": "customers.view_customer",
    "customers.queries.moments.messages_to": "customers.view_notification",
    "orders.queries.moments.moments_of": "orders.view_order",
    "fulfillment.queries.moments.moments_of_shipments": "fulfillment.view_shipment",
    "fulfillment.queries.moments.moments_of_returns": "fulfillment.view_return",
}

# Functions `reseal(by=)` that wrap what the system itself sealed by the newest master key.
RESEALERS: tuple[str, ...] = (
    "orders.operations.sent_files.reseal_uploads",
    "orders.operations.reseal_lines",
)

# Questions that an app asks of one above it, which it may not import -> who answers.
ANSWERS: dict[str, str] = {
    "oms.rule_names": "orders.queries.rules.naming.names_of_rules",
    "inventory.channels": "orders.queries.lookup.selling_channels",
    "inventory.sold_ahead": "orders.queries.limits.sold_ahead",
    "inventory.routing_request": "orders.queries.routing.request_by_number",
    "customers.dealings_of": "orders.queries.dealings.dealings_of",
    "customers.bought": "orders.queries.buying.bought",
    "customers.bought_tables": "orders.queries.buying.bought_tables",
    "customers.buyers_of": "orders.queries.buying.buyers_of",
    "customers.returns_of": "fulfillment.queries.moments.returns_of",
    "customers.promises_to": "reporting.queries.buyers.promises_to",
    "customers.standing_of": "orders.queries.dealings.standing_of",
    "orders.invoiced": "compliance.queries.documents.invoiced_of",
    "orders.withdraw_lines": "fulfillment.operations.withdraw_lines",
    "orders.carriers": "fulfillment.queries.carriers",
    "orders.carrier_services": "fulfillment.queries.carrier_services",
    "orders.by_tracking": "fulfillment.queries.orders_by_tracking",
    "orders.claimable": "fulfillment.queries.claimable_shipments",
    "orders.documents_of": "fulfillment.queries.documents_of",
    "orders.handed_over": "fulfillment.queries.handed_over",
    "orders.recall_lines": "fulfillment.operations.recall_lines",
    "inventory.picked_units": "fulfillment.queries.picked_units",
    "inventory.picked_lots": "fulfillment.queries.picked_lots",
    "inventory.parcels_of_lot": "fulfillment.queries.parcels_of_lot",
    "orders.lots_of_lines": "fulfillment.queries.lots_of_lines",
}
