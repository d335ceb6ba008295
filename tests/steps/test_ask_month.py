"""The month's budget: over all runs and processes of a workspace, held before each question is sent."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, connect, evaluate, open_run, resume, start_ask
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.errors import RunError
from hsai_kit.llm.prices import Usage, price
from hsai_kit.steps.ask import forecast_run
from hsai_kit.steps.ask.request import engine_for
from hsai_kit.steps.connect import status
from hsai_kit.store import Store
from hsai_kit.store.database import MIGRATIONS, Database, now

ONE = price("gpt-6-luna", Usage(60, 0, 8))


def distinct(count: int, word: str = "Place") -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"state": [f"{word} {n}" for n in range(count)], "country": "US"}, index=index)


@pytest.fixture
def short(paying) -> Assistant:
    # What a question can cost at most is held for it, so short answers use a small budget up further.
    return load_assistant(paying.workspace, "state-abbreviations").model_copy(
        update={"max_output_tokens": 16, "reasoning_effort": "none"}
    )


@pytest.fixture
def limit(paying, priced):
    """Write a month's budget into the settings and connect anew."""

    def write(usd: float):
        path = paying.workspace.folder / "hsai.toml"
        lines = [line for line in path.read_text().splitlines() if "usd_per_month" not in line]
        path.write_text("\n".join(lines).replace("[budget]", f"[budget]\nusd_per_month = {usd:.10f}") + "\n")
        return connect(workspace=paying.workspace.folder)

    return write


def test_all_runs_and_evaluations_of_a_month_share_its_budget(limit, priced, short):
    with limit(ONE * 150) as hub:
        first = ask(hub, distinct(60), short)
        assert first.record.status == "done"
        second = ask(hub, distinct(400, "Town"), short)
        assert second.record.status == "paused"
        assert "month's budget is reached" in second.record.note
        assert "usd_per_month" in second.record.note
        spent, held = hub.store.expenses.read_month()
        assert spent == pytest.approx(priced.questions * ONE)
        assert (spent <= ONE * 150, held) == (True, 0.0)
        assert priced.questions > 100
        before = priced.questions
        frame = distinct(200, "Village").assign(right="CA")
        evaluate(hub, frame, short, labels="right", confirm=True)
        assert priced.questions - before < 30
        assert hub.store.expenses.read_month()[0] <= ONE * 150
    with limit(ONE * 1000) as hub:
        assert resume(hub, second).record.status == "done"
        assert open_run(hub, second.id).usd == pytest.approx(400 * ONE, rel=0.01)


def test_it_is_told_with_every_forecast_and_in_the_status(limit, short):
    with limit(25) as hub:
        ask(hub, distinct(10), short)
        assert f"{ONE * 10:,.4f} of this month's 25.00 USD are spent" in forecast_run(hub, distinct(20), short).line
        assert status(hub).month == pytest.approx((ONE * 10, 0.0, 25.0))


def test_two_processes_at_once_stay_within_it_together(limit, priced, short, tmp_path):
    budget = ONE * 150
    with limit(budget) as hub:
        short.model_copy(update={"name": "short"}).save(hub.workspace)
        code = (
            "import sys, pandas as pd; from hsai_kit import connect, ask\n"
            "ids = pd.Index([str(n) for n in range(300)], name='record_id')\n"
            "frame = pd.DataFrame({'state': [f'{sys.argv[2]} {n}' for n in range(300)], 'country': 'US'}, index=ids)\n"
            "ask(connect(workspace=sys.argv[1]), frame, 'short', confirm=True)\n"
        )
        folder = str(hub.workspace.folder)
        both = [subprocess.Popen([sys.executable, "-c", code, folder, word]) for word in ("Here", "There")]
        assert [one.wait(120) for one in both] == [0, 0]
        assert priced.questions > 100
        assert priced.questions * ONE <= budget
        assert hub.store.expenses.read_month() == pytest.approx((priced.questions * ONE, 0.0))


def test_a_model_without_a_price_is_not_asked_under_it(limit, priced, short):
    with limit(25) as hub, pytest.raises(RunError, match=r"take usd_per_month out of hsai\.toml"):
        engine_for(hub, "responses", short, "a-model-nobody-knows")
    assert priced.questions == 0


def test_what_a_stopped_session_had_in_flight_is_let_go_of_and_what_a_killed_one_held_is_not(limit, short):
    with limit(25) as hub:
        handle = start_ask(hub, distinct(500), short, confirm=True)
        while not handle.progress.done:
            pass
        handle.cancel(drain=False)
        handle.result(30)
        assert hub.store.expenses.read_month()[1] == 0
        assert hub.store.expenses.hold("run-killed", 24.9, 25) is not None
        assert ask(hub, distinct(300, "More"), short, confirm=True).record.status in {"done", "paused"}
        assert hub.store.expenses.hold("run-other", 0.2, 25) is None


def test_answers_of_an_earlier_store_count_from_the_first_day(tmp_path):
    place = next(n for n, script in enumerate(MIGRATIONS) if "CREATE TABLE spending " in script)
    old = Database(tmp_path / "old.sqlite", migrations=MIGRATIONS[:place])
    old.execute("PRAGMA foreign_keys = OFF")
    old.execute(
        "INSERT INTO answers (question, run_id, status, usd, at) VALUES ('q', 'r', 'answered', 1.5, ?)", (now(),)
    )
    old.close()
    store = Store(tmp_path / "old.sqlite")
    assert store.expenses.read_month() == (1.5, 0.0)
