"""The records of sales and support: deals, tickets, subscriptions, products, leads, line items and quotes."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal import people
from hsai_kit.sandbox.portal.conversations import pick_conversation
from hsai_kit.sandbox.portal.definitions.processes import RENEWALS, SALES, SUPPORT
from hsai_kit.sandbox.portal.definitions.sales import PROSPECTS
from hsai_kit.sandbox.portal.records.record_factory import (
    NOW,
    RecordFactory,
    format_moment,
    pick_days_ago,
    pick_later,
    pick_owner_id,
)

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hsai_kit.sandbox.portal.model import Record


_DEAL_SUBJECTS = ("Inventory", "Forecasting", "Shipping", "Returns", "Full suite", "Analytics")
_REASONS = ("Price", "Chose another vendor", "No budget this year", "Project stopped", "Missing interface")
_CATEGORIES = {"Charged twice": "BILLING_ISSUE", "Please add a filter": "FEATURE_REQUEST"}
_SEAT_PRICES = {"starter": 19, "team": 34, "business": 52}


def add_deals(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add deals, seven in ten of them new business."""
    for _ in range(count):
        contact, company = pick_person(factory, rng)
        pipeline = SALES if rng.random() < 0.7 else RENEWALS
        stage = rng.choices(pipeline.stages, (12, 10, 9, 7, 6, 30, 26) if pipeline is SALES else (3, 2, 1, 5, 2))[0]
        closed = stage.metadata["isClosed"] == "true"
        created = pick_days_ago(rng, 900, 10)
        close = created + (NOW - created) * rng.random() if closed else NOW + timedelta(days=rng.randrange(-15, 150))
        what = rng.choice(_DEAL_SUBJECTS) if pipeline is SALES else f"Renewal {close.year}"
        customer = (company and company.properties.get("name")) or join_names(contact) or "Unnamed"
        amount = f"{rng.randrange(8, 900) * 150}" + rng.choice(("", "", "", ".50"))
        properties = {
            "dealname": f"{customer} - {what}",
            "amount": amount if rng.random() < 0.92 else "",
            "closedate": format_moment(close),
            "pipeline": pipeline.id,
            "dealstage": stage.id,
            "dealtype": "newbusiness" if pipeline is SALES else "existingbusiness",
            "hs_priority": rng.choices(("", "low", "medium", "high"), (50, 15, 20, 15))[0],
            "hubspot_owner_id": pick_owner_id(rng),
            "hs_next_step": "" if closed or rng.random() < 0.5 else f"Call in {rng.randrange(2, 20)} days",
            "closed_lost_reason": rng.choice(_REASONS) if stage.metadata["probability"] == "0.0" else "",
            "hs_deal_stage_probability": stage.metadata["probability"],
        }
        record = factory.add("deals", properties, created, pick_later(rng, created))
        factory.link("deals", record, "contacts", contact)
        factory.link("deals", record, "companies", company, primary=True)


def add_tickets(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add tickets; the facts in their texts are kept as truth."""
    for _ in range(count):
        contact, company = pick_person(factory, rng)
        stage = rng.choices(SUPPORT.stages, (20, 15, 15, 50))[0]
        created = pick_days_ago(rng, 700)
        said = pick_conversation(rng, "tickets", collect_names(rng, contact, company), created)
        updated = pick_later(rng, created)
        properties = {
            "subject": said.subject,
            "content": said.text,
            "hs_pipeline": SUPPORT.id,
            "hs_pipeline_stage": stage.id,
            "hs_ticket_priority": rng.choices(("", "LOW", "MEDIUM", "HIGH", "URGENT"), (20, 25, 30, 20, 5))[0],
            "hs_ticket_category": _CATEGORIES.get(said.subject, "PRODUCT_ISSUE") if rng.random() < 0.6 else "",
            "source_type": rng.choice(("EMAIL", "EMAIL", "FORM", "CHAT", "PHONE")),
            "hubspot_owner_id": pick_owner_id(rng),
            "closed_date": format_moment(updated) if stage.label == "Closed" else "",
        }
        record = factory.add("tickets", properties, created, updated)
        factory.note_truth("tickets", "facts", record, json.dumps(said.facts, ensure_ascii=False))
        factory.link("tickets", record, "contacts", contact)
        factory.link("tickets", record, "companies", company, primary=True)


def add_subscriptions(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add what customers have subscribed to, the portal's custom object."""
    for _ in range(count):
        contact, company = pick_person(factory, rng)
        plan = rng.choice(tuple(_SEAT_PRICES))
        seats = rng.choice((5, 10, 15, 25, 40, 80))
        created = pick_days_ago(rng, 900, 20)
        customer = (company and company.properties.get("name")) or join_names(contact) or "Unnamed"
        properties = {
            "subscription_name": f"{customer} ({plan}, {seats} seats)",
            "plan": plan,
            "seats": str(seats),
            "monthly_price": str(seats * _SEAT_PRICES[plan]),
            "started_on": f"{created:%Y-%m-%d}",
            "renews_on": f"{NOW + timedelta(days=rng.randrange(1, 365)):%Y-%m-%d}",
            "auto_renew": rng.choices(("true", "false"), (80, 20))[0],
            "hubspot_owner_id": pick_owner_id(rng),
        }
        record = factory.add("subscriptions", properties, created, pick_later(rng, created))
        factory.link("subscriptions", record, "contacts", contact)
        factory.link("subscriptions", record, "companies", company)


def pick_person(factory: RecordFactory, rng: Random) -> tuple[Record, Record | None]:
    """Pick a contact, some far more often than others, and the company that goes with it."""
    contacts = factory.records["contacts"]
    contact = contacts[int(len(contacts) * rng.random() ** 1.7)]
    return contact, factory.employers.get(contact.id)


def join_names(contact: Record) -> str:
    """Give the contact's name as far as it is known."""
    parts = (contact.properties.get("firstname"), contact.properties.get("lastname"))
    return " ".join(part for part in parts if part)


def collect_names(rng: Random, contact: Record, company: Record | None) -> dict[str, str]:
    """Give the names that a conversation with this contact mentions."""
    return {
        "who": contact.properties.get("firstname") or "our contact",
        "company": (company and company.properties.get("name")) or "the customer",
        "owner": rng.choice(("Dana", "Marcus", "Inês", "Tom", "Priya")),
        "person": f"{rng.choice(people.FIRST_NAMES)} {rng.choice(people.LAST_NAMES)}",
    }


_PRODUCTS = (
    ("Inventory", "INV-1", 190), ("Forecasting", "FOR-1", 240), ("Shipping", "SHP-1", 130), ("Returns", "RET-1", 90),
    ("Analytics", "ANA-1", 310), ("Full suite", "SUI-1", 790), ("Onboarding", "SRV-1", 1500),
    ("Training day", "SRV-2", 1200), ("Priority support", "SRV-3", 260), ("Extra warehouse", "ADD-1", 60),
    ("Barcode scanner", "HW-1", 180), ("Label printer", "HW-2", 420),
)  # fmt: skip
_MONTHLY = ("INV", "FOR", "SHP", "RET", "ANA", "SUI", "ADD")


def add_products(factory: RecordFactory, rng: Random) -> None:
    """Add what the company sells: the same dozen in a portal of any size."""
    for name, sku, price in _PRODUCTS:
        properties = {
            "name": name,
            "hs_sku": sku,
            "price": str(price),
            "hs_cost_of_goods_sold": f"{price * 0.3:.2f}",
            "recurringbillingfrequency": "monthly" if sku.startswith(_MONTHLY) else "",
        }
        created = pick_days_ago(rng, 1000, 900)
        factory.add("products", properties, created, pick_later(rng, created))


def add_leads(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add leads, each about one contact and, where there is one, its company."""
    for _ in range(count):
        contact, company = pick_person(factory, rng)
        customer = join_names(contact) or (company and company.properties.get("name")) or "Unnamed"
        created = pick_days_ago(rng, 300)
        properties = {
            "hs_lead_name": f"{customer}, new business",
            "hs_lead_type": rng.choice(("NEW_BUSINESS", "NEW_BUSINESS", "UPSELL", "")),
            "hs_lead_label": rng.choice(("COLD", "WARM", "HOT", "")),
            "hs_pipeline": PROSPECTS.id,
            "hs_pipeline_stage": rng.choice(PROSPECTS.stages).id,
            "hubspot_owner_id": pick_owner_id(rng),
        }
        record = factory.add("leads", properties, created, pick_later(rng, created))
        factory.link("leads", record, "contacts", contact, primary=True)
        factory.link("leads", record, "companies", company)


def add_quotes(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add quotes with up to three line items, each for a deal that somebody is known of."""
    for contact, deal in factory.dealings[:count]:
        created = pick_days_ago(rng, 300)
        items = [_line_item(factory, rng, created) for _ in range(rng.randrange(1, 4))]
        properties = {
            "hs_title": f"{deal.properties.get('dealname', 'Offer')}, offer",
            "hs_expiration_date": f"{NOW + timedelta(days=rng.randrange(-60, 60)):%Y-%m-%d}",
            "hs_status": rng.choice(("DRAFT", "APPROVAL_NOT_NEEDED", "PENDING_APPROVAL", "APPROVED")),
            "hs_quote_amount": str(sum(int(item.properties["amount"] or 0) for item in items)),
            "hubspot_owner_id": deal.properties.get("hubspot_owner_id") or "",
        }
        quote = factory.add("quotes", properties, created, pick_later(rng, created))
        quote.properties["hs_public_url_key"] = blake2b(quote.id.encode(), digest_size=16).hexdigest()
        factory.link("quotes", quote, "deals", deal)
        factory.link("quotes", quote, "contacts", contact)
        factory.link("quotes", quote, "companies", factory.employers.get(contact.id))
        for item in items:
            factory.link("line_items", item, "deals", deal)
            factory.link("line_items", item, "quotes", quote)


def _line_item(factory: RecordFactory, rng: Random, created: datetime) -> Record:
    product = rng.choice(factory.records["products"])
    quantity = rng.choice((1, 1, 1, 2, 5, 10))
    properties = {
        "name": product.properties["name"] or "",
        "hs_product_id": product.id,
        "quantity": str(quantity),
        "price": product.properties["price"] or "",
        "amount": str(quantity * int(product.properties["price"] or 0)),
    }
    return factory.add("line_items", properties, created, created)
