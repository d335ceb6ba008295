"""`plan`: every row with a verdict and its reason, checked against the portal as it is now, and nothing written."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, plan, pull, review
from hsai_kit.errors import PushRefused, UnknownProperty
from hsai_kit.runtime import background

VERDICTS = {
    "will change",
    "same already",
    "blank would overwrite",
    "not approved",
    "not allowed",
    "conflict",
    "gone",
}


def choosing(*options: str, to: str) -> Assistant:
    output = {"kind": "choice", "options": options, "to": to}
    return Assistant(name="choosing", instructions="Choose.", prompt="{{ city }}", output=output)


def writing(to: str) -> Assistant:
    return Assistant(name="writing", instructions="Say it.", prompt="{{ said }}", output={"kind": "text", "to": to})


@pytest.fixture
def edited(hub):
    """Make a review over the first contacts in which each record is given a text of its own."""

    def make(to: str, *values: str):
        contacts = pull(hub, "contacts", [to], limit=len(values))
        checked = review(ask(hub, contacts.assign(said="hello"), writing(to)))
        for one, value in zip(contacts.index, values, strict=True):
            checked.edit([one], value)
        return checked, list(contacts.index)

    return make


def test_a_run_that_was_not_reviewed_is_told_to_be(hub):
    contacts = pull(hub, "contacts", ["state", "country"], limit=2)
    with pytest.raises(PushRefused, match=r"and this is Run: checked = review\(run\)"):
        plan(hub, ask(hub, contacts, "state-abbreviations"), to="state")  # type: ignore[arg-type]


def test_what_stands_there_already_needs_nobodys_approval(hub):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is TX and country is US", limit=3)
    assert plan(hub, review(ask(hub, contacts, "state-abbreviations"))).counts == {"same already": 3}


def test_every_verdict_appears_for_its_reason(hub, colleague):
    contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=150)
    checked = review(ask(hub, contacts, "state-abbreviations"))
    frame = checked.frame
    changing = list(frame.index[frame["changes"] & (frame["flags"].map(len) == 0)])
    changed, gone, merged, rejected, pending, left = changing[:6]
    checked.approve(frame["flags"].map(len) == 0)
    checked.reject([rejected])
    checked.reset([pending])
    colleague.writes(changed, "state", "Somewhere else")
    colleague.deletes(gone)
    colleague.merges(merged, into=left)

    ready = plan(hub, checked)
    rows = ready.frame
    blank = frame.index[frame["flags"].map(lambda flags: "blank" in flags)][0]
    same = frame.index[(frame["proposal"] == frame["before"]) & (frame["flags"].map(len) == 0)][0]
    assert rows.loc[changed, ["verdict", "before"]].tolist() == ["conflict", "Somewhere else"]
    assert "changed in HubSpot since the pull" in rows.loc[changed, "reason"]
    assert rows.loc[gone, "verdict"] == rows.loc[merged, "verdict"] == "gone"
    assert rows.loc[gone, "reason"] == "the record was deleted or merged since the pull"
    assert rows.loc[merged, "reason"] == f"the record was merged into {left} since the pull"
    assert rows.loc[[rejected, pending], "verdict"].tolist() == ["not approved", "not approved"]
    assert rows.loc[[rejected, pending], "reason"].tolist() == ["rejected", "pending"]
    assert rows.loc[blank, "verdict"] == "blank would overwrite"
    assert "never overwrites" in rows.loc[blank, "reason"]
    assert rows.loc[same, "verdict"] == "same already"
    assert rows.loc[left, ["verdict", "before", "after"]].tolist() == [
        "will change",
        frame.loc[left, "before"],
        frame.loc[left, "proposal"],
    ]
    assert set(rows["verdict"]) <= VERDICTS
    assert ready.counts == rows["verdict"].value_counts().to_dict()
    assert sum(ready.counts.values()) == len(contacts) == len(rows)


def test_a_plan_writes_nothing_and_sends_nothing_that_could(hub, sandbox, proposed):
    checked = proposed(limit=5)
    checked.approve()
    plan(hub, checked)
    assert not [path for path in sandbox.counts()["hubspot"] if "update" in path or "PATCH" in path]
    assert hub.store.newest_receipt() is None


def test_a_row_without_an_answer_says_why_there_is_none(hub, sandbox):
    contacts = pull(hub, "contacts", ["city"], limit=3)
    said = contacts.assign(said=["Texas", None, "x " * 400_000])
    checked = review(ask(hub, said, "state-abbreviations", "{{ said }}"), to="city")
    rows = plan(hub, checked).frame
    assert rows["verdict"].tolist() == ["not approved"] * 3
    assert rows["reason"].iloc[0] == "pending"
    assert rows["reason"].iloc[1].startswith("skipped: ")
    assert rows["reason"].iloc[2].startswith("failed: ")


@pytest.mark.parametrize("said", ["Sales inquiry", "SALES INQUIRY", " sales ", "Sales"])
def test_a_label_or_another_case_becomes_the_internal_value_and_the_plan_shows_it(hub, said):
    contacts = pull(hub, "contacts", ["city", "lead_class"], where="lead_class is not sales", limit=1)
    checked = review(ask(hub, contacts, choosing(said, "spam", to="lead_class")))
    checked.edit(None, said)
    row = plan(hub, checked).rows[0]
    assert (row.verdict, row.after) == ("will change", "sales")
    assert "is written as sales" in row.reason


def test_an_option_that_the_property_does_not_have_is_not_allowed(hub):
    contacts = pull(hub, "contacts", ["city", "lead_class"], limit=2)
    checked = review(ask(hub, contacts, choosing("Tire kicker", "spam", to="lead_class")))
    checked.edit(None, "Tire kicker")
    ready = plan(hub, checked)
    assert ready.counts == {"not allowed": 2}
    assert "'Tire kicker' is not an option of lead_class" in str(ready)


def test_an_owner_is_known_by_name_and_address_and_one_who_is_nobody_is_not_allowed(hub, colleague, edited):
    owners = hub.hubspot.paths.owners
    ana = background.run(hub.hubspot.get(owners))["results"][0]
    colleague.writes("101", "hubspot_owner_id", "")
    colleague.writes("102", "hubspot_owner_id", ana["id"])
    name = f"{ana['firstName']} {ana['lastName']}"
    checked, _ = edited("hubspot_owner_id", name, ana["email"].upper(), "Nobody")
    rows = plan(hub, review(checked.run)).rows
    assert [row.verdict for row in rows] == ["will change", "same already", "not allowed"]
    assert (rows[0].after, rows[0].reason) == (ana["id"], f"{name} is written as {ana['id']}")
    assert "no active owner 'Nobody'" in rows[2].reason


def test_an_option_that_two_labels_fit_equally_well_is_not_guessed(hub, colleague):
    colleague.makes_property("tier", "enumeration", "select", {"a": "Gold", "b": "gold", "c": "GOLD "})
    contacts = pull(hub, "contacts", ["city", "tier"], limit=1)
    checked = review(ask(hub, contacts, choosing("gOLD", "Gold!", to="tier")))
    checked.edit(None, "gOLD")
    assert plan(hub, checked).counts == {"not allowed": 1}


@pytest.mark.parametrize(
    ("to", "said", "after"),
    [
        ("seats_planned", "40", "40"),
        ("seats_planned", "1e3", "1e3"),
        ("seats_planned", "forty", None),
        ("seats_planned", "1,200", None),
        ("seats_planned", "٤٠", None),
        ("newsletter_opt_in", "TRUE", "true"),
        ("newsletter_opt_in", "No", "false"),
        ("newsletter_opt_in", "perhaps", None),
        ("contract_end_date", "2031-01-31", "2031-01-31"),
        ("contract_end_date", "2031-01-31T22:30:00-05:00", "2031-01-31"),
        ("contract_end_date", "2031-02-30", None),
        ("contract_end_date", "03/04/2031", None),
        ("contract_end_date", "today", None),
        ("contract_end_date", "nan", None),
        ("hs_lifecyclestage_customer_date", "2031-01-31T10:00:00+02:00", "2031-01-31T08:00:00.000Z"),
        ("hs_lifecyclestage_customer_date", "0001-01-01T00:00:00+05:00", None),
        ("product_interest", "Returns portal; shipping;", "returns;shipping"),
        ("product_interest", "Returns portal;Teleport", None),
        ("city", "x" * 65_537, None),
    ],
)
def test_a_value_has_to_fit_the_type_of_the_property(hub, edited, to, said, after):
    checked, _ = edited(to, said)
    row = plan(hub, checked).rows[0]
    assert row.verdict == ("not allowed" if after is None else "will change")
    assert row.after == (said if after is None else after)
    assert len(row.reason) < 200
    assert len(str(plan(hub, checked))) < 1000


def test_an_approved_value_that_comes_to_nothing_never_overwrites(hub, edited, colleague):
    colleague.writes("101", "product_interest", "shipping")
    checked, _ = edited("product_interest", ";")
    assert plan(hub, checked).counts == {"blank would overwrite": 1}
    assert repr(plan(hub, checked)) == "Plan(product_interest of contacts: 1 blank would overwrite)"


def test_a_blank_answer_for_what_is_blank_is_no_overwriting(hub, edited, colleague):
    colleague.writes("101", "product_interest", "")
    checked, _ = edited("product_interest", ";")
    assert plan(hub, checked).counts == {"same already": 1}


def test_another_way_to_write_the_same_value_is_no_change(hub, edited, colleague):
    for to, stands, said in (
        ("seats_planned", "40.0", "40"),
        ("newsletter_opt_in", "true", "Yes"),
        ("product_interest", "returns;shipping", "shipping;Returns portal"),
        ("hs_lifecyclestage_customer_date", "2031-01-31T08:00:00Z", "2031-01-31T10:00:00+02:00"),
    ):
        colleague.writes("101", to, stands)
        checked, _ = edited(to, said)
        assert plan(hub, checked).counts == {"same already": 1}, to
    colleague.writes("101", "city", "Reno ")
    checked, _ = edited("city", "Reno")
    assert plan(hub, checked).counts == {"will change": 1}


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("email", "email is protected in this workspace .*protected_properties in hsai.toml"),
        ("createdate", "createdate .* is read-only in HubSpot, so it cannot be written"),
        ("hs_email_domain", "hs_email_domain .* is calculated by HubSpot, so it cannot be written"),
    ],
)
def test_a_property_that_may_not_be_written_is_refused_in_a_sentence(hub, proposed, to, sentence):
    checked = proposed()
    checked.approve()
    with pytest.raises(PushRefused, match=sentence):
        plan(hub, checked, to=to)


def test_an_unknown_property_names_the_nearest_one(hub, proposed):
    checked = proposed()
    with pytest.raises(UnknownProperty, match="did you mean 'seats_planned'"):
        plan(hub, checked, to="seats_plannned")


def test_without_a_property_the_plan_asks_for_one(hub):
    frame = pd.DataFrame({"said": ["Hello"]}, index=pd.Index(["101"], name="record_id"))
    said = Assistant(name="said", instructions="Say it.", prompt="{{ said }}", output={"kind": "text"})
    with pytest.raises(PushRefused, match=r"push\(hub, checked, to="):
        plan(hub, review(ask(hub, frame, said)))


def test_records_of_another_portal_are_refused(hub, sandbox, proposed, keys, tmp_path):
    from hsai_kit import connect

    checked = proposed()
    sandbox.account(portalId=99)
    with connect(workspace=tmp_path / "workspace") as other, pytest.raises(PushRefused, match=r"24681357.*99"):
        plan(other, checked)


def test_a_run_of_another_workspace_is_refused_and_its_place_named(hub, proposed, tmp_path):
    from hsai_kit import connect

    checked = proposed()
    with connect(workspace=tmp_path / "second") as other, pytest.raises(PushRefused, match="workspace of the run"):
        plan(other, checked)


def test_a_property_that_was_not_pulled_is_compared_with_what_stands_there_now(hub, proposed, colleague):
    checked = proposed(limit=2, to="city")
    checked.approve()
    colleague.writes("101", "jobtitle", "Gardener")
    colleague.writes("102", "jobtitle", "TX")
    ready = plan(hub, checked, to="jobtitle")
    assert [(row.verdict, row.before) for row in ready.rows] == [("will change", "Gardener"), ("same already", "TX")]
    assert "Take care: jobtitle was not pulled" in str(ready)
    assert "Take care" not in str(plan(hub, checked, to="city"))


def test_links_lead_to_the_record_and_the_csv_holds_every_row(hub, proposed, colleague, tmp_path):
    checked = proposed(limit=4)
    checked.approve(["101", "102"])
    ready = plan(hub, checked)
    assert ready.frame.loc["101", "link"] == "https://app.sandbox.invalid/contacts/24681357/record/0-1/101"
    assert "record/0-1/101" in str(ready)
    with ready.to_csv(tmp_path / "plan.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["record_id"] for row in rows] == list(ready.frame.index)
    assert set(rows[0]) == {"record_id", "property", "verdict", "before", "after", "reason", "link"}
    assert [row["verdict"] for row in rows].count("will change") == 2
    colleague.writes("101", "city", "=1+1")
    text = plan(hub, checked).to_csv(tmp_path / "plan.csv").read_text("utf-8-sig")
    assert "'=1+1" in text
