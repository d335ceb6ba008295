"""The seeded companies."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal import people
from hsai_kit.sandbox.portal.records.record_factory import NOW, RecordFactory, days_ago, later, owner_id
from hsai_kit.sandbox.portal.states import addresses

if TYPE_CHECKING:
    from random import Random

_STAGES = ("lead", "salesqualifiedlead", "opportunity", "customer", "other")
_STREETS = ("Example Ave", "Sample St", "Warehouse Rd", "Market St", "Mill Ln", "Industrial Pkwy")


def add_companies(making: RecordFactory, rng: Random, count: int) -> None:
    """Add companies with different names and domains; their states are as messy as the contacts'."""
    taken: set[str] = set()
    for address in addresses(rng, count):
        name, industry, first_part = people.company_name(rng)
        while first_part in taken:
            name, industry, first_part = people.company_name(rng)
        taken.add(first_part)
        domain = people.domain(rng, first_part)
        employees = int(rng.lognormvariate(3.8, 1.2)) + 2
        created = days_ago(rng, 1090, 30)
        stage = rng.choices(_STAGES, (30, 15, 20, 30, 5))[0]
        properties = {
            "name": name,
            "domain": domain,
            "website": f"https://www.{domain}",
            "phone": people.phone(rng, address.area_code),
            "address": street(rng),
            "city": address.city,
            "state": address.state,
            "zip": address.postal_code,
            "country": address.country,
            "industry": industry if rng.random() < 0.85 else "",
            "numberofemployees": str(employees) if rng.random() < 0.8 else "",
            "annualrevenue": str(employees * rng.randrange(90, 400) * 1000) if rng.random() < 0.6 else "",
            "description": _description(rng, name, employees) if rng.random() < 0.5 else "",
            "type": rng.choices(("PROSPECT", "PARTNER", "VENDOR", ""), (50, 8, 4, 38))[0],
            "founded_year": str(rng.randrange(1921, 2024)) if rng.random() < 0.3 else "",
            "lifecyclestage": stage,
            "hubspot_owner_id": owner_id(rng),
        }
        if stage == "customer":
            properties["renewal_date"] = f"{NOW + timedelta(days=rng.randrange(-20, 360)):%Y-%m-%d}"
        record = making.add("companies", properties, created, later(rng, created))
        making.note_truth("companies", "state", record, address.truth)


def street(rng: Random) -> str:
    """Invent a street address."""
    return f"{rng.randrange(10, 9900)} {rng.choice(_STREETS)}"


def _description(rng: Random, name: str, employees: int) -> str:
    sites = rng.randrange(1, 9)
    return rng.choice((
        f"{name} sells to retailers and runs {sites} warehouses with about {employees} people.",
        f"Family-owned since the start. {name} has {sites} sites, {employees} employees and a web shop.",
        f"Distributor with {sites} distribution centers; seasonal peaks before Christmas.",
    ))  # fmt: skip
