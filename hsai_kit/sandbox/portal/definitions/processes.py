"""What goes through pipelines: deals and tickets; and the pipelines themselves."""

from __future__ import annotations

from dataclasses import replace

from hsai_kit.sandbox.portal.definitions.parts import (
    choice,
    formula,
    moment,
    number,
    owner,
    pipeline,
    pipeline_choice,
    read_only,
    stage_choice,
    text,
)
from hsai_kit.sandbox.portal.model import ObjectType, PropertyGroup

SALES = pipeline(
    "default", "deals", "Sales Pipeline", 0, "probability",
    "appointmentscheduled: Appointment Scheduled: 0.2", "qualifiedtobuy: Qualified To Buy: 0.4",
    "presentationscheduled: Presentation Scheduled: 0.6", "decisionmakerboughtin: Decision Maker Bought-In: 0.8",
    "contractsent: Contract Sent: 0.9", "closedwon: Closed Won: 1.0", "closedlost: Closed Lost: 0.0",
)  # fmt: skip
RENEWALS = pipeline(
    "71402210", "deals", "Renewals", 1, "probability",
    "138022401: Coming up: 0.5", "138022402: Terms sent: 0.7", "138022403: At risk: 0.3", "138022404: Renewed: 1.0",
    "138022405: Churned: 0.0",
)  # fmt: skip
# These two have labels that another pipeline of their object type has as well, and no records at first.
PARTNERS = pipeline(
    "71402211", "deals", "Partner sales", 2, "probability",
    "138022411: Registered: 0.1", "138022412: Contract Sent: 0.8", "138022413: Closed Won: 1.0",
    "138022414: Closed Lost: 0.0",
)  # fmt: skip
SUPPORT = pipeline(
    "0", "tickets", "Support Pipeline", 0, "ticketState",
    "1: New: OPEN", "2: Waiting on contact: OPEN", "3: Waiting on us: OPEN", "4: Closed: CLOSED",
)  # fmt: skip
ONBOARDING = pipeline(
    "71402212", "tickets", "Onboarding", 1, "ticketState",
    "138022421: New: OPEN", "138022422: Kickoff held: OPEN", "138022423: Closed: CLOSED",
)  # fmt: skip
PIPELINES = (SALES, RENEWALS, PARTNERS, SUPPORT, ONBOARDING)

# Which properties hold pipeline and stage, by object type.
PIPELINE_PROPERTIES = {"deals": ("pipeline", "dealstage"), "tickets": ("hs_pipeline", "hs_pipeline_stage")}

_DEAL, _TICKET = "dealinformation", "ticketinformation"
_OURS = PropertyGroup("our_own_fields", "Our own fields", 2)

DEALS = ObjectType(
    name="deals",
    singular="deal",
    type_id="0-3",
    label="Deal",
    label_plural="Deals",
    primary_property="dealname",
    groups=(PropertyGroup(_DEAL, "Deal information", 0), PropertyGroup("deal_activity", "Deal activity", 1), _OURS),
    properties=(
        text("dealname", "Deal Name", _DEAL),
        number("amount", "Amount", _DEAL),
        moment("closedate", "Close Date", _DEAL),
        pipeline_choice("pipeline", _DEAL, SALES, RENEWALS, PARTNERS),
        stage_choice("dealstage", "Deal Stage", _DEAL, SALES, RENEWALS, PARTNERS),
        choice("dealtype", "Deal Type", _DEAL, "newbusiness: New Business",
               "existingbusiness: Existing Business", field_type="radio"),
        choice("hs_priority", "Priority", _DEAL, "low: Low", "medium: Medium", "high: High"),
        text("description", "Deal Description", _DEAL, field_type="textarea"),
        text("hs_next_step", "Next step", _DEAL),
        text("closed_lost_reason", "Closed Lost Reason", _DEAL, field_type="textarea"),
        text("ai_summary", "AI summary", _OURS.name, "What is known, in a few sentences.", field_type="textarea"),
        owner("Deal owner", _DEAL),
        formula("hs_deal_stage_probability", "Deal probability", _DEAL, "number"),
        read_only("hs_object_id", "Record ID", _DEAL, "number"),
        read_only("createdate", "Create Date", "deal_activity", "datetime"),
        read_only("hs_lastmodifieddate", "Last Modified Date", "deal_activity", "datetime"),
    ),
    default_properties=("amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate",
                        "hs_object_id", "pipeline"),
)  # fmt: skip

TICKETS = ObjectType(
    name="tickets",
    singular="ticket",
    type_id="0-5",
    label="Ticket",
    label_plural="Tickets",
    primary_property="subject",
    groups=(
        PropertyGroup(_TICKET, "Ticket information", 0),
        PropertyGroup("ticketactivity", "Ticket activity", 1),
        _OURS,
    ),
    properties=(
        replace(text("subject", "Ticket name", _TICKET), required=True),
        text("content", "Ticket description", _TICKET, field_type="textarea"),
        pipeline_choice("hs_pipeline", _TICKET, SUPPORT, ONBOARDING),
        stage_choice("hs_pipeline_stage", "Ticket status", _TICKET, SUPPORT, ONBOARDING),
        choice("hs_ticket_priority", "Priority", _TICKET, "LOW: Low", "MEDIUM: Medium", "HIGH: High",
               "URGENT: Urgent"),
        choice("hs_ticket_category", "Category", _TICKET, "PRODUCT_ISSUE: Product Issue",
               "BILLING_ISSUE: Billing Issue", "FEATURE_REQUEST: Feature Request",
               "GENERAL_INQUIRY: General Inquiry"),
        choice("source_type", "Source", _TICKET, "CHAT: Chat", "EMAIL: Email", "FORM: Form", "PHONE: Phone"),
        text("hs_resolution", "Resolution", _TICKET, field_type="textarea"),
        text("ai_summary", "AI summary", _OURS.name, "What is known, in a few sentences.",
             field_type="textarea"),
        owner("Ticket owner", _TICKET),
        read_only("hs_object_id", "Record ID", _TICKET, "number"),
        read_only("createdate", "Create date", "ticketactivity", "datetime"),
        read_only("hs_lastmodifieddate", "Last modified date", "ticketactivity", "datetime"),
        moment("closed_date", "Close date", "ticketactivity"),
    ),
    default_properties=("content", "createdate", "hs_lastmodifieddate", "hs_object_id", "hs_pipeline",
                        "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"),
)  # fmt: skip
