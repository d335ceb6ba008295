"""A model as judge of written texts: asked like any assistant, in both orders for pairs, and believed only so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, EngineName
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, EvaluationError, UnknownModel
from hsai_kit.run import Run
from hsai_kit.runtime.background import accept_wait, in_background
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask import ask
from hsai_kit.steps.evaluate.repro_code import write_call, write_texts
from hsai_kit.steps.evaluate.texts.human_rating import choose_scale
from hsai_kit.steps.evaluate.texts.judge_result import JudgeResult
from hsai_kit.steps.evaluate.texts.rating_session import TIE
from hsai_kit.steps.evaluate.texts.source_texts import Texts, texts_by_name
from hsai_kit.store import RatingKind

_INSTRUCTIONS = (
    "You check what was written about a CRM record, for people who have to rely on it. Read the record first, then the "
    "text. Judge by the criterion alone: neither length nor style nor which text stands first makes one better."
)
_CRITERIA: dict[RatingKind, str] = {
    RatingKind.PASS: (
        "Every statement in the text stands in the record, and what a colleague has to know of it is in the text."
    ),
    RatingKind.PAIRS: (
        "Better is the text that says nothing but what stands in the record and leaves out less that matters."
    ),
    RatingKind.LEVELS: "How well does the text tell a colleague what stands in the record, without adding anything?",
}
_PROMPT = "Record: {{ source }}\nText to judge: {{ text }}"
_PROMPT_PAIRS = "Record: {{ source }}\nFirst text: {{ first }}\nSecond text: {{ second }}"
_DECISIONS: Literal["decisions"] = "decisions"
_PAIR = {"first": "the first text is better", "second": "the second text is better", TIE: "neither is better"}


@accept_wait
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
) -> JudgeResult:
    """Have a model judge written texts against their records; what it says counts once people have checked it.

    `texts`, `levels`, `text` and `source` are as in `rate`: of two by name it says which is better, asked in both
    orders, and a win counts only when both agree; of one it says whether `criterion`, a statement about a good text,
    is true, or gives a level. It is asked through the Decisions API (`predicate`, `score`) where the account has it,
    else with a JSON schema. Like any run it is remembered, capped by `budget_usd` and goes on where it stopped.

    The result tells no rate by itself: `judged.against(session)` compares it with what people rated, and tells how
    often the judge is right and the rate that follows. Raises what `ask` raises. `start_judge` does the same in the
    background.
    """
    named = texts_by_name(texts, text, source)
    kind, scale = choose_scale(named, levels)
    frame = _pairs(named) if kind is RatingKind.PAIRS else _singles(named)
    if frame.empty:
        message = "There is nothing to judge: no record has a text of each."
        raise EvaluationError(message)
    assistant = _build_judge(kind, criterion or _CRITERIA[kind], scale)
    _warn_of_own(hub, texts, model)
    options: dict[str, Any] = {"model": model, "object_type": "", "budget_usd": budget_usd, "confirm": confirm}
    run = _ask_decisions(hub, frame, assistant, options) if engine is None else None
    run = run or ask(hub, frame, assistant, engine=engine or "responses", **options)
    asked = {"model": run.record.model, "engine": run.record.engine, "text": text, "source": source}
    repeat = write_call(judge, "hub", write_texts(texts), criterion=criterion, levels=scale or False, **asked)
    return JudgeResult(run, kind, tuple(named), named, scale, repeat=repeat)


start_judge = in_background(judge)


def _ask_decisions(
    hub: Connection, frame: pd.DataFrame, assistant: Assistant, options: Mapping[str, Any]
) -> Run | None:
    """Ask by the Decisions API; None where this model has none for the account, which is remembered and said."""
    chosen = hub.model_for(options["model"], None)
    if _DECISIONS in hub.store.model_facts.read_refused(hub.llm.base_url, chosen):
        return None
    try:
        return ask(hub, frame, assistant, engine=_DECISIONS, **options)
    except (AssistantError, UnknownModel) as problem:
        hub.store.model_facts.learn(hub.llm.base_url, chosen, _DECISIONS, accepted=False, reason=str(problem))
    say(f"There are no decisions of {chosen} for this account; it is asked for JSON instead.")
    return None


def _build_judge(kind: RatingKind, criterion: str, levels: Mapping[str, str]) -> Assistant:
    instructions = f"{_INSTRUCTIONS}\n\nCriterion: {criterion}"
    output: dict[str, Any]
    match kind:
        case RatingKind.PAIRS:
            output = {"kind": "choice", "options": list(_PAIR), "descriptions": _PAIR}
        case RatingKind.LEVELS:
            output = {"kind": "choice", "options": list(levels), "descriptions": dict(levels), "ordered": True}
        case RatingKind.PASS:
            instructions, output = _INSTRUCTIONS, {"kind": "yes_no", "statement": criterion}
    return Assistant(
        name="judge",
        instructions=instructions,
        prompt=_PROMPT_PAIRS if kind is RatingKind.PAIRS else _PROMPT,
        max_output_tokens=1024,
        output=output,
    )


def _singles(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    rows = [
        (f"{one}/{place}", source, text)
        for place, frame in enumerate(named.values())
        for one, text, source in frame[["text", "source"]].dropna(subset=["text"]).itertuples(name=None)
    ]
    return _frame(rows, ["source", "text"])


def _pairs(named: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    first, second = (frame.dropna(subset=["text"]) for frame in named.values())
    rows = []
    for one in first.index.intersection(second.index, sort=False):
        a, b, source = first["text"][one], second["text"][one], first["source"][one]
        # Two texts that are the same need no judge.
        if a != b:
            rows += [(f"{one}/ab", source, a, b), (f"{one}/ba", source, b, a)]
    return _frame(rows, ["source", "first", "second"])


def _frame(rows: Sequence[Sequence[str]], columns: list[str]) -> pd.DataFrame:
    # The rows are texts and no records: nothing can be pushed from what is said about them.
    frame = pd.DataFrame([row[1:] for row in rows], columns=columns, dtype="string")
    return frame.set_index(pd.Index([row[0] for row in rows], dtype="string", name="record_id"))


def _warn_of_own(hub: Connection, texts: Texts, model: str | None) -> None:
    given = texts.values() if isinstance(texts, Mapping) else [texts]
    chosen = hub.model_for(model, None)
    if any(isinstance(one, Run) and one.record.model == chosen for one in given):
        say(f"{chosen} judges texts that it wrote itself, which models tend to like. Another model is a better judge.")
