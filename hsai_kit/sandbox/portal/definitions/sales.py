"""What is sold and to whom it is offered: leads, products, line items and quotes."""

from __future__ import annotations

from dataclasses import replace

from hsai_kit.sandbox.portal.definitions.parts import choice, date, number, owner, read_only, text, yes_no
from hsai_kit.sandbox.portal.model import ObjectType, Option, Pipeline, PipelineStage, PropertyDefinition, PropertyGroup


def _lead_stage(id: str, label: str, order: int, state: str) -> PipelineStage:  # noqa: A002 — HubSpot's word
    closed = str(state in {"QUALIFIED", "UNQUALIFIED"}).lower()
    return PipelineStage(id, label, order, {"isClosed": closed, "leadState": state})


PROSPECTS = Pipeline(
    "lead-pipeline-id", "leads", "Lead pipeline", 0,
    (
        _lead_stage("new-stage-id", "New", 0, "NEW"),
        _lead_stage("attempting-stage-id", "Attempting", 1, "IN_PROGRESS"),
        _lead_stage("connected-stage-id", "Connected", 2, "IN_PROGRESS"),
        _lead_stage("qualified-stage-id", "Qualified", 3, "QUALIFIED"),
        _lead_stage("unqualified-stage-id", "Disqualified", 4, "UNQUALIFIED"),
    ),
)  # fmt: skip


def _stamps(group: str, created: str) -> tuple[PropertyDefinition, ...]:
    return (
        read_only("hs_object_id", "Record ID", group, "number"),
        read_only(created, "Create date", group, "datetime"),
        read_only("hs_lastmodifieddate", "Last modified date", group, "datetime"),
    )


LEADS = ObjectType(
    name="leads",
    singular="lead",
    type_id="0-136",
    label="Lead",
    label_plural="Leads",
    primary_property="hs_lead_name",
    groups=(PropertyGroup("lead_information", "Lead information", 0),),
    properties=(
        replace(text("hs_lead_name", "Lead name", "lead_information"), required=True),
        choice("hs_lead_type", "Lead type", "lead_information", "NEW_BUSINESS: New business", "UPSELL: Upsell",
               "RE_ATTEMPTING: Re-attempting"),
        choice("hs_lead_label", "Lead label", "lead_information", "COLD: Cold", "WARM: Warm", "HOT: Hot"),
        PropertyDefinition("hs_pipeline", "Pipeline", "enumeration", "select", "lead_information",
                           options=(Option(PROSPECTS.id, PROSPECTS.label),)),
        PropertyDefinition("hs_pipeline_stage", "Lead stage", "enumeration", "radio", "lead_information",
                           options=tuple(Option(stage.id, stage.label) for stage in PROSPECTS.stages)),
        owner("Lead owner", "lead_information"),
        *_stamps("lead_information", "hs_createdate"),
    ),
    default_properties=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
)  # fmt: skip
PRODUCTS = ObjectType(
    name="products",
    singular="product",
    type_id="0-7",
    label="Product",
    label_plural="Products",
    primary_property="name",
    groups=(PropertyGroup("productinformation", "Product information", 0),),
    properties=(
        replace(text("name", "Name", "productinformation"), required=True),
        text("hs_sku", "SKU", "productinformation"),
        text("description", "Product description", "productinformation", field_type="textarea"),
        number("price", "Unit price", "productinformation"),
        number("hs_cost_of_goods_sold", "Unit cost", "productinformation"),
        choice("recurringbillingfrequency", "Billing frequency", "productinformation", "monthly: Monthly",
               "annually: Annually"),
        *_stamps("productinformation", "createdate"),
    ),
    default_properties=("createdate", "description", "hs_lastmodifieddate", "hs_object_id", "name", "price"),
)  # fmt: skip
LINE_ITEMS = ObjectType(
    name="line_items",
    singular="line_item",
    type_id="0-8",
    label="Line item",
    label_plural="Line items",
    primary_property="name",
    groups=(PropertyGroup("lineiteminformation", "Line item information", 0),),
    properties=(
        text("name", "Name", "lineiteminformation"),
        number("hs_product_id", "Product ID", "lineiteminformation"),
        number("quantity", "Quantity", "lineiteminformation"),
        number("price", "Unit price", "lineiteminformation"),
        read_only("amount", "Net price", "lineiteminformation", "number"),
        *_stamps("lineiteminformation", "createdate"),
    ),
    default_properties=("createdate", "hs_lastmodifieddate", "hs_object_id"),
)
QUOTES = ObjectType(
    name="quotes",
    singular="quote",
    type_id="0-14",
    label="Quote",
    label_plural="Quotes",
    primary_property="hs_title",
    groups=(PropertyGroup("quoteinformation", "Quote information", 0),),
    properties=(
        replace(text("hs_title", "Quote title", "quoteinformation"), required=True),
        date("hs_expiration_date", "Expiration date", "quoteinformation"),
        choice("hs_status", "Quote status", "quoteinformation", "DRAFT: Draft", "PENDING_APPROVAL: Pending approval",
               "APPROVED: Approved", "APPROVAL_NOT_NEEDED: Published", "REJECTED: Rejected"),
        read_only("hs_quote_amount", "Quote amount", "quoteinformation", "number"),
        owner("Quote owner", "quoteinformation"),
        *_stamps("quoteinformation", "hs_createdate"),
    ),
    default_properties=("hs_createdate", "hs_lastmodifieddate", "hs_object_id"),
)  # fmt: skip


_GROUP = "subscription_information"

SUBSCRIPTIONS = ObjectType(
    name="subscriptions",
    singular="subscription",
    type_id="2-11000001",
    label="Subscription",
    label_plural="Subscriptions",
    primary_property="subscription_name",
    groups=(PropertyGroup(_GROUP, "Subscription information", 0),),
    properties=(
        replace(text("subscription_name", "Subscription name", _GROUP), required=True),
        choice("plan", "Plan", _GROUP, "starter: Starter", "team: Team", "business: Business"),
        number("seats", "Seats", _GROUP),
        number("monthly_price", "Monthly price", _GROUP),
        date("started_on", "Started on", _GROUP),
        date("renews_on", "Renews on", _GROUP),
        yes_no("auto_renew", "Renews by itself", _GROUP),
        text("cancellation_reason", "Reason for cancelling", _GROUP, field_type="textarea"),
        owner("Subscription owner", _GROUP),
        read_only("hs_object_id", "Record ID", _GROUP, "number"),
        read_only("hs_createdate", "Create date", _GROUP, "datetime"),
        read_only("hs_lastmodifieddate", "Last modified date", _GROUP, "datetime"),
    ),
    default_properties=("hs_createdate", "hs_lastmodifieddate", "hs_object_id", "subscription_name"),
    custom=True,
    fully_qualified_name="p24681357_subscriptions",
)
