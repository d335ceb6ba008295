"""A model as judge of written texts: asked like any assistant, in both orders for pairs, and believed only so far."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, overload

import pandas as pd

from hsai_kit.assistants.assistant import Assistant
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, EvaluationError, UnknownModel
from hsai_kit.llm.engine import EngineName
from hsai_kit.run import Run
from hsai_kit.runtime.background import Control, Handle, start
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask import ask, start_ask
from hsai_kit.steps.evaluate.repro_code import write_call, write_texts
from hsai_kit.steps.evaluate.texts.human_rating import Kind, Texts, check_levels, kind_of, texts_by_name
from hsai_kit.steps.evaluate.texts.judge_result import JudgeResult
from hsai_kit.steps.evaluate.texts.rating_session import TIE

__all__ = ["judge"]

_INSTRUCTIONS = (
    "You check what was written about a CRM record, for people who have to rely on it. Read the record first, then the "
    "text. Judge by the criterion alone: neither length nor style nor which text stands first makes one better."
)
_CRITERIA: dict[Kind, str] = {
    "pass": "Every statement in the text stands in the record, and what a colleague has to know of it is in the text.",
    "pairs": "Better is the text that says nothing but what stands in the record and leaves out less that matters.",
    "levels": "How well does the text tell a colleague what stands in the record, without adding anything?",
}
_PROMPT = "Record: {{ source }}\nText to judge: {{ text }}"
_PROMPT_PAIRS = "Record: {{ source }}\nFirst text: {{ first }}\nSecond text: {{ second }}"
_DECISIONS = "decisions"
_PAIR = {"first": "the first text is better", "second": "the second text is better", TIE: "neither is better"}


@overload
def judge(
    hub: Connection,
    texts: Texts,
    criterion: str | None = ...,
    *,
    levels: Mapping[int, str] | Mapping[str, str] | bool = ...,
    model: str | None = ...,
    engine: EngineName | None = ...,
    budget_usd: float | None = ...,
    text: str | None = ...,
    source: str | Sequence[str] | None = ...,
    confirm: bool | None = ...,
    wait: Literal[True] = ...,
) -> JudgeResult: ...
@overload
def judge(
    hub: Connection,
    texts: Texts,
    criterion: str | None = ...,
    *,
    levels: Mapping[int, str] | Mapping[str, str] | bool = ...,
    model: str | None = ...,
    engine: EngineName | None = ...,
    budget_usd: float | None = ...,
    text: str | None = ...,
    source: str | Sequence[str] | None = ...,
    confirm: bool | None = ...,
    wait: Literal[False],
) -> Handle[JudgeResult]: ...
def judge(
    hub: Connection,
    texts: Texts,
    criterion: str | None = None,
    *,
    levels: Mapping[int, str] | Mapping[str, str] | bool = False,
    model: str | None = None,
    engine: EngineName | None = None,
    budget_usd: float | None = None,
    text: str | None = None,
    source: str | Sequence[str] | None = None,
    confirm: bool | None = None,
    wait: bool = True,
) -> JudgeResult | Handle[JudgeResult]:
    """Have a model judge written texts against their records; what it says counts once people have checked it.

    `texts`, `levels`, `text` and `source` are as in `rate`: of two by name it says which is better, asked in both
    orders, and a win counts only when both agree; of one it says whether `criterion`, a statement about a good text,
    is true, or gives a level. It is asked through the Decisions API (`predicate`, `score`) where the account has it,
    else with a JSON schema. Like any run it is remembered, capped by `budget_usd` and goes on where it stopped.

    The result tells no rate by itself: `judged.against(session)` compares it with what people rated, and tells how
    often the judge is right and the rate that follows. Raises what `ask` raises.
    """
    named = texts_by_name(texts, text, source)
    kind = kind_of(named, levels)
    scale = check_levels(levels) if kind == "levels" else {}
    assistant = _judge_of(kind, criterion or _CRITERIA[kind], scale)
    frame = _pairs(named) if kind == "pairs" else _singles(named)
    if frame.empty:
        message = "There is nothing to judge: no record has a text of each."
        raise EvaluationError(message)
    options: dict[str, Any] = {"model": model, "budget_usd": budget_usd, "confirm": confirm}
    engines: list[EngineName] = [engine] if engine else _engines(hub, model)
    _warn_of_own(hub, texts, model)

    def judged(run: Run) -> JudgeResult:
        asked = {"model": run.record.model, "engine": run.record.engine, "text": text, "source": source}
        repeat = write_call(judge, "hub", write_texts(texts), criterion=criterion, levels=scale or False, **asked)
        return JudgeResult(run, kind, tuple(named), named, scale, repeat=repeat)

    if not wait:
        return start(lambda control: _in_background(control, hub, frame, assistant, engines, options, judged))
    for last, name in _with_last(engines):
        try:
            return judged(ask(hub, frame, assistant, engine=name, object_type="", **options))
        except (AssistantError, UnknownModel) as problem:
            _go_on_without(hub, model, name, problem, last=last)
    raise AssertionError


async def _in_background(
    control: Control,
    hub: Connection,
    frame: pd.DataFrame,
    assistant: Assistant,
    engines: list[EngineName],
    options: dict[str, Any],
    judged: Callable[[Run], JudgeResult],
) -> JudgeResult:
    def begun(name: EngineName) -> Handle[Run]:
        return start_ask(hub, frame, assistant, engine=name, object_type="", **options)

    for last, name in _with_last(engines):
        try:
            run = await control.lead(await asyncio.to_thread(begun, name))
        except (AssistantError, UnknownModel) as problem:
            _go_on_without(hub, options["model"], name, problem, last=last)
        else:
            return await asyncio.to_thread(judged, run)
    raise AssertionError


def _judge_of(kind: Kind, criterion: str, levels: Mapping[str, str]) -> Assistant:
    instructions = f"{_INSTRUCTIONS}\n\nCriterion: {criterion}"
    output: dict[str, Any] = {"kind": "yes_no", "statement": criterion}
    if kind == "pairs":
        output = {"kind": "choice", "options": list(_PAIR), "descriptions": _PAIR}
    elif kind == "levels":
        output = {"kind": "choice", "options": list(levels), "descriptions": dict(levels), "ordered": True}
    return Assistant(
        name="judge",
        instructions=_INSTRUCTIONS if kind == "pass" else instructions,
        prompt=_PROMPT_PAIRS if kind == "pairs" else _PROMPT,
        max_output_tokens=1024,
        output=output,
    )


def _singles(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [
        (f"{one}/{place}", source, text)
        for place, frame in enumerate(named.values())
        for one, text, source in frame[["text", "source"]].dropna(subset=["text"]).itertuples(name=None)
    ]
    return _asked(rows, ["source", "text"])


def _pairs(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    first, second = (frame.dropna(subset=["text"]) for frame in named.values())
    rows = []
    for one in first.index.intersection(second.index, sort=False):
        a, b, source = first["text"][one], second["text"][one], first["source"][one]
        # Two texts that are the same need no judge.
        if a != b:
            rows += [(f"{one}/ab", source, a, b), (f"{one}/ba", source, b, a)]
    return _asked(rows, ["source", "first", "second"])


def _asked(rows: Sequence[Sequence[str]], columns: list[str]) -> pd.DataFrame:
    # The rows are texts and no records: nothing can be pushed from what is said about them.
    frame = pd.DataFrame([row[1:] for row in rows], columns=columns, dtype="string")
    return frame.set_index(pd.Index([row[0] for row in rows], dtype="string", name="record_id"))


def _engines(hub: Connection, model: str | None) -> list[EngineName]:
    known = hub.store.model_facts.read_refused(hub.llm.base_url, hub.model_for(model, None))
    return ["responses"] if _DECISIONS in known else ["decisions", "responses"]


def _go_on_without(
    hub: Connection, model: str | None, name: str, problem: AssistantError | UnknownModel, *, last: bool
) -> None:
    """Remember that the Decisions API is not there for this model, and say so; raise what no other way mends."""
    if last or name != _DECISIONS:
        raise problem
    chosen = hub.model_for(model, None)
    hub.store.model_facts.learn(hub.llm.base_url, chosen, _DECISIONS, accepted=False, reason=str(problem))
    say(f"There are no decisions of {chosen} for this account; it is asked for JSON instead.")


def _with_last(engines: list[EngineName]) -> list[tuple[bool, EngineName]]:
    return [(place == len(engines) - 1, name) for place, name in enumerate(engines)]


def _warn_of_own(hub: Connection, texts: Texts, model: str | None) -> None:
    given = texts.values() if isinstance(texts, Mapping) else [texts]
    chosen = hub.model_for(model, None)
    if any(isinstance(one, Run) and one.record.model == chosen for one in given):
        say(f"{chosen} judges texts that it wrote itself, which models tend to like. Another model is a better judge.")
