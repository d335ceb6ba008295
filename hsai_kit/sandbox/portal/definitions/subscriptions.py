"""The portal's one custom object: what a customer has subscribed to."""

from __future__ import annotations

from dataclasses import replace

from hsai_kit.sandbox.portal.definitions.parts import choice, date, number, owner, read_only, text, yes_no
from hsai_kit.sandbox.portal.model import ObjectType, PropertyGroup

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
