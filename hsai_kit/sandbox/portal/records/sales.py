"""The seeded products, leads, line items and quotes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.definitions.sales import PROSPECTS
from hsai_kit.sandbox.portal.records.business import full_name, someone
from hsai_kit.sandbox.portal.records.record_factory import NOW, RecordFactory, days_ago, later, owner_id

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hsai_kit.sandbox.portal.model import Record

_WARES = (
    ("Inventory", "INV-1", 190), ("Forecasting", "FOR-1", 240), ("Shipping", "SHP-1", 130), ("Returns", "RET-1", 90),
    ("Analytics", "ANA-1", 310), ("Full suite", "SUI-1", 790), ("Onboarding", "SRV-1", 1500),
    ("Training day", "SRV-2", 1200), ("Priority support", "SRV-3", 260), ("Extra warehouse", "ADD-1", 60),
    ("Barcode scanner", "HW-1", 180), ("Label printer", "HW-2", 420),
)  # fmt: skip
_MONTHLY = ("INV", "FOR", "SHP", "RET", "ANA", "SUI", "ADD")


def add_products(making: RecordFactory, rng: Random) -> None:
    """Add what the company sells: the same dozen in a portal of any size."""
    for name, sku, price in _WARES:
        properties = {
            "name": name,
            "hs_sku": sku,
            "price": str(price),
            "hs_cost_of_goods_sold": f"{price * 0.3:.2f}",
            "recurringbillingfrequency": "monthly" if sku.startswith(_MONTHLY) else "",
        }
        created = days_ago(rng, 1000, 900)
        making.add("products", properties, created, later(rng, created))


def add_leads(making: RecordFactory, rng: Random, count: int) -> None:
    """Add leads, each about one contact and, where there is one, its company."""
    for _ in range(count):
        contact, company = someone(making, rng)
        customer = full_name(contact) or (company and company.properties.get("name")) or "Unnamed"
        created = days_ago(rng, 300)
        properties = {
            "hs_lead_name": f"{customer}, new business",
            "hs_lead_type": rng.choice(("NEW_BUSINESS", "NEW_BUSINESS", "UPSELL", "")),
            "hs_lead_label": rng.choice(("COLD", "WARM", "HOT", "")),
            "hs_pipeline": PROSPECTS.id,
            "hs_pipeline_stage": rng.choice(PROSPECTS.stages).id,
            "hubspot_owner_id": owner_id(rng),
        }
        record = making.add("leads", properties, created, later(rng, created))
        making.link("leads", record, "contacts", contact, primary=True)
        making.link("leads", record, "companies", company)


def add_quotes(making: RecordFactory, rng: Random, count: int) -> None:
    """Add quotes with up to three line items, each for a deal that somebody is known of."""
    for contact, deal in making.dealings[:count]:
        created = days_ago(rng, 300)
        items = [_line_item(making, rng, created) for _ in range(rng.randrange(1, 4))]
        properties = {
            "hs_title": f"{deal.properties.get('dealname', 'Offer')}, offer",
            "hs_expiration_date": f"{NOW + timedelta(days=rng.randrange(-60, 60)):%Y-%m-%d}",
            "hs_status": rng.choice(("DRAFT", "APPROVAL_NOT_NEEDED", "PENDING_APPROVAL", "APPROVED")),
            "hs_quote_amount": str(sum(int(item.properties["amount"] or 0) for item in items)),
            "hubspot_owner_id": deal.properties.get("hubspot_owner_id") or "",
        }
        quote = making.add("quotes", properties, created, later(rng, created))
        making.link("quotes", quote, "deals", deal)
        making.link("quotes", quote, "contacts", contact)
        making.link("quotes", quote, "companies", making.employers.get(contact.id))
        for item in items:
            making.link("line_items", item, "deals", deal)
            making.link("line_items", item, "quotes", quote)


def _line_item(making: RecordFactory, rng: Random, created: datetime) -> Record:
    product = rng.choice(making.records["products"])
    quantity = rng.choice((1, 1, 1, 2, 5, 10))
    properties = {
        "name": product.properties["name"] or "",
        "hs_product_id": product.id,
        "quantity": str(quantity),
        "price": product.properties["price"] or "",
        "amount": str(quantity * int(product.properties["price"] or 0)),
    }
    return making.add("line_items", properties, created, created)
