"""The seeded portal as a whole: deterministic, consistent, and like a real one."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime

import pytest

from hsai_kit.sandbox.portal import build_seed_portal
from hsai_kit.sandbox.portal.definitions import FIRST_IDS

COUNTS = {
    "contacts": 2400, "companies": 300, "deals": 400, "tickets": 200, "notes": 900, "calls": 300, "emails": 480,
    "meetings": 72, "tasks": 240, "subscriptions": 120, "leads": 120, "products": 12, "line_items": 204, "quotes": 100,
}  # fmt: skip
FINGERPRINT = (
    "from hsai_kit.sandbox.portal import build_seed_portal; import hashlib;"
    "print(hashlib.sha256(repr(build_seed_portal(3, 300)).encode()).hexdigest())"
)


def test_two_calls_give_equal_portals(portal):
    assert build_seed_portal() == portal


def test_another_seed_gives_other_people(portal):
    assert build_seed_portal(8).records["contacts"][0] != portal.records["contacts"][0]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_the_portal_does_not_depend_on_the_hash_seed(hash_seed):
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    told = subprocess.run(
        [sys.executable, "-c", FINGERPRINT], env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told == hashlib.sha256(repr(build_seed_portal(3, 300)).encode()).hexdigest()


def test_the_portal_is_made_in_less_than_a_second():
    started = time.process_time()
    build_seed_portal()
    assert time.process_time() - started < 1


def test_there_are_as_many_records_as_told(portal):
    assert {name: len(records) for name, records in portal.records.items() if records} == COUNTS
    assert {"communications", "postal_mail", "goal_targets", "conversations"} == portal.records.keys() - COUNTS.keys()


@pytest.mark.parametrize("contacts", [1, 2, 5, 30, 101])
def test_a_small_portal_is_whole_too(contacts):
    small = build_seed_portal(contacts=contacts)
    assert len(small.records["contacts"]) == contacts
    known = {(name, record.id) for name, records in small.records.items() for record in records}
    assert all((link.to_type, link.to_id) in known for link in small.associations)


def test_a_portal_without_contacts_is_refused():
    with pytest.raises(ValueError, match="at least one contact, not 0"):
        build_seed_portal(contacts=0)


def test_record_ids_are_unique_and_lie_in_the_range_of_their_type(portal):
    for name, records in ((name, records) for name, records in portal.records.items() if records):
        ids = [int(record.id) for record in records]
        assert len(set(ids)) == len(ids)
        assert min(ids) == FIRST_IDS[name]
        assert max(ids) < FIRST_IDS[name] + 10_000_000


def test_the_account_reads_as_a_sandbox(portal):
    assert (portal.portal_id, portal.name) == (24681357, "Sandbox portal (scripted data)")
    assert (portal.account_type, portal.time_zone, portal.currency) == ("SANDBOX", "US/Eastern", "USD")


def test_six_owners_in_two_teams_share_the_contacts_unequally(portal):
    active = [owner for owner in portal.owners if not owner.archived]
    assert len(active) == 6
    assert len({team for owner in portal.owners for team in owner.teams}) == 2
    held = Counter(record.properties.get("hubspot_owner_id") for record in portal.records["contacts"])
    assert held[active[0].id] > 4 * held[active[5].id] > 0
    assert held[None] > 0


def test_every_value_fits_its_definition(portal):
    owners = {owner.id for owner in portal.owners}
    for name, records in portal.records.items():
        definitions = {one.name: one for one in portal.object_type(name).properties}
        for record in records:
            for key, value in record.properties.items():
                definition = definitions[key]
                assert value, f"{name} {record.id} {key} is blank and should be absent"
                if definition.referenced == "OWNER":
                    assert value in owners
                elif definition.type == "enumeration":
                    assert set(value.split(";")) <= {option.value for option in definition.options}
                elif definition.type == "number":
                    float(value)
                elif definition.type == "bool":
                    assert value in {"true", "false"}
                elif definition.type in {"date", "datetime"}:
                    assert datetime.fromisoformat(value)
                    assert value.endswith("Z") == (definition.type == "datetime")


def test_every_definition_stands_in_a_group_and_has_its_own_name(portal):
    for object_type in portal.object_types:
        names = [definition.name for definition in object_type.properties]
        assert len(set(names)) == len(names)
        groups = {group.name for group in object_type.groups}
        assert {definition.group for definition in object_type.properties} <= groups
        assert {object_type.primary_property, *object_type.default_properties} <= set(names)


def test_labels_differ_from_internal_values_where_that_is_a_trap(portal):
    contacts = portal.object_type("contacts")
    for name in ("lifecyclestage", "lead_class", "hs_lead_status"):
        assert all(option.value != option.label for option in contacts.definition(name).options)


def test_what_hubspot_keeps_itself_is_read_only(portal):
    contacts = portal.object_type("contacts")
    for name in ("hs_object_id", "createdate", "lastmodifieddate", "ip_state", "hs_email_domain"):
        assert contacts.definition(name).read_only
    assert contacts.definition("hs_email_domain").calculated
    assert not contacts.definition("state").read_only


def test_records_repeat_id_and_dates_under_hubspots_names(portal):
    for record in portal.records["contacts"]:
        assert record.properties["hs_object_id"] == record.id
        assert record.properties["createdate"] == record.created_at
        assert record.properties["lastmodifieddate"] == record.updated_at


def test_nothing_was_made_after_today_nor_more_than_three_years_ago(portal):
    moments = [record.created_at for records in portal.records.values() for record in records if record.created_at]
    created = [record.created_at for record in portal.records["contacts"]]
    assert max(created) <= "2026-11-16T14:00:00.000Z"
    assert min(moments) >= "2023-11-16"
    assert {moment[:4] for moment in created} == {"2023", "2024", "2025", "2026"}
    assert all(one.created_at <= one.updated_at for records in portal.records.values() for one in records)


def test_email_addresses_are_unique_and_can_be_nobodys(portal):
    emails = [record.properties.get("email") for record in portal.records["contacts"]]
    known = [email for email in emails if email]
    assert len(set(known)) == len(known)
    assert all(email.endswith((".example", ".example.com", ".example.org", ".example.net")) for email in known)
    assert len(known) < len(emails)


def test_contacts_of_a_company_share_its_domain(portal):
    domains = Counter(record.properties.get("hs_email_domain") for record in portal.records["contacts"])
    of_companies = [domains[company.properties["domain"]] for company in portal.records["companies"]]
    assert max(of_companies) > 15
    assert sum(count > 1 for count in of_companies) > 200


def test_telephone_numbers_are_those_kept_for_fiction(portal):
    digits = [
        "".join(filter(str.isdigit, record.properties.get("phone") or "")) for record in portal.records["contacts"]
    ]
    known = [number[-7:] for number in digits if number]
    assert len(known) > 1000
    assert all(number.startswith("55501") for number in known)


def test_associations_go_both_ways_between_records_that_exist(portal):
    known = {(name, record.id) for name, records in portal.records.items() for record in records}
    pairs = Counter((one.from_type, one.from_id, one.to_type, one.to_id) for one in portal.associations)
    for from_type, from_id, to_type, to_id in pairs:
        assert (from_type, from_id) in known
        assert pairs[to_type, to_id, from_type, from_id] == pairs[from_type, from_id, to_type, to_id]
    exact = [(one.from_type, one.from_id, one.to_type, one.to_id, one.type_id) for one in portal.associations]
    assert len(set(exact)) == len(exact)


@pytest.mark.parametrize(
    ("pair", "type_id"),
    [
        (("contacts", "companies"), 279), (("companies", "contacts"), 280), (("deals", "contacts"), 3),
        (("deals", "companies"), 341), (("line_items", "deals"), 20), (("quotes", "deals"), 64),
        (("leads", "contacts"), 608), (("notes", "contacts"), 202), (("tasks", "contacts"), 204),
        (("emails", "contacts"), 198), (("notes", "companies"), 190), (("notes", "deals"), 214),
    ],
)  # fmt: skip
def test_associations_have_hubspots_type_ids(portal, pair, type_id):
    unlabeled = {
        one.type_id for one in portal.associations if (one.from_type, one.to_type) == pair and one.label is None
    }
    assert unlabeled == {type_id}


def test_a_contact_has_one_primary_company_beside_the_unlabeled_association(portal):
    primary = [one for one in portal.associations if one.label == "Primary" and one.from_type == "contacts"]
    primary = [one for one in primary if one.to_type == "companies"]
    assert {one.type_id for one in primary} == {1}
    assert len({one.from_id for one in primary}) == len(primary) > 1500


def test_the_custom_object_is_associated_under_types_of_the_portals_own(portal):
    own = {one.category for one in portal.associations if one.from_type == "subscriptions"}
    assert own == {"USER_DEFINED"}
    subscriptions = portal.object_type("subscriptions")
    assert (subscriptions.type_id, subscriptions.fully_qualified_name) == ("2-11000001", "p24681357_subscriptions")


def test_there_are_lists_of_every_kind(portal):
    assert sorted(one.processing_type for one in portal.lists) == [
        *("DYNAMIC", "DYNAMIC", "MANUAL", "MANUAL", "SNAPSHOT"),
    ]
    customers = next(one for one in portal.lists if one.name == "Customers")
    stages = {record.id: record.properties.get("lifecyclestage") for record in portal.records["contacts"]}
    assert set(customers.member_ids) == {key for key, stage in stages.items() if stage == "customer"}
    for one in portal.lists:
        assert list(one.member_ids) == sorted(one.member_ids, key=int)


def test_a_list_still_holds_a_contact_that_was_merged_away(portal):
    (merge,) = portal.merges
    ids = {record.id for record in portal.records[merge.object_type]}
    assert merge.old_id not in ids
    assert merge.new_id in ids
    assert any(merge.old_id in one.member_ids for one in portal.lists)


def test_deals_stand_in_a_stage_of_their_pipeline(portal):
    stages = {one.id: {stage.id for stage in one.stages} for one in portal.pipelines}
    used = set()
    for record in portal.records["deals"]:
        assert record.properties["dealstage"] in stages[record.properties["pipeline"]]
        used.add(record.properties["pipeline"])
    assert len(used) == 2
    for record in portal.records["tickets"]:
        assert record.properties["hs_pipeline_stage"] in stages[record.properties["hs_pipeline"]]


def test_calculated_counts_are_right(portal):
    linked = Counter(
        one.from_id for one in portal.associations if (one.from_type, one.to_type) == ("contacts", "deals")
    )
    for record in portal.records["contacts"]:
        assert record.properties["num_associated_deals"] == str(linked[record.id])


def test_a_portal_can_be_written_as_json(portal):
    assert json.loads(json.dumps([record.properties for record in portal.records["contacts"]]))


def test_an_unknown_property_or_object_type_is_a_key_error(portal):
    with pytest.raises(KeyError, match="carts"):
        portal.object_type("carts")
    with pytest.raises(KeyError, match="sate"):
        portal.object_type("contacts").definition("sate")
