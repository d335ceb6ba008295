"""The hostile records: there, findable, and still values that HubSpot would store."""

import pytest

from hsai_kit.sandbox.portal import build_seed_portal
from hsai_kit.sandbox.portal.hostile import HOSTILE_COMPANY_IDS, HOSTILE_CONTACT_IDS, HOSTILE_NOTE_IDS, MERGE


@pytest.fixture(scope="module")
def hostile(portal):
    """The values of the hostile records, by object type and id."""
    wanted = {"contacts": HOSTILE_CONTACT_IDS, "companies": HOSTILE_COMPANY_IDS, "notes": HOSTILE_NOTE_IDS}
    return {
        (name, record.id): record.properties
        for name, ids in wanted.items()
        for record in portal.records[name]
        if record.id in ids
    }


def test_all_of_them_are_in_the_portal(hostile):
    assert len(hostile) == len(HOSTILE_CONTACT_IDS) + len(HOSTILE_COMPANY_IDS) + len(HOSTILE_NOTE_IDS)


@pytest.mark.parametrize(
    "sample",
    [
        "<script>", "=HYPERLINK(", "+1 ", "-2+3", "@SUM", "\t=", "\r=", "\u202e", "\U0001f984", "\u200b", "\u00a0",
        "DROP TABLE", "{{ 7 * 7 }}", "Ignore the list of options", "maintenance mode", "\x0b", "\u2028", "<iframe",
        "\uff34\uff38",
    ],
)  # fmt: skip
def test_each_kind_of_trap_is_among_them(hostile, sample):
    assert any(sample in (value or "") for properties in hostile.values() for value in properties.values())


def test_one_note_has_sixty_thousand_characters_with_a_fact_in_its_middle(hostile):
    longest = max((properties.get("hs_note_body") or "" for properties in hostile.values()), key=len)
    assert len(longest) == 60_000
    assert 25_000 < longest.index("$731,250") < 35_000


def test_one_name_has_two_thousand_characters(hostile):
    assert max(len(properties.get("firstname") or "") for properties in hostile.values()) == 2000


def test_every_text_can_be_stored_by_hubspot(portal):
    for records in portal.records.values():
        for record in records:
            for value in record.properties.values():
                text = value or ""
                assert len(text) <= 65_536
                assert "\0" not in text
                text.encode("utf-8")


def test_the_truth_is_known_for_hostile_states_and_enquiries(portal):
    assert portal.truth["contacts", "state"]["130"] == "TX"
    assert portal.truth["contacts", "state"]["154"] == "TX"
    assert portal.truth["contacts", "lead_class"]["136"] == "spam"


def test_hostile_records_are_the_same_ones_under_every_seed(hostile):
    other = {record.id: record.properties for record in build_seed_portal(99, 200).records["contacts"]}
    assert other["106"]["firstname"] == hostile["contacts", "106"]["firstname"]


def test_the_merged_contact_is_a_hole_in_the_ids(portal):
    ids = [record.id for record in portal.records["contacts"]]
    assert MERGE.old_id not in ids
    assert ids[:4] == ["101", "102", "103", "105"]
