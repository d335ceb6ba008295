"""What is sold and to whom it is offered: leads, products, line items, quotes, and the custom object."""

from __future__ import annotations

from dataclasses import replace

from hsai_kit.sandbox.portal.definitions.parts import (
    choice,
    date,
    number,
    owner,
    pipeline,
    pipeline_choice,
    read_only,
    small_type,
    stage_choice,
    text,
    yes_no,
)

PROSPECTS = pipeline(
    "lead-pipeline-id", "leads", "Lead pipeline", 0, "leadState",
    "new-stage-id: New: NEW", "attempting-stage-id: Attempting: IN_PROGRESS",
    "connected-stage-id: Connected: IN_PROGRESS", "qualified-stage-id: Qualified: QUALIFIED",
    "unqualified-stage-id: Disqualified: UNQUALIFIED",
)  # fmt: skip

_LEAD, _PRODUCT, _ITEM, _QUOTE = "lead_information", "productinformation", "lineiteminformation", "quoteinformation"
LEADS = small_type(
    "leads", "lead", "0-136", "Lead", _LEAD,
    replace(text("hs_lead_name", "Lead name", _LEAD), required=True),
    choice("hs_lead_type", "Lead type", _LEAD, "NEW_BUSINESS: New business", "UPSELL: Upsell",
           "RE_ATTEMPTING: Re-attempting"),
    choice("hs_lead_label", "Lead label", _LEAD, "COLD: Cold", "WARM: Warm", "HOT: Hot"),
    pipeline_choice("hs_pipeline", _LEAD, PROSPECTS),
    stage_choice("hs_pipeline_stage", "Lead stage", _LEAD, PROSPECTS),
    owner("Lead owner", _LEAD),
)  # fmt: skip
PRODUCTS = small_type(
    "products", "product", "0-7", "Product", _PRODUCT,
    replace(text("name", "Name", _PRODUCT), required=True),
    text("hs_sku", "SKU", _PRODUCT),
    text("description", "Product description", _PRODUCT, field_type="textarea"),
    number("price", "Unit price", _PRODUCT),
    number("hs_cost_of_goods_sold", "Unit cost", _PRODUCT),
    choice("recurringbillingfrequency", "Billing frequency", _PRODUCT, "monthly: Monthly", "annually: Annually"),
    created="createdate", shown=("description", "name", "price"),
)  # fmt: skip
LINE_ITEMS = small_type(
    "line_items", "line_item", "0-8", "Line item", _ITEM,
    text("name", "Name", _ITEM),
    number("hs_product_id", "Product ID", _ITEM),
    number("quantity", "Quantity", _ITEM),
    number("price", "Unit price", _ITEM),
    read_only("amount", "Net price", _ITEM, "number"),
    created="createdate",
)  # fmt: skip
QUOTES = small_type(
    "quotes", "quote", "0-14", "Quote", _QUOTE,
    replace(text("hs_title", "Quote title", _QUOTE), required=True),
    date("hs_expiration_date", "Expiration date", _QUOTE),
    choice("hs_status", "Quote status", _QUOTE, "DRAFT: Draft", "PENDING_APPROVAL: Pending approval",
           "APPROVED: Approved", "APPROVAL_NOT_NEEDED: Published", "REJECTED: Rejected"),
    read_only("hs_quote_amount", "Quote amount", _QUOTE, "number"),
    read_only("hs_public_url_key", "Public URL key", _QUOTE, "string"),
    owner("Quote owner", _QUOTE),
)  # fmt: skip

_GROUP = "subscription_information"
SUBSCRIPTIONS = small_type(
    "subscriptions", "subscription", "2-11000001", "Subscription", _GROUP,
    replace(text("subscription_name", "Subscription name", _GROUP), required=True),
    choice("plan", "Plan", _GROUP, "starter: Starter", "team: Team", "business: Business"),
    number("seats", "Seats", _GROUP),
    number("monthly_price", "Monthly price", _GROUP),
    date("started_on", "Started on", _GROUP),
    date("renews_on", "Renews on", _GROUP),
    yes_no("auto_renew", "Renews by itself", _GROUP),
    text("cancellation_reason", "Reason for cancelling", _GROUP, field_type="textarea"),
    owner("Subscription owner", _GROUP),
    shown=("subscription_name",), fully_qualified_name="p24681357_subscriptions",
)  # fmt: skip
GOALS = small_type(
    "goal_targets", "goal_target", "0-74", "Goal", "goal_target_information",
    text("hs_goal_name", "Goal name", "goal_target_information"),
    number("hs_target_amount", "Target", "goal_target_information"),
)  # fmt: skip
CONVERSATIONS = small_type(
    "conversations", "conversation", "0-11", "Conversation", "conversation_information",
    text("hs_thread_id", "Thread", "conversation_information"),
)  # fmt: skip
