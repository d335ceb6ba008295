"""What keeps a push from doing more than somebody meant: a cap, the portal's id, and the mark of the run."""

from __future__ import annotations

import pytest

from hsai_kit import connect, plan, push, undo
from hsai_kit.errors import PushRefused
from hsai_kit.steps.push import carry_out_push, plan_undo
from hsai_kit.steps.push.plan import PushPlan
from hsai_kit.workspace import PushSettings

PORTAL = 24681357


@pytest.fixture
def with_settings(hub):
    """Set some of the section [push] of hsai.toml."""

    def change(**settings):
        changed = hub.workspace.settings.model_copy(update={"push": PushSettings(**settings)})
        hub.workspace.settings = changed

    return change


@pytest.fixture
def live(hub, sandbox, tmp_path):
    """The same portal, as an account that people work in, where three records are many."""
    sandbox.account(accountType="STANDARD")
    toml = tmp_path / "workspace" / "hsai.toml"
    text = toml.read_text("utf-8")
    toml.write_text(text.replace("portal_id_above = 1000", "portal_id_above = 2"), "utf-8")
    with connect(workspace=tmp_path / "workspace") as connected:
        yield connected


def test_more_records_than_the_cap_are_refused_and_the_plan_says_so_before(hub, proposed, wire, with_settings):
    with_settings(max_records=3)
    checked = proposed(limit=4)
    checked.approve()
    ready = plan(hub, checked)
    assert "this is about 4 records, and this workspace lets a plan be about 3 (max_records in hsai.toml)" in str(ready)
    with pytest.raises(PushRefused, match="Nothing was written: this is about 4 records"):
        push(hub, checked, confirm=True)
    assert wire.updates == []
    checked.reject(["101"])
    receipt = push(hub, checked, confirm=True)
    assert receipt.counts == {"written": 3}
    with_settings(max_records=1)
    assert undo(hub, receipt, confirm=True).counts == {"written": 3}
    with_settings(max_records=0)
    assert plan(hub, checked).too_many == ""


def test_many_records_of_a_live_portal_take_its_id_and_few_a_yes(live, proposed, prompted, colleague):
    checked = proposed(limit=3)
    checked.approve()
    ready = plan(live, checked)
    assert (ready.confirmation.kind, ready.confirmation.confirm) == ("portal id", PORTAL)
    assert ready.confirmation.accepts(f" {PORTAL} ")
    assert not ready.confirmation.accepts("yes")
    asked = prompted("yes")
    with pytest.raises(PushRefused, match="not the id of the live portal 24681357"):
        push(live, checked)
    assert asked == ["Write 3 values to the live portal 24681357 (STANDARD). Type the portal's id to go on: "]
    prompted(str(PORTAL))
    receipt = push(live, checked)
    assert set(colleague.sees(["101", "102"], "city").values()) == {"TX"}
    with pytest.raises(PushRefused, match=f"confirm={PORTAL}"):
        undo(live, receipt, confirm=True)
    undo(live, receipt, confirm=PORTAL)
    checked.reject(["101"])
    asked = prompted("yes")
    push(live, checked)
    assert asked == ["Write 2 values to the live portal 24681357 (STANDARD)? Type yes or y: "]


def test_a_script_is_told_to_name_the_portal_and_another_portals_id_writes_nothing(live, proposed, wire):
    checked = proposed(limit=3)
    checked.approve()
    with pytest.raises(PushRefused, match=rf"so many records in a live account take its id.* confirm={PORTAL}"):
        push(live, checked, confirm=True)
    with pytest.raises(PushRefused, match="confirm is 99, and this is the live portal 24681357"):
        push(live, checked, confirm=99)
    assert wire.updates == []
    push(live, checked, confirm=PORTAL)
    assert len(wire.updates) == 1


def test_a_sandbox_takes_a_yes_for_any_number(hub, proposed, prompted, with_settings):
    with_settings(portal_id_above=1)
    checked = proposed(limit=3)
    checked.approve()
    prompted("y")
    assert push(hub, checked).counts == {"written": 3}


def test_a_plan_that_was_shown_can_be_carried_out_as_it_was(hub, proposed, colleague, wire):
    checked = proposed(limit=3)
    checked.approve()
    ready = plan(hub, checked)
    assert isinstance(ready, PushPlan)
    checked.reject(["102"])
    colleague.writes("103", "city", "Reno")
    receipt = carry_out_push(hub, ready, confirm=ready.confirmation.confirm)
    assert receipt.frame["outcome"].to_dict() == {"101": "written", "102": "written", "103": "conflict"}
    assert (
        plan_undo(hub, receipt).confirmation.question
        == "Put back 2 values in portal 24681357 (SANDBOX)? Type yes or y: "
    )


def test_the_run_id_goes_with_what_is_written_and_comes_off_with_it(hub, proposed, colleague, prompted, with_settings):
    colleague.makes_property("ai_run", "string", "text")
    colleague.writes("101", "ai_run", "by hand")
    with_settings(run_id_property="ai_run")
    checked = proposed(limit=5)
    checked.approve()
    rejected, changed = "102", "103"
    checked.reject([rejected])
    ready = plan(hub, checked)
    assert ready.counts == {"will change": 8, "not approved": 1}
    prompted("yes", lambda: colleague.writes(changed, "city", "Reno"))
    receipt = push(hub, checked)
    ids = list(checked.frame.index)
    marked = {one: checked.run.id for one in ids if one not in {rejected, changed}}
    assert colleague.sees(ids, "ai_run") == {rejected: "", changed: ""} | marked
    by_cell = receipt.frame.set_index("property", append=True)["outcome"]
    assert by_cell[changed, "city"] == "conflict"
    assert by_cell[changed, "ai_run"] == "not sent"
    undo(hub, receipt, confirm=True)
    assert colleague.sees(ids, "ai_run") == dict.fromkeys(ids, "") | {"101": "by hand"}


def test_a_property_for_the_run_id_that_is_not_there_or_is_no_text_is_refused(hub, proposed, with_settings):
    checked = proposed(limit=1)
    checked.approve()
    for name, sentence in (
        ("ai_run", "contacts has no text property of that name"),
        ("seats_planned", "contacts has no text property of that name"),
        ("city", "city receives the run's id .* no answers can go there"),
        ("email", "email is protected"),
    ):
        with_settings(run_id_property=name)
        with pytest.raises(PushRefused, match=sentence):
            plan(hub, checked)
