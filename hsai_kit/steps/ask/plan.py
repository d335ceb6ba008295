"""A run before it is sent: which rows are which questions, what is known already, and about what the rest will cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from hsai_kit.assistants.lookup_tables import look_up
from hsai_kit.assistants.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import PromptError
from hsai_kit.llm.engine import Engine, EngineName
from hsai_kit.llm.question_hash import find_hashes
from hsai_kit.runtime.console import many
from hsai_kit.steps.ask.duration_estimate import DurationEstimate, estimate_duration
from hsai_kit.steps.ask.origin import source_of
from hsai_kit.store import RunRow
from hsai_kit.tabular.provenance import read_record_ids

__all__ = ["AskPlan", "Estimate", "dollars", "plan_ask"]

# How far the rough count of tokens may be off, either way: four characters a token is English prose.
_LOW, _HIGH = 0.6, 1.7


@dataclass(frozen=True)
class Estimate:
    """What a run would do: counts, and tokens and USD as ranges (USD None where the model's price is not known)."""

    records: int
    questions: int
    known: int
    ruled: int
    skipped: int
    requests: int
    tokens_low: int
    tokens_high: int
    usd_low: float | None
    usd_high: float | None
    takes: DurationEstimate | None = None

    def line(self, model: str, *, scripted: bool = False) -> str:
        """Say it in one line for the person who is about to spend it."""
        parts = [f"{many(self.records, 'record')} → {many(self.questions, 'question')}", f"{self.known:,} known"]
        if self.ruled:
            parts.insert(1, f"{many(self.ruled, 'record')} by rule")
        line = f"{', '.join(parts)} → {many(self.requests, 'request')}"
        if scripted:
            long = (
                f", {self.takes.describe()}" if self.takes and (self.takes.high or 0) >= 60 else ""
            )  # a script is quick
            return f"{line} to the sandbox's scripted assistant {model} (no language model, costs nothing){long}"
        tokens = f"about {self.tokens_low:,} to {self.tokens_high:,} tokens"
        parts = [f"{line} to {model}", tokens, dollars(self.usd_low, self.usd_high)]
        return ", ".join([*parts, self.takes.describe()] if self.takes else parts)


def dollars(low: float | None, high: float | None) -> str:
    """Say an amount or a range of USD in words; unknown is said, never 0."""
    if low is None or high is None:
        return "price unknown"
    if high < 0.01:
        return "less than 0.01 USD"
    if f"{low:,.2f}" == f"{high:,.2f}":
        return f"about {high:,.2f} USD"
    return f"about {low:,.2f} to {high:,.2f} USD"


@dataclass
class AskPlan:
    """Everything that a run needs, worked out before it is sent."""

    hub: Connection
    engine: Engine
    engine_name: EngineName
    prompt: str
    pull_id: str | None
    object_type: str
    rows: list[RunRow]
    texts: dict[str, str]
    known: set[str]

    @property
    def to_send(self) -> dict[str, str]:
        """The questions that no answer is known for, text by hash."""
        return {one: text for one, text in self.texts.items() if one not in self.known}

    def estimate(self) -> Estimate:
        """Count what would be done, and the cost from characters."""
        send = self.to_send
        usages = [self.engine.likely(text) for text in _sample(send)]
        scale = len(send) / max(1, len(usages))
        prices = [self.engine.usd(usage) for usage in usages]
        usd = None if None in prices else sum(filter(None, prices)) * scale
        tokens = sum((usage.input_tokens or 0) + (usage.output_tokens or 0) for usage in usages) * scale
        low, high = tokens * _LOW, tokens * _HIGH
        return Estimate(
            records=len(self.rows),
            questions=len(self.texts),
            known=len(self.known),
            ruled=sum(row.ruled is not None for row in self.rows),
            skipped=sum(row.skipped is not None for row in self.rows),
            requests=len(send),
            tokens_low=round(low),
            tokens_high=round(high),
            usd_low=None if usd is None else usd * _LOW,
            usd_high=None if usd is None else usd * _HIGH,
            takes=estimate_duration(self.hub, self.engine, self.engine_name, len(send), (low, high)),
        )

    def begin(self, budget_usd: float | None) -> str:
        """Write the run down, all of its rows and questions, and return its id."""
        runs, assistant = self.hub.store.runs, self.engine.assistant
        run_id = runs.begin(
            portal_id=self.hub.portal.id,
            pull_id=self.pull_id,
            object_type=self.object_type,
            assistant=assistant.name,
            assistant_version=assistant.version,
            assistant_json=assistant.model_dump_json(),
            prompt=self.prompt,
            model=self.engine.model,
            engine=self.engine_name,
            budget_usd=budget_usd,
            price=self.engine.own.model_dump_json() if self.engine.own else "",
        )
        self.hub.store.answers.add_questions(self.texts.items(), self.engine.model, assistant.version)
        runs.add_rows(run_id, self.rows)
        return run_id


def plan_ask(
    hub: Connection,
    frame: pd.DataFrame,
    engine: Engine,
    engine_name: EngineName,
    object_type: str | None = None,
    *,
    use_approved: bool = True,
    repeat: int = 1,
) -> AskPlan:
    """Work out what asking about `frame` means; raises FrameError, PromptError and AssistantError.

    Without `use_approved` what people approved answers nothing, since it is what an assistant is measured against.
    A `repeat` above 1 is another question with the same text: memory answers it only where it was that repeat before.
    """
    assistant = engine.assistant
    ids = read_record_ids(frame)
    if not ids:
        message = "The DataFrame has no rows, so there is nothing to ask. Pull more, or loosen its filter."
        raise PromptError(message)
    if not assistant.prompt:
        message = (
            f"The assistant {assistant.name!r} has no prompt of its own. Give one: ask(..., prompt='{{{{ … }}}}')."
        )
        raise PromptError(message)
    texts = Prompt(assistant.prompt).render(frame)
    hashes = find_hashes(hub.store, engine.question_hash, texts.dropna().unique(), repeat)
    approved = hub.store.answers.read_remembered(assistant.name) if use_approved else {}
    rows = list(_rows(hub, frame, engine, ids, texts, hashes, approved))
    asked = {row.question for row in rows if row.question}
    questions = {one: text for text, one in hashes.items() if one in asked}
    source = source_of(hub, frame, ids, object_type)
    return AskPlan(
        hub=hub,
        engine=engine,
        engine_name=engine_name,
        prompt=assistant.prompt,
        pull_id=source.pull_id,
        object_type=source.object_type,
        rows=rows,
        texts=questions,
        known=hub.store.answers.find_known(list(questions)),
    )


def _rows(
    hub: Connection,
    frame: pd.DataFrame,
    engine: Engine,
    ids: list[str],
    texts: pd.Series,
    hashes: dict[str, str],
    approved: dict[str, tuple[str, str]],
) -> Iterator[RunRow]:
    """Decide for each row: blank, known by a table, known from what was approved, or a question."""
    assistant = engine.assistant
    tabled: list[str | None] = [None] * len(ids)
    if assistant.lookup:
        found = look_up(frame, assistant.lookup, assistant.output, hub.workspace.folder)
        tabled = [None if pd.isna(answer) else str(answer) for answer in found]
    for one, text, answer in zip(ids, texts, tabled, strict=True):
        if answer is not None:
            yield RunRow(one, ruled=json.dumps({"answer": answer}), rule=f"table {_name(engine)}")
        elif pd.isna(text):
            yield RunRow(one, skipped="every value that the prompt uses is blank")
        elif text in approved:
            values, run_id = approved[text]
            yield RunRow(one, ruled=values, rule=f"approved in {run_id}")
        else:
            yield RunRow(one, hashes[text])


def _name(engine: Engine) -> str:
    return engine.assistant.lookup.table if engine.assistant.lookup else ""


def _sample(texts: dict[str, str], most: int = 1000) -> list[str]:
    # Pricing a million texts one by one would take longer than asking the first thousand.
    step = max(1, len(texts) // most)
    return list(texts.values())[::step]
