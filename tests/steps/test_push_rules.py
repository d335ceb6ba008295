"""The portal's own rules: seen in the plan where they can be read, told with HubSpot's reason where they cannot."""

from __future__ import annotations

import pytest

from hsai_kit import Assistant, ask, plan, pull, push, review, undo

FIELDS = {"kind": "fields", "fields": {"kind": {"kind": "text", "to": "lead_class"}, "job": {"kind": "text"}}}


@pytest.fixture
def edited(hub):
    """Make a review over the first contacts in which each record is given a text of its own."""

    def make(to: str, *values: str):
        contacts = pull(hub, "contacts", [to], limit=len(values))
        output = {"kind": "text", "to": to}
        said = Assistant(name="writing", instructions="Say it.", prompt="{{ said }}", output=output)
        checked = review(ask(hub, contacts.assign(said="hello"), said))
        for one, value in zip(contacts.index, values, strict=True):
            checked.edit([one], value)
        return checked

    return make


def test_a_value_that_breaks_a_rule_of_the_portal_is_not_allowed_and_the_rule_is_named(hub, colleague, edited, wire):
    colleague.sets_rule("city", "ALPHANUMERIC", "ALPHA_ONLY")
    colleague.sets_rule("city", "MAX_LENGTH", "8")
    checked = edited("city", "Reno", "R2D2", "Albuquerque")
    rows = plan(hub, checked).frame
    assert rows["verdict"].tolist() == ["will change", "not allowed", "not allowed"]
    assert rows["reason"].iloc[1] == "'R2D2' breaks HubSpot's rule for city: only letters"
    assert "at most 8 characters" in rows["reason"].iloc[2]
    assert push(hub, checked, confirm=True).counts == {"written": 1}
    assert len(wire.updates) == 1


def test_a_rule_that_only_hubspot_can_tell_is_told_by_hubspot_and_the_others_are_written(hub, colleague, edited):
    colleague.sets_rule("city", "SPECIAL_CHARACTERS", "NOT_ALLOWED")
    receipt = push(hub, edited("city", "Reno", "R$no", "Elko"), confirm=True)
    assert receipt.frame["outcome"].tolist() == ["written", "refused", "written"]
    assert "Special characters are not allowed" in receipt.frame["reason"].iloc[1]


def test_a_key_that_may_not_see_the_rules_pushes_all_the_same(hub, sandbox, edited):
    checked = edited("city", "Reno")
    sandbox.fault("hubspot:414:path=/property-validations/")
    assert push(hub, checked, confirm=True).counts == {"written": 1}


def test_a_property_that_a_value_makes_required_is_told_and_goes_along_where_it_is_pushed_as_well(
    hub, sandbox, colleague
):
    sandbox.require("contacts", "jobtitle", where="lead_class", value="sales")
    for one in ("101", "102", "103"):
        colleague.writes(one, "lead_class", "spam")
        colleague.writes(one, "jobtitle", "")
    contacts = pull(hub, "contacts", ["lead_class", "jobtitle", "city"], limit=3)
    said = Assistant(name="fields", instructions="Say it.", prompt="place: {{ said }}", output=FIELDS)
    run = ask(hub, contacts.assign(said="hello"), said)
    kinds, jobs = review(run, "kind"), review(run, "job")
    kinds.edit(None, "sales")
    jobs.edit(["101"], "Buyer")
    jobs.edit(["102", "103"], "Somewhere")
    city = push(hub, [kinds, jobs], to={"job": "city"}, confirm=True)
    refused = city.frame[city.frame["outcome"] == "refused"]
    assert set(refused["property"]) == {"lead_class"}
    assert refused["reason"].str.contains("jobtitle is required because of a conditional property rule").all()
    assert city.counts == {"written": 3, "refused": 3}
    assert push(hub, [kinds, jobs], to={"job": "jobtitle"}, confirm=True).counts == {"written": 6}


def test_an_undo_knows_which_property_hubspot_does_not_let_be_blank_again(hub, colleague):
    tickets = pull(hub, "tickets", ["subject"], limit=2)
    first, second = tickets.index
    said = Assistant(name="s", instructions="Say it.", prompt="{{ said }}", output={"kind": "text", "to": "subject"})
    checked = review(ask(hub, tickets.assign(said="hello"), said))
    checked.edit(None, "Better subject")
    receipt = push(hub, checked, confirm=True)
    # As if it had been blank before, which an import can bring about.
    hub.store.pushes.note(receipt.id, [c.__class__(c.record_id, c.property, "", c.after, c.outcome)
                                       for c in receipt.changes if c.record_id == first])  # fmt: skip
    back = undo(hub, receipt, confirm=True)
    assert back.frame["outcome"].to_dict() == {second: "written"}
    values = colleague.sees([first, second], "subject", "tickets")
    assert values == {first: "Better subject", second: tickets.loc[second, "subject"]}


def test_a_property_that_is_gone_does_not_keep_the_others_from_going_back(hub, colleague):
    colleague.makes_property("region", "string", "text")
    contacts = pull(hub, "contacts", ["region", "city"], limit=2)
    said = Assistant(name="fields", instructions="Say it.", prompt="place: {{ said }}", output=FIELDS)
    run = ask(hub, contacts.assign(said="hello"), said)
    checks = [review(run, "kind"), review(run, "job")]
    for checked in checks:
        checked.edit(None, "TX")
    before = colleague.sees(["101", "102"], "city")
    receipt = push(hub, checks, to={"kind": "region", "job": "city"}, confirm=True)
    colleague.deletes_property("region")
    back = undo(hub, receipt, confirm=True)
    assert back.counts == {"written": 2}
    assert colleague.sees(["101", "102"], "city") == before
