"""Several fields of one run in one push: each goes to its property, and each value has a decision of its own."""

from __future__ import annotations

import pytest

from hsai_kit import Assistant, ask, create_note, open_receipt, plan, pull, push, review, undo
from hsai_kit.errors import PushRefused

FIELDS = {
    "kind": "fields",
    "fields": {
        "place": {"kind": "text", "to": "city"},
        "job": {"kind": "text", "to": "jobtitle"},
        "why": {"kind": "text"},
    },
}


@pytest.fixture
def reviewed(hub):
    """Make a run with the fields place, job and why over the first contacts; every value is typed in by a person."""

    def make(limit: int = 3, *fields: str):
        contacts = pull(hub, "contacts", ["city", "jobtitle", "salutation"], limit=limit)
        asked = Assistant(name="fields", instructions="Say it.", prompt="place: {{ said }}", output=FIELDS)
        run = ask(hub, contacts.assign(said="hello"), asked)
        checks = [review(run, field) for field in fields or ("place", "job")]
        for checked in checks:
            checked.edit(None, f"new {checked.field}")
        return checks

    return make


def test_every_field_goes_to_its_property_in_one_request_for_each_hundred_records(hub, colleague, wire, reviewed):
    checks = reviewed(150)
    ids = list(checks[0].frame.index)
    before = colleague.sees_everything(ids[:100])
    receipt = push(hub, checks, confirm=True)
    after = colleague.sees_everything(ids[:100])
    changed = {"city": "new place", "jobtitle": "new job"}
    assert after == {one: values | changed for one, values in before.items()}
    assert [len(batch) for batch in wire.updates] == [100, 50]
    assert receipt.counts == {"written": 300}
    assert receipt.record.properties == ("city", "jobtitle")
    frame = receipt.frame[receipt.frame["property"] == "jobtitle"]
    assert frame["before"].head(3).to_dict() == {one: before[one]["jobtitle"] or "" for one in frame.index[:3]}
    assert undo(hub, open_receipt(hub), confirm=True).counts == {"written": 300}
    assert colleague.sees_everything(ids[:100]) == before


def test_a_mapping_says_where_fields_go_and_the_others_go_where_the_assistant_says(hub, colleague, reviewed):
    checks = reviewed(2, "place", "why")
    ready = plan(hub, checks, to={"why": "salutation"})
    assert ready.properties == ("city", "salutation")
    push(hub, checks, to={"why": "salutation"}, confirm=True)
    assert set(colleague.sees(["101", "102"], "salutation").values()) == {"new why"}
    assert set(colleague.sees(["101", "102"], "city").values()) == {"new place"}


def test_one_review_with_a_mapping_takes_the_other_fields_decisions_from_the_store(hub, colleague, reviewed):
    place, job = reviewed(3)
    job.reset(["102"])
    before = colleague.sees(["102"], "jobtitle")
    push(hub, place, to={"place": "city", "job": "jobtitle"}, confirm=True)
    assert colleague.sees(["101", "102"], "jobtitle") == {"101": "new job"} | before
    assert set(colleague.sees(["101", "102"], "city").values()) == {"new place"}


def test_each_value_has_a_verdict_of_its_own_and_the_rest_of_its_record_is_written(hub, colleague, reviewed, prompted):
    place, job = reviewed(4)
    first, second, third, fourth = place.frame.index.sort_values()
    place.reject([first])
    colleague.writes(second, "jobtitle", "Gardener")
    ready = plan(hub, [place, job])
    verdicts = {(row.record_id, row.property): row.verdict for row in ready.rows}
    assert verdicts[first, "city"] == "not approved"
    assert verdicts[second, "jobtitle"] == "conflict"
    assert ready.counts == {"will change": 6, "not approved": 1, "conflict": 1}
    assert "city: 3 will change, 1 not approved" in str(ready)
    assert "jobtitle: 3 will change, 1 conflict" in str(ready)
    prompted("yes", lambda: colleague.writes(third, "city", "Reno"))
    receipt = push(hub, [place, job])
    assert receipt.counts == {"written": 5, "conflict": 1}
    assert colleague.sees([first, third, fourth], "jobtitle") == dict.fromkeys([first, third, fourth], "new job")
    assert colleague.sees([second, third], "city") == {second: "new place", third: "Reno"}
    assert colleague.sees([second], "jobtitle") == {second: "Gardener"}


def test_one_bad_value_of_a_record_stands_alone_and_its_other_value_is_written(hub, colleague, reviewed, prompted):
    colleague.makes_property("region", "enumeration", "select", {"new why": "A", "b": "B"})
    checks = reviewed(8, "place", "why")
    prompted("yes", lambda: colleague.narrows_property("region", ["b"]))
    receipts = push(hub, checks, to={"why": "region"}).frame
    assert set(receipts[receipts["property"] == "city"]["outcome"]) == {"written"}
    refused = receipts[receipts["property"] == "region"]
    assert set(refused["outcome"]) == {"refused"}
    assert refused["reason"].str.contains("new why was not one of the allowed options").all()


def test_what_was_changed_since_in_one_property_does_not_keep_the_other_from_going_back(hub, colleague, reviewed):
    checks = reviewed(2)
    receipt = push(hub, checks, confirm=True)
    colleague.writes("101", "city", "Reno")
    assert undo(hub, receipt, confirm=True).counts == {"written": 3}
    before = {(c.record_id, c.property): c.before for c in receipt.changes}
    assert colleague.sees(["101", "102"], "city") == {"101": "Reno", "102": before["102", "city"]}
    assert colleague.sees(["101"], "jobtitle") == {"101": before["101", "jobtitle"]}


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("city", r"Several fields cannot go to one property. Say which goes where: to=\{'place': 'city', …\}"),
        ({"job": "city"}, "place and job would both go to city"),
        ({"color": "city"}, "no field 'color'. It has: place, job, why"),
        ({"why": ""}, r"Say which property why goes to: push\(hub, checked, to=\{'why': '…'\}\)"),
    ],
)
def test_what_goes_where_has_to_be_clear(hub, reviewed, to, sentence):
    with pytest.raises(PushRefused, match=sentence):
        plan(hub, reviewed(1), to=to)


def test_reviews_of_two_runs_are_two_pushes(hub, reviewed):
    first = reviewed(1)
    contacts = pull(hub, "contacts", ["city"], limit=1)
    second = review(ask(hub, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}"), to="city")
    with pytest.raises(PushRefused, match=f"reviews of two runs, {first[0].run.id} and {second.run.id}"):
        plan(hub, [first[0], second])
    with pytest.raises(PushRefused, match="and this is nothing: checked = review"):
        plan(hub, [])
    with pytest.raises(PushRefused, match="and this is str: checked = review"):
        push(hub, "run-7", confirm=True)  # type: ignore[arg-type]
    with pytest.raises(PushRefused, match=r"only is .* write the column and the values"):
        create_note(only=["city"])  # type: ignore[arg-type]
