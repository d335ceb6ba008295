"""The seeded deals, tickets and subscriptions, each with its company and the person it is about."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal import people
from hsai_kit.sandbox.portal.conversations import pick_conversation
from hsai_kit.sandbox.portal.definitions.processes import RENEWALS, SALES, SUPPORT
from hsai_kit.sandbox.portal.records.record_factory import NOW, RecordFactory, days_ago, later, owner_id, stamp

if TYPE_CHECKING:
    from random import Random

    from hsai_kit.sandbox.portal.model import Record

_WARES = ("Inventory", "Forecasting", "Shipping", "Returns", "Full suite", "Analytics")
_REASONS = ("Price", "Chose another vendor", "No budget this year", "Project stopped", "Missing interface")
_CATEGORIES = {"Charged twice": "BILLING_ISSUE", "Please add a filter": "FEATURE_REQUEST"}
_SEAT_PRICES = {"starter": 19, "team": 34, "business": 52}


def add_deals(making: RecordFactory, rng: Random, count: int) -> None:
    """Add deals, seven in ten of them new business."""
    for _ in range(count):
        contact, company = someone(making, rng)
        pipeline = SALES if rng.random() < 0.7 else RENEWALS
        stage = rng.choices(pipeline.stages, (12, 10, 9, 7, 6, 30, 26) if pipeline is SALES else (3, 2, 1, 5, 2))[0]
        closed = stage.metadata["isClosed"] == "true"
        created = days_ago(rng, 900, 10)
        close = created + (NOW - created) * rng.random() if closed else NOW + timedelta(days=rng.randrange(-15, 150))
        what = rng.choice(_WARES) if pipeline is SALES else f"Renewal {close.year}"
        customer = (company and company.properties.get("name")) or full_name(contact) or "Unnamed"
        amount = f"{rng.randrange(8, 900) * 150}" + rng.choice(("", "", "", ".50"))
        properties = {
            "dealname": f"{customer} - {what}",
            "amount": amount if rng.random() < 0.92 else "",
            "closedate": stamp(close),
            "pipeline": pipeline.id,
            "dealstage": stage.id,
            "dealtype": "newbusiness" if pipeline is SALES else "existingbusiness",
            "hs_priority": rng.choices(("", "low", "medium", "high"), (50, 15, 20, 15))[0],
            "hubspot_owner_id": owner_id(rng),
            "hs_next_step": "" if closed or rng.random() < 0.5 else f"Call in {rng.randrange(2, 20)} days",
            "closed_lost_reason": rng.choice(_REASONS) if stage.metadata["probability"] == "0.0" else "",
            "hs_deal_stage_probability": stage.metadata["probability"],
        }
        record = making.add("deals", properties, created, later(rng, created))
        making.link("deals", record, "contacts", contact)
        making.link("deals", record, "companies", company, primary=True)


def add_tickets(making: RecordFactory, rng: Random, count: int) -> None:
    """Add tickets; the facts in their texts are kept as truth."""
    for _ in range(count):
        contact, company = someone(making, rng)
        stage = rng.choices(SUPPORT.stages, (20, 15, 15, 50))[0]
        created = days_ago(rng, 700)
        said = pick_conversation(rng, "tickets", names(rng, contact, company), created)
        updated = later(rng, created)
        properties = {
            "subject": said.subject,
            "content": said.text,
            "hs_pipeline": SUPPORT.id,
            "hs_pipeline_stage": stage.id,
            "hs_ticket_priority": rng.choices(("", "LOW", "MEDIUM", "HIGH", "URGENT"), (20, 25, 30, 20, 5))[0],
            "hs_ticket_category": _CATEGORIES.get(said.subject, "PRODUCT_ISSUE") if rng.random() < 0.6 else "",
            "source_type": rng.choice(("EMAIL", "EMAIL", "FORM", "CHAT", "PHONE")),
            "hubspot_owner_id": owner_id(rng),
            "closed_date": stamp(updated) if stage.label == "Closed" else "",
        }
        record = making.add("tickets", properties, created, updated)
        making.note_truth("tickets", "facts", record, json.dumps(said.facts, ensure_ascii=False))
        making.link("tickets", record, "contacts", contact)
        making.link("tickets", record, "companies", company, primary=True)


def add_subscriptions(making: RecordFactory, rng: Random, count: int) -> None:
    """Add what customers have subscribed to, the portal's custom object."""
    for _ in range(count):
        contact, company = someone(making, rng)
        plan = rng.choice(tuple(_SEAT_PRICES))
        seats = rng.choice((5, 10, 15, 25, 40, 80))
        created = days_ago(rng, 900, 20)
        customer = (company and company.properties.get("name")) or full_name(contact) or "Unnamed"
        properties = {
            "subscription_name": f"{customer} ({plan}, {seats} seats)",
            "plan": plan,
            "seats": str(seats),
            "monthly_price": str(seats * _SEAT_PRICES[plan]),
            "started_on": f"{created:%Y-%m-%d}",
            "renews_on": f"{NOW + timedelta(days=rng.randrange(1, 365)):%Y-%m-%d}",
            "auto_renew": rng.choices(("true", "false"), (80, 20))[0],
            "hubspot_owner_id": owner_id(rng),
        }
        record = making.add("subscriptions", properties, created, later(rng, created))
        making.link("subscriptions", record, "contacts", contact)
        making.link("subscriptions", record, "companies", company)


def someone(making: RecordFactory, rng: Random) -> tuple[Record, Record | None]:
    """Pick a contact, some far more often than others, and the company that goes with it."""
    contacts = making.records["contacts"]
    contact = contacts[int(len(contacts) * rng.random() ** 1.7)]
    return contact, making.employers.get(contact.id)


def full_name(contact: Record) -> str:
    """Give the contact's name as far as it is known."""
    parts = (contact.properties.get("firstname"), contact.properties.get("lastname"))
    return " ".join(part for part in parts if part)


def names(rng: Random, contact: Record, company: Record | None) -> dict[str, str]:
    """Give the names that a conversation with this contact mentions."""
    return {
        "who": contact.properties.get("firstname") or "our contact",
        "company": (company and company.properties.get("name")) or "the customer",
        "owner": rng.choice(("Dana", "Marcus", "Inês", "Tom", "Priya")),
        "person": f"{rng.choice(people.FIRST_NAMES)} {rng.choice(people.LAST_NAMES)}",
    }
