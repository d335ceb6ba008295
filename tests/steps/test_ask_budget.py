"""What a run costs: said before, capped hard, asked about above a threshold, and resumable with more."""

from __future__ import annotations

import re
import time

import pandas as pd
import pytest
from typer.testing import CliRunner

from hsai_kit import Assistant, ask, connect, open_run, resume, start_ask
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.cli import app
from hsai_kit.errors import HsaiError
from hsai_kit.llm.prices import Usage, decision_price, price
from hsai_kit.llm.responses_engine import ResponsesEngine
from hsai_kit.steps.ask.budget import Cap
from hsai_kit.steps.connect import status
from hsai_kit.workspace import OwnPrice

# What the answering server says that every question used.
ONE = price("gpt-6-luna", Usage(60, 0, 8))


def distinct(count: int) -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"state": [f"Place {n}" for n in range(count)], "country": "US"}, index=index)


def test_the_line_before_the_run_has_the_cost_as_a_range_and_the_pilot_makes_it_sharper(paying, priced, capsys):
    run = ask(paying, distinct(400), "state-abbreviations")
    said = capsys.readouterr().out
    assert "400 requests to gpt-6-luna, " in said
    assert re.search(r"about [0-9,]+ to [0-9,]+ tokens, (about|less than) [0-9.]+", said)
    assert "After 20 questions: " in said
    assert "for the 380 left" in said
    assert priced.questions == 400
    assert run.record.status == "done"


def test_a_no_after_the_pilot_leaves_a_run_that_is_stopped_and_goes_on(paying, priced, prompted, tmp_path):
    settings = tmp_path / "paying" / "hsai.toml"
    # What characters tell of the first 20 is less, and what they cost tells that all of them are more.
    settings.write_text(settings.read_text().replace("ask_above_usd = 5.0", "ask_above_usd = 0.003"))
    asked = prompted("no")
    with connect(workspace=tmp_path / "paying") as hub:
        with pytest.raises(HsaiError, match="Only 20 questions were asked, and resume"):
            ask(hub, distinct(400), "state-abbreviations")
        assert len(asked) == 1
        assert priced.questions == 20
        run = open_run(hub)
        assert (run.record.status, run.record.note) == (
            "stopped",
            "Only a pilot of 20 questions was asked; resume asks the rest.",
        )
        assert resume(hub, run).record.status == "done"


def test_a_run_pauses_at_its_budget_and_goes_on_with_more(paying, priced, capsys):
    # What a question can cost at most is reserved for it, so short answers use a small budget up further.
    short = load_assistant(paying.workspace, "state-abbreviations").model_copy(update={"max_output_tokens": 16})
    budget = ONE * 150
    run = ask(paying, distinct(400), short, budget_usd=budget)
    assert run.record.status == "paused"
    assert "budget" in run.record.note
    assert "resume(hub" in capsys.readouterr().out
    first = priced.questions
    assert 100 < first < 150
    assert run.usd == pytest.approx(first * ONE)
    assert run.usd <= budget

    again = resume(paying, run, budget_usd=ONE * 1000)
    assert again.record.status == "done"
    assert priced.questions == 400
    assert again.usd == pytest.approx(400 * ONE)
    assert set(again.answers["status"]) == {"answered"}


def test_a_budget_too_small_for_one_question_asks_none(paying, priced):
    run = ask(paying, distinct(10), "state-abbreviations", budget_usd=ONE / 10)
    assert run.record.status == "paused"
    assert priced.questions == 0


def test_a_budget_for_a_model_whose_price_is_unknown_is_refused():
    assistant = Assistant(name="any", instructions="Say something.", prompt="{{ state }}")
    with pytest.raises(HsaiError, match="not known, so a budget cannot be kept"):
        Cap(1.0, 0.0, ResponsesEngine(assistant, "a-model-nobody-knows"))
    assert price("a-model-nobody-knows", Usage(10, 0, 10)) is None


def test_a_price_of_ones_own_holds_for_the_cap_the_costs_and_the_status(paying, priced, tmp_path, capsys):
    # What was answered at the list's price is remembered, and saves what it costs by now.
    ask(paying, distinct(1), "state-abbreviations")
    settings = tmp_path / "paying" / "hsai.toml"
    own = '[openai.prices."gpt-6-luna"]\ninput = 100\noutput = 1000\n'
    settings.write_text(settings.read_text().replace("[hubspot]", f"{own}\n[hubspot]"))
    one = (60 * 100 + 8 * 1000) / 1_000_000
    short = load_assistant(paying.workspace, "state-abbreviations").model_copy(update={"max_output_tokens": 16})
    with connect(workspace=tmp_path / "paying") as hub:
        run = ask(hub, distinct(3), "state-abbreviations")
        costs = run.costs
        assert (run.costs.spent, run.costs.by_memory) == pytest.approx((2 * one, one))
        assert "3 questions, 1 known → 2 requests to gpt-6-luna, about" in capsys.readouterr().out
        capped = ask(hub, distinct(30).assign(country="CA"), short, budget_usd=25 * one)
        assert capped.record.status == "paused"
        assert 10 * one < capped.usd <= 25 * one
        assert status(hub).describe_model("gpt-6-luna") == (
            "gpt-6-luna: 100.00 in, 1,000.00 out (USD per million tokens; yours, from hsai.toml)"
        )
    assert open_run(paying, run.id).costs == costs, "what it cost is kept with the run"
    unheard = ResponsesEngine(short, "a-model-nobody-knows", own=OwnPrice(input=1, output=2))
    assert Cap(1.0, 0.0, unheard).usd == 1
    cheap = OwnPrice(input=1, cached_input=0.5, output=2, decisions=0.25)
    assert price("gpt-6-luna", Usage(1_000_000, 400_000, 1_000_000), cheap) == pytest.approx(0.6 + 0.2 + 2)
    assert decision_price("gpt-6-luna", Usage(1_000_000, 0, 5), cheap) == 0.25


def test_a_run_above_the_threshold_asks_first_and_without_a_person_does_nothing(paying, priced, tmp_path):
    settings = tmp_path / "paying" / "hsai.toml"
    settings.write_text(settings.read_text().replace("ask_above_usd = 5.0", "ask_above_usd = 0.000001"))
    with connect(workspace=tmp_path / "paying") as careful:
        with pytest.raises(HsaiError, match=r"Nothing was asked and nothing was paid.*confirm=True"):
            ask(careful, distinct(50), "state-abbreviations")
        assert priced.questions == 0
        assert ask(careful, distinct(50), "state-abbreviations", confirm=True).record.status == "done"


def test_cached_and_reasoning_tokens_are_priced_as_such():
    plain = price("gpt-6-luna", Usage(1_000_000, 0, 0))
    assert price("gpt-6-luna", Usage(1_000_000, 900_000, 0)) < plain
    # Reasoning tokens are counted among the output by the API.
    assert price("gpt-6-luna", Usage(0, 0, 500, 400)) == price("gpt-6-luna", Usage(0, 0, 500, 0))


@pytest.mark.parametrize("budget", [0, -1, "five", float("nan"), True])
def test_a_budget_that_is_no_amount_is_refused_before_anything_is_written_down(paying, priced, budget):
    with pytest.raises(HsaiError, match=r"budget_usd is .* number above 0"):
        ask(paying, distinct(5), "state-abbreviations", budget_usd=budget)
    assert priced.questions == 0
    assert paying.store.runs.latest() is None


def test_what_is_spent_and_saved_is_told_while_the_run_goes_on(paying, priced):
    twice = pd.concat([distinct(300), distinct(300).set_axis([f"b{n}" for n in range(300)])])
    twice.index.name = "record_id"
    handle = start_ask(paying, twice, "state-abbreviations", confirm=True)
    handle.result(60)
    assert re.fullmatch(r"0\.00 of about 0\.0\d USD, saves about 0\.0\d USD", handle.progress.note)
    assert paying.store.runs.count_spared(paying.store.runs.latest(), 0) == 300


def said_before(capsys) -> str:
    (line,) = [line for line in capsys.readouterr().out.splitlines() if " records → " in line]
    return line.rpartition(" USD, ")[2]


@pytest.mark.parametrize("priced", [["--untold"]], indirect=True)
def test_minutes_are_said_before_the_run_as_far_as_anything_is_known(paying, capsys):
    asked = load_assistant(paying.workspace, "state-abbreviations")
    ask(paying, distinct(3), asked, confirm=True)
    # This server tells no limits, and nothing was asked of it before.
    assert said_before(capsys) == "minutes known after the first answers"
    ask(paying, distinct(5).assign(state="x" + distinct(5)["state"]), asked, confirm=True)
    assert said_before(capsys) == "less than a minute if the account's limits allow"


@pytest.mark.parametrize("priced", [["--per-minute", "600"]], indirect=True)
def test_minutes_at_the_accounts_limits_are_remembered_from_one_day_to_the_next(priced, tmp_path, capsys):
    for day, wait in enumerate(["minutes known after the first answers", "about 2 minutes"]):
        with connect(workspace=tmp_path / "paying") as hub:
            handle = start_ask(hub, distinct(1200), "state-abbreviations", confirm=True)
            while not handle.progress.done:
                time.sleep(0.01)
            handle.cancel()
            handle.result(30)
        assert said_before(capsys) == wait, f"on day {day}"


def test_the_command_ends_with_5_where_the_budget_is_reached(paying, monkeypatch):
    monkeypatch.chdir(paying.workspace.folder)
    words = ("ask", "state-abbreviations", "--where", "state is known", "--limit", "60", "--budget-usd", f"{ONE:.8f}")
    done = CliRunner().invoke(app, [*words, "--yes"])
    assert done.exit_code == 5, done.output
    assert "is reached" in done.output
    assert CliRunner().invoke(app, ["resume", "--budget-usd", f"{ONE * 1000}"]).exit_code == 0
    assert CliRunner().invoke(app, ["resume"]).exit_code == 7
