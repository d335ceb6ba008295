"""A run before it is sent: which rows are which questions, what is known already, and about what the rest will cost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from hsai_kit.assistant.assistant import EngineName
from hsai_kit.assistant.lookup_tables import look_up
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import FrameError, PromptError
from hsai_kit.llm.engine import Engine
from hsai_kit.llm.question_hash import find_hashes
from hsai_kit.runtime.console import advise
from hsai_kit.steps.ask.estimate import Estimate, estimate_duration
from hsai_kit.store import RunRow
from hsai_kit.tabular.provenance import Origin, read_origin, read_record_ids

# How far the rough count of tokens may be off, either way: four characters a token is English prose.
_LOW, _HIGH = 0.6, 1.7


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

    def estimate(self) -> Estimate:
        """Count what would be done, and the cost from characters."""
        send = [text for one, text in self.texts.items() if one not in self.known]
        # Pricing a million texts one by one would take longer than asking the first thousand.
        usages = [self.engine.likely(text) for text in send[:: max(1, len(send) // 1000)]]
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
        message = "There are no records, so there is nothing to ask. Pull more, or loosen the filter."
        raise PromptError(message)
    if not assistant.prompt:
        way = advise("ask(..., prompt='{{ … }}')", "--prompt '{{ … }}'")
        message = f"The assistant {assistant.name!r} has no prompt of its own. Give one: {way}."
        raise PromptError(message)
    texts = Prompt(assistant.prompt).render(frame)
    hashes = find_hashes(hub.store, engine.question_hash, texts.dropna().unique(), repeat)
    approved = hub.store.answers.read_remembered(assistant.name) if use_approved else {}
    rows = list(_plan_rows(hub, frame, engine, ids, texts, hashes, approved))
    asked = {row.question for row in rows if row.question}
    questions = {one: text for text, one in hashes.items() if one in asked}
    source = _find_origin(hub, frame, ids, object_type)
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


def _find_origin(hub: Connection, frame: pd.DataFrame, ids: Sequence[str], object_type: str | None) -> Origin:
    """Return the pull that the frame came from and its object type, as far as they can be told.

    A frame that was merged or joined has lost its own note; then the pulls in the store that hold its records tell.
    An object type that cannot be told is "", and nothing can be pushed from such a run. Raises FrameError where the
    records are another portal's, or could be of several object types.
    """
    noted = read_origin(frame)
    pull = hub.store.pulls.get(noted.pull_id) if noted.pull_id else None
    if pull is not None:
        if pull.portal_id != hub.portal.id:
            message = (
                f"These records were pulled from portal {pull.portal_id}, and this connection is to portal "
                f"{hub.portal.id}. Pull them from here, or connect to their own portal."
            )
            raise FrameError(message)
        return Origin(pull.id, pull.object_type)
    fitting = [p for p in hub.store.pulls.find_holding(hub.portal.id, ids) if object_type in {None, p.object_type}]
    kinds = sorted({p.object_type for p in fitting})
    if len(kinds) > 1:
        message = (
            f"The record ids fit pulls of {' and of '.join(kinds)}, and the DataFrame has lost which it came from "
            f"(merges and joins lose it). Say it: ask(..., object_type={kinds[0]!r})."
        )
        raise FrameError(message)
    if fitting:
        return Origin(fitting[0].id, fitting[0].object_type)
    return Origin(None, object_type or "")


def _plan_rows(
    hub: Connection,
    frame: pd.DataFrame,
    engine: Engine,
    ids: list[str],
    texts: pd.Series,
    hashes: dict[str, str],
    approved: dict[str, tuple[str, str]],
) -> Iterator[RunRow]:
    """Decide for each row: blank, known by a table, known from what was approved, or a question."""
    lookup = engine.assistant.lookup
    tabled: Iterable[object] = [None] * len(ids)
    if lookup:
        tabled = look_up(frame, lookup, engine.assistant.output, hub.workspace)
    for one, text, answer in zip(ids, texts.tolist(), tabled, strict=True):
        if lookup and not pd.isna(answer):
            yield RunRow(one, ruled=json.dumps({"answer": answer}), rule=f"table {lookup.table}")
        elif text is pd.NA:
            yield RunRow(one, skipped="every value that the prompt uses is blank")
        elif text in approved:
            values, run_id = approved[text]
            yield RunRow(one, ruled=values, rule=f"approved in {run_id}")
        else:
            yield RunRow(one, hashes[text])
