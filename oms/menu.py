"""What stands in the sidebar of the back office, by kind of work.

Pages are named, never imported, so that this file knows no app. An entry is shown when its page
exists and the person may open it (`oms/navigation.py`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the sidebar."""

    title: str
    icon: str
    url: str  # name of the page inside the admin
    permission: str = ""
    waiting: str = ""  # name of a count


# What the counts beside the entries mean.
COUNTED = {
    "late": "late",
    "holds": "need a person",
    "tasks": "to do",
    "duplicates": "to decide",
    "to_ship": "not started",
    "late_supply": "late",
    "counted": "to approve",
    "unproven": "not proven",
    "to_buy": "to decide",
    "gateway": "refused",
    "bank": "not booked",
    "returns": "requested",
    "came_back": "to decide",
    "claims": "due",
}


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work: a group of the sidebar."""

    title: str
    pages: tuple[Page, ...]
    folded: bool = False


FINANCE = Work(
    "Finance",
    (
        Page("Money on its way", "finance", "orders_finance", "orders.view_payment"),
        Page("Payments", "payments", "orders_payment_changelist", "orders.view_payment"),
        Page("Bank lines", "account_balance", "orders_bankline_changelist", "orders.view_bankline",
             "bank"),
        Page("Bank statements", "request_page", "orders_bankstatement_changelist",
             "orders.view_bankstatement"),
        Page("Bank accounts", "savings", "orders_bankaccount_changelist",
             "orders.view_bankaccount"),
        Page("Cash on delivery", "local_atm", "orders_cash", "orders.view_remittance"),
        Page("Remittances", "receipt", "orders_remittance_changelist", "orders.view_remittance"),
        Page("Gateway requests", "contactless", "orders_gatewayrequest_changelist",
             "orders.view_gatewayrequest", "gateway"),
        Page("Store credit", "card_giftcard", "orders_storecredit_changelist",
             "orders.view_storecredit"),
        Page("Ledger", "menu_book", "reporting_ledger", "orders.view_payment"),
    ),
)  # fmt: skip
RETURNS = Work(
    "Returns",
    (
        Page("Returns", "assignment_return", "fulfillment_return_changelist",
             "fulfillment.view_return", "returns"),
        Page("Receive returns", "barcode_scanner", "fulfillment_return_desk",
             "fulfillment.change_return"),
        Page("Came back", "keyboard_return", "fulfillment_originreturn_changelist",
             "fulfillment.view_originreturn", "came_back"),
        Page("Claims", "gavel", "fulfillment_claim_changelist", "fulfillment.view_claim"),
        Page("Claims due", "alarm", "fulfillment_claims_due", "fulfillment.view_claim", "claims"),
    ),
)  # fmt: skip
SETTINGS = Work(
    "Settings",
    (
        Page("Allocation policies", "sort", "orders_allocationpolicy_changelist",
             "orders.view_allocationpolicy"),
        Page("Re-routing windows", "route", "orders_reroutewindow_changelist",
             "orders.view_reroutewindow"),
        Page("Transit times", "timer", "inventory_transittime_changelist",
             "inventory.view_transittime"),
        Page("Channels", "storefront", "orders_channel_changelist", "orders.view_channel"),
        Page("Replenishment policies", "tune", "inventory_replenishmentpolicy_changelist",
             "inventory.view_replenishmentpolicy"),
        Page("Hold types", "pan_tool_alt", "orders_holdtype_changelist", "orders.view_holdtype"),
        Page("SKU aliases", "alt_route", "orders_skualias_changelist", "orders.view_skualias"),
        Page("Country aliases", "language", "orders_countryalias_changelist",
             "orders.view_countryalias"),
        Page("Shipping aliases", "local_shipping", "orders_shippingalias_changelist",
             "orders.view_shippingalias"),
        Page("Known prices", "sell", "orders_knownprice_changelist", "orders.view_knownprice"),
        Page("Locations", "warehouse", "inventory_location_changelist", "inventory.view_location"),
        Page("Location services", "speed", "inventory_locationservice_changelist",
             "inventory.view_locationservice"),
        Page("Location groups", "workspaces", "inventory_locationgroup_changelist",
             "inventory.view_locationgroup"),
        Page("Holiday calendars", "event_busy", "inventory_holidaycalendar_changelist",
             "inventory.view_holidaycalendar"),
        Page("Reason codes", "label", "inventory_reasoncode_changelist",
             "inventory.view_reasoncode"),
        Page("Count policies", "rule", "inventory_countpolicy_changelist",
             "inventory.view_countpolicy"),
        Page("Return policies", "assignment_turned_in", "fulfillment_returnpolicy_changelist",
             "fulfillment.view_returnpolicy"),
        Page("Return reasons", "help", "fulfillment_returnreason_changelist",
             "fulfillment.view_returnreason"),
        Page("Carriers", "flight", "fulfillment_carrier_changelist", "fulfillment.view_carrier"),
        Page("Claim terms", "balance", "fulfillment_claimterms_changelist",
             "fulfillment.view_claimterms"),
        Page("Legal entities", "account_balance", "compliance_legalentity_changelist",
             "compliance.view_legalentity"),
        Page("Notification templates", "edit_note", "customers_notificationtemplate_changelist",
             "customers.view_notificationtemplate"),
        Page("Users", "badge", "oms_user_changelist", "oms.view_user"),
        Page("Roles", "key", "auth_group_changelist", "auth.view_group"),
        Page("API keys", "vpn_key", "oms_apikey_changelist", "oms.view_apikey"),
        Page("Webhooks", "webhook", "oms_webhookendpoint_changelist", "oms.view_webhookendpoint"),
        Page("Reactions", "conversion_path", "oms_delivery_changelist", "oms.view_delivery"),
        Page("Chores", "schedule", "oms_chore_changelist", "oms.view_chore"),
    ),
    folded=True,
)  # fmt: skip
WORK = (
    Work("", (Page("Home", "home", "index"),)),
    Work(
        "Orders",
        (
            Page("Orders", "receipt_long", "orders_order_changelist", "orders.view_order", "late"),
            Page(
                "Drafts and quotes",
                "edit_note",
                "orders_draftorder_changelist",
                "orders.view_draftorder",
            ),
            Page("Holds", "front_hand", "orders_hold_changelist", "orders.view_hold", "holds"),
            Page("Tasks", "task_alt", "orders_task_changelist", "orders.view_task", "tasks"),
            Page("Waiting for stock", "hourglass_empty", "orders_scarce", "orders.view_order"),
            Page(
                "Imports",
                "upload_file",
                "orders_importbatch_changelist",
                "orders.view_importbatch",
            ),
            Page("Rules", "rule", "orders_rule_changelist", "orders.view_rule"),
            Page(
                "Routing rules",
                "route",
                "inventory_routingruleset_changelist",
                "inventory.view_routingruleset",
            ),
        ),
    ),
    Work(
        "Stock",
        (
            Page(
                "Stock",
                "inventory_2",
                "inventory_stocklevel_changelist",
                "inventory.view_stocklevel",
            ),
            Page("Products", "sell", "inventory_product_changelist", "inventory.view_product"),
            Page(
                "Movements",
                "swap_vert",
                "inventory_stockmovement_changelist",
                "inventory.view_stockmovement",
            ),
            Page(
                "Inventory reports",
                "fact_check",
                "inventory_inventoryreport_changelist",
                "inventory.view_inventoryreport",
            ),
            Page("Fences", "fence", "inventory_fence_changelist", "inventory.view_fence"),
            Page(
                "Soft reservations",
                "shopping_basket",
                "inventory_softreservation_changelist",
                "inventory.view_softreservation",
            ),
            Page("Lots and serials", "qr_code_2", "inventory_lot_changelist", "inventory.view_lot"),
            Page(
                "Stock doctor",
                "stethoscope",
                "inventory_doctor",
                "inventory.view_stocklevel",
                "unproven",
            ),
            Page(
                "Counts",
                "fact_check",
                "inventory_count_changelist",
                "inventory.view_count",
                "counted",
            ),
        ),
    ),
    Work(
        "Supply",
        (
            Page(
                "Purchase orders",
                "shopping_cart",
                "inventory_purchaseorder_changelist",
                "inventory.view_purchaseorder",
                "late_supply",
            ),
            Page(
                "Receipts",
                "move_to_inbox",
                "inventory_goodsreceipt_changelist",
                "inventory.view_goodsreceipt",
            ),
            Page(
                "Transfers",
                "sync_alt",
                "inventory_transfer_changelist",
                "inventory.view_transfer",
            ),
            Page(
                "Replenishment",
                "shopping_basket",
                "inventory_replenishmentproposal_changelist",
                "inventory.view_replenishmentproposal",
                "to_buy",
            ),
            Page(
                "Suppliers",
                "factory",
                "inventory_supplier_changelist",
                "inventory.view_supplier",
            ),
        ),
    ),
    Work(
        "Fulfilment",
        (
            Page(
                "Fulfilment orders",
                "conveyor_belt",
                "fulfillment_fulfillmentorder_changelist",
                "fulfillment.view_fulfillmentorder",
                "to_ship",
            ),
            Page(
                "Shipments",
                "local_shipping",
                "fulfillment_shipment_changelist",
                "fulfillment.view_shipment",
            ),
        ),
    ),
    RETURNS,
    Work(
        "Customers",
        (
            Page("Customers", "group", "customers_customer_changelist", "customers.view_customer"),
            Page(
                "Segments", "filter_alt", "customers_segment_changelist", "customers.view_segment"
            ),
            Page("Companies", "domain", "customers_company_changelist", "customers.view_company"),
            Page(
                "Price lists",
                "price_change",
                "orders_pricelist_changelist",
                "orders.view_pricelist",
            ),
            Page(
                "Payment terms",
                "event_available",
                "customers_paymentterms_changelist",
                "customers.view_paymentterms",
            ),
            Page(
                "Duplicates",
                "group_work",
                "customers_duplicatepair_changelist",
                "customers.view_duplicatepair",
                "duplicates",
            ),
            Page(
                "Notifications",
                "mail",
                "customers_notification_changelist",
                "customers.view_notification",
            ),
        ),
    ),
    FINANCE,
    Work(
        "Reports",
        (
            Page("Dashboard", "monitoring", "reporting_dashboard", "reporting.view_dailysales"),
            Page("Promises kept", "handshake", "reporting_promises", "reporting.view_dailysales"),
            Page(
                "Returns by reason", "pie_chart", "reporting_returns", "reporting.view_dailysales"
            ),
            Page("Stock turnover", "autorenew", "reporting_stock", "reporting.view_dailysales"),
            Page("Lots and expiry", "event_busy", "reporting_lots", "reporting.view_dailysales"),
            Page("Count accuracy", "target", "inventory_count_accuracy", "inventory.view_count"),
            Page(
                "Stock valuation",
                "account_balance_wallet",
                "reporting_valuation",
                "inventory.view_costentry",
            ),
            Page("Jobs and exports", "pending_actions", "oms_job_changelist", "oms.view_job"),
        ),
    ),
    Work(
        "Compliance",
        (
            Page(
                "Invoices",
                "request_quote",
                "compliance_invoice_changelist",
                "compliance.view_invoice",
            ),
            Page("Tax report", "summarize", "compliance_tax_report", "compliance.view_invoice"),
            Page("Audit trail", "policy", "compliance_audit", "oms.view_event"),
            Page(
                "Privacy requests",
                "shield_person",
                "compliance_privacyrequest_changelist",
                "compliance.view_privacyrequest",
            ),
            Page(
                "Tax rates", "percent", "compliance_taxrate_changelist", "compliance.view_taxrate"
            ),
            Page("Events", "timeline", "oms_event_changelist", "oms.view_event"),
        ),
        folded=True,
    ),
    SETTINGS,
)
