"""What goes through pipelines: deals and tickets; and the pipelines themselves."""

from __future__ import annotations

from hsai_kit.sandbox.portal.definitions.parts import choice, formula, moment, number, owner, read_only, text
from hsai_kit.sandbox.portal.model import ObjectType, Option, Pipeline, PipelineStage, PropertyDefinition, PropertyGroup


def _deal_stage(id: str, label: str, order: int, probability: str) -> PipelineStage:  # noqa: A002 — HubSpot's word
    closed = "true" if probability in {"0.0", "1.0"} else "false"
    return PipelineStage(id, label, order, {"isClosed": closed, "probability": probability})


def _ticket_stage(id: str, label: str, order: int) -> PipelineStage:  # noqa: A002 — HubSpot's word
    closed = label == "Closed"
    return PipelineStage(
        id, label, order, {"isClosed": str(closed).lower(), "ticketState": "CLOSED" if closed else "OPEN"}
    )


SALES = Pipeline(
    "default", "deals", "Sales Pipeline", 0,
    (
        _deal_stage("appointmentscheduled", "Appointment Scheduled", 0, "0.2"),
        _deal_stage("qualifiedtobuy", "Qualified To Buy", 1, "0.4"),
        _deal_stage("presentationscheduled", "Presentation Scheduled", 2, "0.6"),
        _deal_stage("decisionmakerboughtin", "Decision Maker Bought-In", 3, "0.8"),
        _deal_stage("contractsent", "Contract Sent", 4, "0.9"),
        _deal_stage("closedwon", "Closed Won", 5, "1.0"),
        _deal_stage("closedlost", "Closed Lost", 6, "0.0"),
    ),
)  # fmt: skip
RENEWALS = Pipeline(
    "71402210", "deals", "Renewals", 1,
    (
        _deal_stage("138022401", "Coming up", 0, "0.5"),
        _deal_stage("138022402", "Terms sent", 1, "0.7"),
        _deal_stage("138022403", "At risk", 2, "0.3"),
        _deal_stage("138022404", "Renewed", 3, "1.0"),
        _deal_stage("138022405", "Churned", 4, "0.0"),
    ),
)  # fmt: skip
SUPPORT = Pipeline(
    "0", "tickets", "Support Pipeline", 0,
    (
        _ticket_stage("1", "New", 0),
        _ticket_stage("2", "Waiting on contact", 1),
        _ticket_stage("3", "Waiting on us", 2),
        _ticket_stage("4", "Closed", 3),
    ),
)  # fmt: skip
PIPELINES = (SALES, RENEWALS, SUPPORT)

# Which properties hold pipeline and stage, by object type.
PIPELINE_PROPERTIES = {"deals": ("pipeline", "dealstage"), "tickets": ("hs_pipeline", "hs_pipeline_stage")}


def _pipeline(name: str, group: str, pipelines: tuple[Pipeline, ...]) -> PropertyDefinition:
    found = tuple(Option(pipeline.id, pipeline.label) for pipeline in pipelines)
    return PropertyDefinition(name, "Pipeline", "enumeration", "select", group, options=found)


def _stage(name: str, label: str, group: str, pipelines: tuple[Pipeline, ...]) -> PropertyDefinition:
    found = tuple(Option(stage.id, stage.label) for pipeline in pipelines for stage in pipeline.stages)
    return PropertyDefinition(name, label, "enumeration", "radio", group, options=found)


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
        _pipeline("pipeline", _DEAL, (SALES, RENEWALS)),
        _stage("dealstage", "Deal Stage", _DEAL, (SALES, RENEWALS)),
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

_SUBJECT = PropertyDefinition("subject", "Ticket name", "string", "text", _TICKET, required=True)

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
        _SUBJECT,
        text("content", "Ticket description", _TICKET, field_type="textarea"),
        _pipeline("hs_pipeline", _TICKET, (SUPPORT,)),
        _stage("hs_pipeline_stage", "Ticket status", _TICKET, (SUPPORT,)),
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
