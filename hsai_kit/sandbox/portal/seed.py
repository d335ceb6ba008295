"""The seeded portal: the same data for the same seed, on every machine."""

from __future__ import annotations

from random import Random

from hsai_kit.sandbox.portal.account import empty_portal
from hsai_kit.sandbox.portal.hostile import MERGE, make_hostile
from hsai_kit.sandbox.portal.model import Portal, RecordList
from hsai_kit.sandbox.portal.records.activities import add_activities
from hsai_kit.sandbox.portal.records.business import (
    add_deals,
    add_leads,
    add_products,
    add_quotes,
    add_subscriptions,
    add_tickets,
)
from hsai_kit.sandbox.portal.records.contacts_companies import add_companies, add_contacts
from hsai_kit.sandbox.portal.records.record_factory import RecordFactory

# Activities per contact.
_ACTIVITIES = {"notes": 0.375, "calls": 0.125, "emails": 0.2, "meetings": 0.03, "tasks": 0.1}


def build_seed_portal(seed: int = 7, contacts: int = 2400) -> Portal:
    """Make a portal with that many contacts and everything else in proportion.

    2,400 contacts come with 300 companies, 400 deals, 200 tickets, 900 notes, 300 calls, 480 e-mails, 72 meetings,
    240 tasks, 120 subscriptions, 120 leads, 12 products and 100 quotes. ValueError where `contacts` is less than 1.
    """
    if contacts < 1:
        message = f"A portal needs at least one contact, not {contacts}."
        raise ValueError(message)
    factory = RecordFactory()

    def chance(part: str) -> Random:
        # A generator of its own for each part: more of one thing leaves the others as they are.
        return Random(f"{seed} {part}")

    add_companies(factory, chance("companies"), max(contacts // 8, 3))
    add_contacts(factory, chance("contacts"), contacts)
    add_deals(factory, chance("deals"), contacts // 6)
    add_tickets(factory, chance("tickets"), contacts // 12)
    add_subscriptions(factory, chance("subscriptions"), contacts // 20)
    for kind, share in _ACTIVITIES.items():
        add_activities(factory, chance(kind), kind, int(contacts * share))
    add_products(factory, chance("products"))
    add_leads(factory, chance("leads"), contacts // 20)
    add_quotes(factory, chance("quotes"), contacts // 24)
    make_hostile(factory)
    factory.work_out()
    portal = empty_portal()
    portal.records, portal.associations, portal.truth = factory.records, factory.associations, factory.truth
    portal.lists = _lists(factory, chance("lists"))
    portal.merges = [MERGE] if any(one.id == MERGE.new_id for one in factory.records["contacts"]) else []
    return portal


def _lists(factory: RecordFactory, rng: Random) -> list[RecordList]:
    """Make lists of every kind; one made by hand still names a contact that was merged away."""
    contacts, companies = factory.records["contacts"], factory.records["companies"]
    ids = [record.id for record in contacts]
    fair = {*rng.sample(ids, min(60, len(ids))), MERGE.old_id, MERGE.new_id} & {*ids, MERGE.old_id}
    testers = rng.sample(ids, min(25, len(ids)))
    customers = [one.id for one in contacts if one.properties.get("lifecyclestage") == "customer"]
    early = [one.id for one in contacts if one.created_at < "2026"]
    renewing = [one.id for one in companies if "2026-11" <= (one.properties.get("renewal_date") or "") < "2027-03"]
    return [
        RecordList("11", "Trade fair Chicago 2026", "contacts", "MANUAL", _sort_ids(fair)),
        RecordList("12", "Newsletter test group", "contacts", "MANUAL", _sort_ids(testers)),
        RecordList("13", "Customers", "contacts", "DYNAMIC", _sort_ids(customers)),
        RecordList("14", "Companies that renew this winter", "companies", "DYNAMIC", _sort_ids(renewing)),
        RecordList("15", "Contacts at the start of 2026", "contacts", "SNAPSHOT", _sort_ids(early)),
    ]


def _sort_ids(ids: set[str] | list[str]) -> tuple[str, ...]:
    return tuple(sorted(ids, key=int))
