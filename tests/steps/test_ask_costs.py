"""What a run spent and saved: halved in a batch, told by `run.costs`, `runs` and the command line."""

from __future__ import annotations

import itertools
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, connect, resume, review, runs
from hsai_kit.assistant.assistant import load_assistant
from hsai_kit.llm.batches import BatchEngine
from hsai_kit.llm.prices import Usage, price
from hsai_kit.steps.ask.batch_collector import BatchCollector
from hsai_kit.steps.ask.batch_sender import BatchSender
from hsai_kit.steps.review import remember

SANDBOX, PRICED = b"sandbox-luna", b"gpt-6-luna"
AMOUNTS = ("spent", "by_memory", "by_rules", "by_sharing", "by_batch")


@pytest.fixture
def paying(keys, monkeypatch, tmp_path):
    """A connection to the sandbox under the name of a model whose price is known."""

    class Renamed(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(size).replace(PRICED, SANDBOX)
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in {"host", "content-length"}
            }
            wanted = Request(
                keys.openai_url.removesuffix("/v1") + self.path, body if size else None, headers, method=self.command
            )
            try:
                answer = urlopen(wanted)
            except HTTPError as problem:
                answer = problem
            with answer:
                content = answer.read().replace(SANDBOX, PRICED)
                self.send_response(answer.status)
                self.send_header("content-type", answer.headers["content-type"])
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = pass_on  # noqa: N815 -- the names that the server looks for

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Renamed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        with connect(workspace=tmp_path / "workspace") as hub:
            yield hub
        server.shutdown()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(BatchCollector, "first_poll", 0.02)


def places(*texts: str) -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(len(texts))], name="record_id")
    return pd.DataFrame({"state": texts, "country": "US"}, index=index)


def live_price(hub, run) -> dict[str, float]:
    """What each question of a run costs live, by its hash."""
    paid = [use.answer for use in hub.store.answers.uses(run.id)]
    return {
        one.question: price("gpt-6-luna", Usage(one.input_tokens, one.cached_tokens, one.output_tokens)) for one in paid
    }


def test_a_batch_costs_half_but_for_the_question_that_was_asked_live(paying, keys):
    keys.limits("openai", batch_seconds=0.1)
    run = ask(paying, places("Texas", "Ohio", "Iowa", "Maine"), "state-abbreviations", engine="batch")
    live = live_price(paying, run)
    first = run.answers["question"].iloc[0]
    assert run.usd == pytest.approx(live[first] + (sum(live.values()) - live[first]) / 2)
    assert run.costs.spent == pytest.approx(run.usd)
    assert run.costs.by_batch == pytest.approx((sum(live.values()) - live[first]) / 2)
    assert run.costs.by_memory == run.costs.by_rules == run.costs.by_sharing == 0


def test_the_line_before_a_batch_has_half_the_cost_of_a_live_run(paying, capsys, keys):
    keys.limits("openai", batch_seconds=0.1)
    frame = places(*(f"{text} {number}" for number in range(100) for text in ("Texas", "Ohio")))
    dear = Assistant(name="dear", instructions="Tell the state. " * 400, prompt="{{ state }}", output={"kind": "text"})
    ask(paying, frame, dear, engine="batch")
    batched = capsys.readouterr().out
    ask(paying, frame.assign(state="B" + frame["state"]), dear)
    live = capsys.readouterr().out

    def high(said: str) -> float:
        return float(next(line for line in said.splitlines() if " records → " in line).rpartition(" to ")[2].split()[0])

    assert high(batched) == pytest.approx(high(live) / 2, abs=0.011)


def test_what_was_saved_adds_up_to_asking_every_record_live(paying, keys):
    keys.limits("openai", batch_seconds=0.1)
    ask(paying, places("Texas", "Ohio"), "state-abbreviations")
    run = ask(
        paying, places("Texas", "Texas", "Ohio", "Iowa", "Iowa", "Iowa", "Maine"), "state-abbreviations", engine="batch"
    )
    live, by_row = live_price(paying, run), run.answers["question"]
    memory = {by_row.iloc[0], by_row.iloc[2]}
    assert run.costs.by_memory == pytest.approx(sum(live[one] for one in memory))
    assert run.costs.by_sharing == pytest.approx(live[by_row.iloc[0]] + 2 * live[by_row.iloc[3]])
    assert run.costs.by_batch > 0
    one_by_one = sum(live[one] for one in by_row)
    assert sum(getattr(run.costs, name) for name in AMOUNTS) == pytest.approx(one_by_one)
    assert run.costs.usd_saved == pytest.approx(one_by_one - run.costs.spent)
    assert f"; {run.costs})" in repr(run)
    assert "USD spent, " in repr(run)


def test_records_answered_by_rule_save_what_the_others_cost_on_average(paying):
    first = ask(paying, places("Texas", "Ohio"), "state-abbreviations")
    checked = review(first)
    checked.approve("1")
    remember(first)
    run = ask(paying, places("Texas", "Texas", "Maine"), "state-abbreviations")
    assert run.answers["status"].tolist() == ["by_rule", "by_rule", "answered"]
    assert run.costs.by_rules == pytest.approx(2 * run.usd)
    ruled = ask(paying, places("Texas"), "state-abbreviations")
    assert repr(ruled).endswith("0.00 USD spent, an amount not known saved)"), "nothing was asked that tells a price"


def test_decisions_are_paid_by_their_input_alone_and_saved_at_that_price_too(paying):
    frame = places("Texas", "Texas", "Ohio", "Iowa")
    first = ask(paying, frame.head(2), "state-abbreviations", engine="decisions")
    run = ask(paying, frame, "state-abbreviations", engine="decisions")
    used = {use.answer.question: use.answer.input_tokens for use in paying.store.answers.uses(run.id)}
    by_row = [used[one] * 0.10 / 1_000_000 for one in run.answers["question"]]  # USD per million input tokens
    assert first.costs.spent == pytest.approx(by_row[0])
    assert (run.costs.by_memory, run.costs.by_sharing) == pytest.approx((by_row[0], by_row[1]))
    assert run.costs.spent == pytest.approx(by_row[2] + by_row[3])
    assert run.costs.by_batch == 0


def test_what_jobs_saved_stays_saved_when_the_rest_is_asked_live(paying, keys):
    keys.limits("openai", batch_seconds=0.2, batch_end="expired")
    first = ask(paying, places(*(f"Texas {n}" for n in range(9))), "state-abbreviations", engine="batch")
    assert first.costs.by_batch > 0
    run = resume(paying, first, engine="responses")
    assert run.costs.by_batch == pytest.approx(first.costs.by_batch)
    assert re.fullmatch(r"0\.\d+ USD spent, (\S+ )*0\.\d+ saved \((\S+ )*0\.\d+ sent in jobs\)", repr(run.costs))


def test_an_unknown_price_is_unknown_and_never_nothing(paying, monkeypatch):
    monkeypatch.setattr("hsai_kit.llm.responses_engine.price", lambda model, usage, own: None)
    monkeypatch.setattr("hsai_kit.llm.costs.price", lambda model, usage, own: None)
    run = ask(paying, places("Texas", "Texas"), "state-abbreviations")
    assert (run.costs.spent, run.costs.by_sharing, run.costs.usd_saved) == (None, None, None)
    assert run.costs.by_rules == 0
    assert "price unknown" in repr(run)
    assert runs(paying)["usd"].isna().all()


def test_a_budget_in_which_no_question_fits_sends_nothing(paying, keys, openai_client, capsys):
    keys.limits("openai", batch_seconds=0.1)
    frame = places("Texas", "Ohio", "Iowa", "Maine")
    run = ask(paying, frame, "state-abbreviations", engine="batch", budget_usd=0.0001)
    assert run.record.status == "paused"
    assert "The budget of 0.0001 USD is reached with 4 questions left, which may cost up to 0.0" in run.record.note
    assert "resume(hub, " in capsys.readouterr().out
    assert list(openai_client.batches.list()) == []
    assert "POST /v1/responses" not in keys.counts()["openai"]
    again = resume(paying, run, budget_usd=1.0)
    assert again.answers["status"].tolist() == ["answered"] * 4
    assert again.usd < 1.0


def test_a_batch_is_sent_in_jobs_that_fit_the_budget_and_pauses_when_it_is_reached(
    paying, keys, openai_client, monkeypatch
):
    keys.limits("openai", batch_seconds=0.1)
    monkeypatch.setattr(BatchSender, "fewest", 5)
    short = load_assistant(paying.workspace, "state-abbreviations").model_copy(update={"max_output_tokens": 200})
    frame = places(*(f"Texas {number}" for number in range(100)))
    engine = BatchEngine(short, "gpt-6-luna")
    most = engine.usd(engine.most('State: "Texas 10"\nCountry: "US"'))
    run = ask(paying, frame, short, engine="batch", budget_usd=15 * most)
    assert run.record.status == "paused"
    sizes = [job.request_counts.total for job in reversed(list(openai_client.batches.list()))]
    # The first job is what fits if all cost the most; what it did not spend goes into further ones.
    assert 12 <= sizes[0] <= 14
    assert len(sizes) > 2
    assert all(later < earlier for earlier, later in itertools.pairwise(sizes))
    answered = int((run.answers["status"] == "answered").sum())
    assert answered == sum(sizes) + 1
    assert f"is reached with {100 - answered} questions left" in run.record.note
    assert 8 * most < run.usd <= 15 * most
    again = resume(paying, run, budget_usd=1000 * most)
    assert again.record.status == "done"
    assert sum(job.request_counts.total for job in openai_client.batches.list()) == 100 - 2


def test_jobs_are_held_in_the_months_budget_until_they_are_read(paying, keys, openai_client):
    keys.limits("openai", batch_seconds=0.1)
    short = load_assistant(paying.workspace, "state-abbreviations").model_copy(update={"max_output_tokens": 200})
    engine = BatchEngine(short, "gpt-6-luna")
    most = engine.usd(engine.most('State: "Texas 10"\nCountry: "US"'))
    settings = paying.workspace.folder / "hsai.toml"
    settings.write_text(settings.read_text().replace("[budget]", f"[budget]\nusd_per_month = {25 * most:.10f}"))
    with connect(workspace=paying.workspace.folder) as hub:
        run = ask(hub, places(*(f"Texas {number}" for number in range(200))), short, engine="batch")
        assert run.record.status == "paused"
        assert "month's budget is reached" in run.record.note
        spent, held = hub.store.expenses.read_month()
        assert (spent, held) == (pytest.approx(run.usd), 0.0)
        assert 5 * most < spent <= 25 * most
        assert 20 < sum(job.request_counts.total for job in openai_client.batches.list()) < 199


def test_a_question_that_fails_in_its_job_is_not_sent_again_by_the_same_run(paying, keys, openai_client, monkeypatch):
    keys.limits("openai", batch_seconds=0.1, batch_failures=1.0)
    monkeypatch.setattr(BatchSender, "fewest", 2)
    short = load_assistant(paying.workspace, "state-abbreviations").model_copy(update={"max_output_tokens": 200})
    engine = BatchEngine(short, "gpt-6-luna")
    most = engine.usd(engine.most('State: "Texas 10"\nCountry: "US"'))
    run = ask(paying, places(*(f"Texas {n}" for n in range(20))), short, engine="batch", budget_usd=9 * most)
    assert (run.answers["status"] == "failed").sum() == 19
    assert sum(job.request_counts.total for job in openai_client.batches.list()) == 19


def test_runs_lists_every_run_with_its_counts_newest_first(paying, keys):
    keys.limits("openai", batch_seconds=0.1)
    assert runs(paying).empty
    first = ask(paying, places("Texas", "Ohio"), "state-abbreviations")
    second = ask(paying, places("Texas", "Texas", "Iowa", ""), "state-abbreviations", engine="batch")
    listed = runs(paying)
    assert list(listed.columns) == [
        "id", "at", "assistant", "version", "model", "engine", "status",
        "records", "questions", "answered", "usd", "note",
    ]  # fmt: skip
    assert listed["id"].tolist() == [second.id, first.id]
    assert listed["engine"].tolist() == ["batch", "responses"]
    assert listed["records"].tolist() == [4, 2]
    assert listed["questions"].tolist() == [3, 2]
    assert listed["answered"].tolist() == [4, 2]
    assert listed["usd"].tolist() == pytest.approx([second.usd, first.usd])
    assert str(listed["at"].dtype) == "datetime64[us, UTC]"
    assert listed["version"].tolist() == [second.assistant.version, first.assistant.version]
