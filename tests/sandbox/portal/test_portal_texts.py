"""What people wrote and said: enquiries with a class, conversations with facts."""

import html
import json
import re
from collections import Counter

import pytest


def test_several_hundred_different_enquiries_have_a_lead_class(portal):
    classes = {option.value for option in portal.object_type("contacts").definition("lead_class").options}
    texts = {
        record.id: record.properties["how_can_we_help"]
        for record in portal.records["contacts"]
        if "how_can_we_help" in record.properties
    }
    truth = portal.truth["contacts", "lead_class"]
    assert set(truth) == set(texts)
    assert len(set(texts.values())) > 500
    counts = Counter(truth.values())
    assert set(counts) == classes
    assert min(counts.values()) > 20


def test_some_enquiries_are_spanish_or_german_and_some_have_line_breaks(portal):
    texts = [record.properties.get("how_can_we_help") or "" for record in portal.records["contacts"]]
    assert any("cotización" in text or "Nos cobraron" in text for text in texts)
    assert any("Rechnung" in text or "Angebot" in text for text in texts)
    assert sum("\n" in text for text in texts) > 50


def test_ambiguous_enquiries_mention_a_second_matter(portal):
    truth = portal.truth["contacts", "lead_class"]
    asides = [
        truth[record.id]
        for record in portal.records["contacts"]
        if "question about invoice" in (record.properties.get("how_can_we_help") or "")
    ]
    assert asides
    assert "billing" not in asides


def test_no_slot_is_left_unfilled(portal):
    texts = [
        value
        for name in ("tickets", "notes", "calls", "emails", "meetings", "tasks")
        for record in portal.records[name]
        for value in record.properties.values()
        if value
    ]
    texts += [record.properties.get("how_can_we_help") or "" for record in portal.records["contacts"]]
    assert not [text for text in texts if re.search(r"\{\w+\}|\[\{", text)]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("notes", "hs_note_body"), ("calls", "hs_call_body"), ("emails", "hs_email_text"),
        ("meetings", "hs_meeting_body"), ("tickets", "content"),
    ],
)  # fmt: skip
def test_the_facts_of_a_conversation_stand_in_it_word_for_word(portal, kind, name):
    truth = portal.truth[kind, "facts"]
    assert set(truth) == {record.id for record in portal.records[kind]}
    for record in portal.records[kind]:
        facts = json.loads(truth[record.id])
        assert facts
        text = html.unescape(record.properties[name])
        assert [fact for fact in facts if fact not in text] == []


def test_notes_come_as_the_editor_stores_them_and_as_plain_text(portal):
    bodies = [record.properties["hs_note_body"] for record in portal.records["notes"]]
    rich = sum(body.startswith("<div") for body in bodies)
    assert 300 < rich < 700


def test_some_records_have_many_notes_and_most_have_few(portal):
    notes = Counter(
        one.from_id for one in portal.associations if (one.from_type, one.to_type) == ("companies", "notes")
    )
    assert max(notes.values()) >= 10
    assert any((one.from_type, one.to_type) == ("deals", "notes") for one in portal.associations)


def test_the_fields_that_a_model_fills_in_are_blank(portal):
    for name in ("contacts", "companies", "deals", "tickets"):
        assert not any("ai_summary" in record.properties for record in portal.records[name])
    triaged = [one for one in portal.records["contacts"] if "lead_class" in one.properties]
    assert 10 < len(triaged) < 200
