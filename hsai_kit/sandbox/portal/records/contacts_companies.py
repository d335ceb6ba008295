"""The records of contacts and companies, with the truth about each contact."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal import people
from hsai_kit.sandbox.portal.account import TODAY
from hsai_kit.sandbox.portal.definitions.contacts_companies import SOURCES
from hsai_kit.sandbox.portal.enquiries import pick_enquiry
from hsai_kit.sandbox.portal.hostile import MERGE
from hsai_kit.sandbox.portal.places import STATE_BY_CODE, STATES
from hsai_kit.sandbox.portal.records.record_factory import (
    NOW,
    RecordFactory,
    format_moment,
    pick_days_ago,
    pick_later,
    pick_owner_id,
)
from hsai_kit.sandbox.portal.states import Address, make_addresses

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hsai_kit.sandbox.portal.model import Record


_LIFECYCLE = {
    "subscriber": 14, "lead": 38, "marketingqualifiedlead": 14, "salesqualifiedlead": 8, "opportunity": 8,
    "customer": 14, "evangelist": 1, "other": 3,
}  # fmt: skip
_LEAD_STATUS = {
    "NEW": 20, "OPEN": 15, "IN_PROGRESS": 10, "OPEN_DEAL": 5, "UNQUALIFIED": 8, "ATTEMPTED_TO_CONTACT": 12,
    "CONNECTED": 10, "BAD_TIMING": 3, "NURTURE_2023": 1, "": 40,
}  # fmt: skip
_INTERESTS = ("inventory", "forecasting", "shipping", "returns", "analytics")
_SIZES = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
_SOURCES = tuple(source.partition(":")[0] for source in SOURCES)


def add_contacts(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add contacts, three quarters of them at one of the companies, with an e-mail address at its domain."""
    companies = factory.records["companies"]
    taken: set[str] = set()
    for address in make_addresses(rng, count):
        if str(factory.next_ids["contacts"]) == MERGE.old_id:
            factory.next_ids["contacts"] += 1
        # Large customers come first and have many contacts, most companies have a few.
        company = companies[int(len(companies) * rng.random() ** 1.6)] if rng.random() < 0.76 else None
        created = pick_days_ago(rng, 1095) if rng.random() < 0.6 else pick_days_ago(rng, 400)
        updated = pick_later(rng, created)
        employer = (company and company.properties.get("name")) or ""
        properties = (
            _make_person(rng, company, taken) | _make_address(rng, address) | _make_progress(rng, created, updated)
        )
        properties |= {"company": _as_typed(rng, employer)}
        text, lead_class = pick_enquiry(rng, employer) if rng.random() < 0.42 else ("", "")
        properties["how_can_we_help"] = text
        if rng.random() < 0.06:
            properties["lead_class"] = lead_class
        record = factory.add("contacts", properties, created, updated)
        factory.link("contacts", record, "companies", company, primary=True)
        factory.note_truth("contacts", "state", record, address.truth)
        if text:
            factory.note_truth("contacts", "lead_class", record, lead_class)


def _make_person(rng: Random, company: Record | None, taken: set[str]) -> dict[str, str]:
    first, last = rng.choice(people.FIRST_NAMES), rng.choice(people.LAST_NAMES)
    host = (company and company.properties.get("domain")) or ""
    email = people.make_email(rng, first, last, host)
    while email in taken:
        first, last = rng.choice(people.FIRST_NAMES), rng.choice(people.LAST_NAMES)
        email = people.make_email(rng, first, last, host)
    taken.add(email)
    if rng.random() < 0.03:
        email = ""
    styled = rng.random()
    if styled < 0.03:
        first, last = first.lower(), last.lower()
    elif styled < 0.04:
        first, last = first.upper(), last.upper()
    return {
        "email": email,
        "hs_email_domain": email.partition("@")[2],
        "firstname": first if rng.random() < 0.97 else "",
        "lastname": last if rng.random() < 0.94 else "",
        "salutation": rng.choices(("", "Ms.", "Mr.", "Dr."), (90, 4, 4, 2))[0],
        "jobtitle": rng.choice(people.JOB_TITLES) if rng.random() < 0.7 else "",
        "num_employees": rng.choice(_SIZES) if rng.random() < 0.3 else "",
        "annualrevenue": rng.choice(("", "", "", "1M-5M", "$2,500,000", "n/a", "10 million", "5000000")),
        "product_interest": ";".join(one for one in _INTERESTS if rng.random() < 0.15),
        "seats_planned": str(rng.randrange(3, 150)) if rng.random() < 0.2 else "",
        "newsletter_opt_in": rng.choices(("true", "false", ""), (30, 30, 40))[0],
        "hs_email_optout": rng.choices(("true", ""), (7, 93))[0],
        "hs_language": rng.choices(("", "en", "en-us", "es", "de"), (60, 20, 14, 4, 2))[0],
    }


def _make_address(rng: Random, address: Address) -> dict[str, str]:
    """Fill in the address; what the visitor's network says about it is often somewhere else."""
    properties = {
        "state": address.state,
        "country": address.country,
        "city": address.city,
        "zip": address.postal_code,
        "address": make_street(rng) if address.city and rng.random() < 0.5 else "",
        "phone": people.make_phone(rng, address.area_code) if rng.random() < 0.75 else "",
        "mobilephone": people.make_phone(rng, address.area_code) if rng.random() < 0.15 else "",
    }
    if address.truth and rng.random() < 0.08:
        properties |= {"hs_state_code": address.truth, "hs_country_region_code": "US"}
    if rng.random() < 0.45:
        same = address.truth in STATE_BY_CODE and rng.random() < 0.65
        seen = STATE_BY_CODE[address.truth] if same else rng.choice(STATES[:50])
        properties |= {
            "ip_city": rng.choice(seen.cities)[0].lower(),
            "ip_state": seen.name.lower(),
            "ip_state_code": seen.code.lower(),
            "ip_country": "united states",
        }
    return properties


def _make_progress(rng: Random, created: datetime, updated: datetime) -> dict[str, str]:
    stage = rng.choices(tuple(_LIFECYCLE), tuple(_LIFECYCLE.values()))[0]
    properties = {
        "lifecyclestage": stage if rng.random() < 0.97 else "",
        "hs_lead_status": rng.choices(tuple(_LEAD_STATUS), tuple(_LEAD_STATUS.values()))[0],
        "hubspot_owner_id": pick_owner_id(rng),
        "hubspotscore": str(rng.randrange(0, 90)) if rng.random() < 0.7 else "",
        "hs_analytics_source": rng.choices(_SOURCES, (30, 12, 10, 8, 12, 16, 12))[0],
    }
    if stage == "customer":
        since = created + (updated - created) * rng.random()
        properties["hs_lifecyclestage_customer_date"] = format_moment(since)
        end = since
        while f"{end:%Y-%m-%d}" < TODAY:
            end += timedelta(days=365)
        properties["contract_end_date"] = f"{end:%Y-%m-%d}"
    return properties


def _as_typed(rng: Random, employer: str) -> str:
    """Write the employer as people do: in short, in lower case, not at all."""
    chance = rng.random()
    if chance < 0.2:
        return ""
    if chance < 0.35:
        return employer.removesuffix(",").rpartition(" ")[0] or employer
    return employer.lower() if chance < 0.4 else employer


_STAGES = ("lead", "salesqualifiedlead", "opportunity", "customer", "other")
_STREETS = ("Example Ave", "Sample St", "Warehouse Rd", "Market St", "Mill Ln", "Industrial Pkwy")


def add_companies(factory: RecordFactory, rng: Random, count: int) -> None:
    """Add companies with different names and domains; their states are as messy as the contacts'."""
    taken: set[str] = set()
    for address in make_addresses(rng, count):
        name, industry, first_part = people.make_company_name(rng)
        while first_part in taken:
            name, industry, first_part = people.make_company_name(rng)
        taken.add(first_part)
        domain = people.make_domain(rng, first_part)
        employees = int(rng.lognormvariate(3.8, 1.2)) + 2
        created = pick_days_ago(rng, 1090, 30)
        stage = rng.choices(_STAGES, (30, 15, 20, 30, 5))[0]
        properties = {
            "name": name,
            "domain": domain,
            "website": f"https://www.{domain}",
            "phone": people.make_phone(rng, address.area_code),
            "address": make_street(rng),
            "city": address.city,
            "state": address.state,
            "zip": address.postal_code,
            "country": address.country,
            "industry": industry if rng.random() < 0.85 else "",
            "numberofemployees": str(employees) if rng.random() < 0.8 else "",
            "annualrevenue": str(employees * rng.randrange(90, 400) * 1000) if rng.random() < 0.6 else "",
            "description": _make_description(rng, name, employees) if rng.random() < 0.5 else "",
            "type": rng.choices(("PROSPECT", "PARTNER", "VENDOR", ""), (50, 8, 4, 38))[0],
            "founded_year": str(rng.randrange(1921, 2024)) if rng.random() < 0.3 else "",
            "lifecyclestage": stage,
            "hubspot_owner_id": pick_owner_id(rng),
        }
        if stage == "customer":
            properties["renewal_date"] = f"{NOW + timedelta(days=rng.randrange(-20, 360)):%Y-%m-%d}"
        record = factory.add("companies", properties, created, pick_later(rng, created))
        factory.note_truth("companies", "state", record, address.truth)


def make_street(rng: Random) -> str:
    """Invent a street address."""
    return f"{rng.randrange(10, 9900)} {rng.choice(_STREETS)}"


def _make_description(rng: Random, name: str, employees: int) -> str:
    sites = rng.randrange(1, 9)
    return rng.choice((
        f"{name} sells to retailers and runs {sites} warehouses with about {employees} people.",
        f"Family-owned since the start. {name} has {sites} sites, {employees} employees and a web shop.",
        f"Distributor with {sites} distribution centers; seasonal peaks before Christmas.",
    ))  # fmt: skip
