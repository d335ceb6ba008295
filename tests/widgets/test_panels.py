"""The panels without a browser: what they give is what the verbs give, and nothing of the records is in their state."""

from __future__ import annotations

import json
import time

import ipywidgets
import pandas as pd
import pytest
from pydantic import SecretStr

from hsai_kit import ask, pull, review
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.paging.table_source import TableQuery
from hsai_kit.widgets.app import App
from hsai_kit.widgets.ask import AskPanel
from hsai_kit.widgets.assistant import AssistantPanel
from hsai_kit.widgets.connect import ConnectPanel
from hsai_kit.widgets.panel import Panel
from hsai_kit.widgets.push import PushPanel
from hsai_kit.widgets.records import RecordsPanel


def clicked(panel: Panel, button: ipywidgets.Button) -> None:
    assert not button.disabled, panel.advice
    button.click()
    panel.settle()


def seen(view, **filters) -> str:
    """Return what a plan's or a receipt's grid shows, as its messages have it."""
    (grid,) = view.rows.children
    source = grid.source
    found = source.find(TableQuery(filters=filters))
    return json.dumps(source.rows(found, 0, found.size))


@pytest.fixture
def state():
    """Everything that would be saved into a notebook of the widgets made in this test."""
    ipywidgets.Widget.close_all()
    return lambda: json.dumps(ipywidgets.Widget.get_manager_state(), default=str)


@pytest.fixture
def contacts(hub):
    return pull(hub, "contacts", ["state", "country"], where="state is known", limit=60)


def test_the_whole_job_by_clicks_gives_what_the_verbs_give_and_keeps_no_key_and_no_value(
    keys, state, tmp_path, hubspot_client
):
    connecting = ConnectPanel(sandbox=False, workspace=str(tmp_path / "workspace"))
    records = RecordsPanel(connecting, chosen=["state"], where="state is known")
    writing = AssistantPanel(connecting, records, name="state-abbreviations")
    asking = AskPanel(connecting, records, writing)

    def sees(ids):
        read = hubspot_client.crm.contacts.basic_api.get_by_id
        return {one: read(one, properties=["state"]).properties["state"] for one in ids}

    assert {panel.advice for panel in (records, writing, asking)} == {"Connect first."}

    clicked(connecting, connecting.connect)
    for panel in (records, writing, asking):
        panel.settle()
    records.search.value = "country"
    records.found.value = ["country"]
    clicked(records, records.add)
    clicked(records, records.count)
    assert "2,314 contacts" in records._remarks.words
    records.limit.value = "60"
    clicked(records, records.pull)
    assert records.value.columns.tolist() == ["state", "country"]

    writing.settle()
    assert writing.value == load_assistant(connecting.value.workspace, "state-abbreviations")
    assert 'State: "Calif."' in writing._preview.words
    asking.settle()
    assert "60 records" in asking.costs.view.words
    clicked(asking, asking.begin)
    assert asking.value.record.status == "done"

    checked = review(asking.value)
    checked.approve(checked.frame["changes"])
    pushing = PushPanel(connecting, checked)
    clicked(pushing, pushing.make)
    assert pushing.write.disabled
    reason = "the answer is blank, and a blank never overwrites"
    left = pushing._plan.frame["reason"] == reason
    assert seen(pushing.plan, Why=reason).count(reason) == left.sum() > 0
    assert '"gone"' not in seen(pushing.plan, Why=reason), "what is left alone is not shown as taken away"
    clicked(pushing, pushing.keep_plan)
    kept = pd.read_csv(next((tmp_path / "workspace").glob("plan-*.csv")))
    assert len(kept) == len(pushing._plan.rows) == 60, "the table has a page of them, the file all"
    pushing.said.value = "yes"
    clicked(pushing, pushing.write)
    receipt = pushing.value
    written = receipt.frame["after"].to_dict()
    assert written
    assert sees(written) == written

    told = state()
    for secret in (keys.hubspot_token, keys.openai_key, "Calif.", "Estados Unidos"):
        assert secret not in told

    clicked(pushing, pushing.undo)
    pushing.said.value = "yes"
    clicked(pushing, pushing.write)
    assert sees(written) == receipt.frame["before"].to_dict()
    later = PushPanel(connecting)
    later.past.value = receipt.id
    later.settle()
    assert later.value.id == receipt.id
    assert "Calif." in seen(later.receipt)
    connecting.value.close()


def test_keys_are_checked_kept_and_forgotten_and_one_that_is_refused_is_said_in_words(
    keys, state, monkeypatch, tmp_path
):
    for name in ("HUBSPOT_ACCESS_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.delenv(name)
    panel = ConnectPanel(sandbox=False, workspace=str(tmp_path / "workspace"))
    panel.fields["hubspot"]._handle_custom_msg({"secret": "pat-na1-nobody"}, [])
    panel.settle()
    assert "refused" in panel.fields["hubspot"].note
    panel._came("hubspot", SecretStr(keys.hubspot_token))
    panel.settle()
    panel._came("openai", SecretStr(keys.openai_key))
    panel.settle()
    assert "models may be used" in panel.fields["openai"].note
    panel.keep_in.value = panel.keep_in.options[-1]
    clicked(panel, panel.keep)
    assert panel.problem == ""
    clicked(panel, panel.connect)
    assert "the key file" in panel.value.key_places["hubspot"]
    # What the field in the page tells of a key that was typed and not sent.
    panel.fields["openai"].is_typed = True
    clicked(panel, panel.connect)
    assert "The key for OpenAI is typed and not in use" in panel.problem
    panel.fields["openai"].is_typed = False
    panel._came("openai", SecretStr(keys.openai_key))
    panel.settle()
    assert "not in use yet: click Connect again" in panel.advice
    clicked(panel, panel.connect)
    assert panel.advice == "Connected. Go on with the records."
    clicked(panel, panel.leave)
    clicked(panel, panel.forget)
    clicked(panel, panel.connect)
    assert "No HubSpot key was found" in panel.problem
    assert keys.hubspot_token not in state()
    assert keys.openai_key not in state()


def test_an_assistant_is_tried_and_saved_as_a_new_version_and_what_changed_is_told(hub, contacts):
    panel = AssistantPanel(hub, contacts, name="state-abbreviations")
    panel.settle()
    first = panel.value
    panel.form.instructions.value += "\nAnswer in capitals."
    assert "+ Answer in capitals." in panel._changes.words
    clicked(panel, panel.try_it)
    assert "Tried on 10 different records" in panel._tried.words
    assert load_assistant(hub.workspace, "state-abbreviations") == first
    clicked(panel, panel.save)
    assert load_assistant(hub.workspace, "state-abbreviations").instructions.endswith("Answer in capitals.")
    panel.form.temperature.value = "warm"
    assert "is no number" in panel.problem
    assert panel.advice == "Mend what is said below."
    assert panel.value is None
    panel.form.temperature.value = ""
    panel.new_name.value = "My assistant"
    assert "a-z, 0-9, - and _ only" in panel.problem


def test_a_setting_that_the_model_refused_once_is_not_offered_again(hub, contacts):
    panel = AssistantPanel(hub, contacts, name="state-abbreviations")
    panel.settle()
    panel.form.model.value = "sandbox-astra"
    panel.form.temperature.value = "0.2"
    clicked(panel, panel.try_it)
    assert "temperature" in panel.problem
    panel.form.temperature.value = ""
    assert "hsai-hidden" in panel.form.temperature._dom_classes


def test_ended_models_are_not_offered_and_ending_ones_are_marked(hub, contacts):
    panel = AssistantPanel(hub, contacts)
    panel.settle()
    offered = dict(map(reversed, panel.form.model.options))
    gone = {one.id for one in hub.models() if one.has_ended}
    soon = {one.id for one in hub.models() if one.ends_soon}
    assert gone
    assert not gone & offered.keys()
    assert soon
    assert all("ends" in offered[one] for one in soon)


def test_options_come_from_a_property_of_the_portal(hub, contacts):
    panel = AssistantPanel(hub, contacts)
    panel.settle()
    panel.which.value = "record-summary"
    panel.form.options_of.value = "lifecyclestage"
    clicked(panel, panel.load_options)
    assert panel.value.output.shape.to == "lifecyclestage"
    assert "opportunity" in panel.value.output.shape.options
    panel.form.options_of.value = "state"
    panel.load_options.click()
    assert "has no options to load" in panel.problem


def test_a_run_is_stopped_gone_on_with_and_its_failures_are_told_by_reason(hub, sandbox, contacts):
    sandbox.latency("openai", 0.3)
    panel = AskPanel(hub, contacts, "state-abbreviations")
    panel.settle()
    panel.begin.click()
    ends = time.monotonic() + 30
    while not panel.going.running and time.monotonic() < ends:
        time.sleep(0.01)
    panel.going.stop.click()
    panel.settle()
    assert panel.value.record.status == "stopped"
    left = len(hub.store.answers.find_outstanding(panel.value.id))
    assert left
    assert panel.retry.description == f"Go on with {left} left"
    sandbox.latency("openai", 0.0)
    clicked(panel, panel.retry)
    assert panel.value.record.status == "done"
    assert hub.store.answers.find_outstanding(panel.value.id) == {}


def test_an_error_in_a_callback_is_said_in_words_and_never_as_a_stack(hub):
    panel = AskPanel(hub, contacts := None, contacts)
    panel.costs.budget.value = "five"
    panel.attempt(panel._start)
    panel.attempt(lambda: dict[str, str]()["a key"])
    assert panel.problem.startswith("That went wrong: KeyError")
    panel.attempt(lambda: panel.costs.usd)
    assert "'five' is no amount" in panel.problem


def test_an_earlier_run_is_opened_by_its_name_without_records(hub, contacts):
    run = ask(hub, contacts.head(5), "state-abbreviations")
    panel = AskPanel(hub)
    panel.settle()
    panel.earlier.value = run.id
    panel.settle()
    assert panel.value.id == run.id
    assert panel.advice == "Review the answers."


def test_the_page_has_a_way_to_do_the_job_and_one_to_evaluate_first_over_the_same_records(keys, tmp_path):
    app = App(sandbox=False, workspace=str(tmp_path / "workspace"))

    def shown():
        return ["hsai-hidden" not in box._dom_classes for box in app._ways.values()]

    assert shown() == [True, False]
    app.way.value = "Evaluate before it is automated"
    assert shown() == [False, True]
    clicked(app.connect, app.connect.connect)
    app.records.settle()
    app.records._choose(["state", "country"])
    app.records.limit.value = "20"
    clicked(app.records, app.records.pull)
    app.assistant.settle()
    app.assistant.which.value = "state-abbreviations"
    for panel in (app.assistant, app.label, app.evaluate):
        panel.settle()
    assert not app.label.begin.disabled
    assert "20 records" in app.evaluate.costs.view.words
    app.assistant.form.instructions.value += " Answer in capitals."
    app.evaluate.settle()
    app.evaluate.assistants.value = ["state-abbreviations", ""]
    app.evaluate.settle()
    clicked(app.evaluate, app.evaluate.begin)
    assert len(app.evaluate.value.names) == 2, "what is changed above is measured beside what is saved"
    clicked(app.gate, app.gate.judge)
    assert "evaluate it with labels" in app.gate._shown.words
    app.connect.value.close()
