"""A DataFrame into a run: every distinct question asked once, every row ended with a status."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, overload

import pandas as pd
from pydantic import ValidationError

from hsai_kit.assistant import Assistant, Effort, load
from hsai_kit.background import Control, Handle, start
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, HsaiError, ModelError, PromptError
from hsai_kit.frames import origin, record_ids
from hsai_kit.llm.models import check
from hsai_kit.llm.prices import roughly
from hsai_kit.llm.problems import stops_the_run
from hsai_kit.llm.responses import Question, ask_one
from hsai_kit.progress import Progress, say
from hsai_kit.prompt import Prompt
from hsai_kit.run import Run
from hsai_kit.store import Answer
from hsai_kit.workspace import sentence

__all__ = ["ask", "open_run"]

# What an answer is likely to take at most, for the line before the run.
_CLOSED_TOKENS, _OPEN_TOKENS = 12, 150


@overload
def ask(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    prompt: str | None = ...,
    *,
    model: str | None = ...,
    temperature: float | None = ...,
    reasoning_effort: Effort | None = ...,
    wait: Literal[True] = ...,
) -> Run: ...
@overload
def ask(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    prompt: str | None = ...,
    *,
    model: str | None = ...,
    temperature: float | None = ...,
    reasoning_effort: Effort | None = ...,
    wait: Literal[False],
) -> Handle[Run]: ...
def ask(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    prompt: str | None = None,
    *,
    model: str | None = None,
    temperature: float | None = None,
    reasoning_effort: Effort | None = None,
    wait: bool = True,
) -> Run | Handle[Run]:
    """Ask the assistant about every row of `frame` and return the run; nothing is written to HubSpot.

    Rows with the same rendered prompt are one question and one request; a question that was answered before under the
    same assistant version, model and settings is not asked again. Each answer is kept in the store as it arrives, so
    after an interruption the same call asks only what is missing. `assistant` is a name in the workspace or an
    Assistant; `prompt`, `model`, `temperature` (0-2) and `reasoning_effort` take the place of its own for this run.
    With `wait=False` a handle comes back at once.

    Raises FrameError, PromptError, AssistantError and UnknownModel before anything is sent; RefusedKey, NoQuota and
    UnsupportedSetting stop the run, keeping what was answered. Any other trouble ends only its own rows as `failed`.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], limit=20)
    ...     run = ask(hub, contacts, "state-abbreviations")
    ...     len(run.answers)
    20 records → ...
    20
    """
    chosen = load(hub.workspace, assistant) if isinstance(assistant, str) else assistant
    given = {"prompt": prompt, "temperature": temperature, "reasoning_effort": reasoning_effort}
    chosen = _changed(chosen, {name: value for name, value in given.items() if value is not None})
    plan = _plan(hub, frame, chosen, _checked_model(hub, model, chosen))
    say(plan.line())
    handle = start(plan.run, Progress(f"Asking {chosen.name}", total=len(plan.to_send)))
    return handle.wait("The answers so far are kept: ask the same again to go on.") if wait else handle


def open_run(hub: Connection, run_id: str | None = None) -> Run:
    """Return an earlier run of this workspace by its id, or the newest one."""
    wanted = run_id or hub.store.runs.latest()
    if wanted is None:
        message = f"There are no runs in {hub.workspace.folder} yet. Make one with ask()."
        raise HsaiError(message)
    settings = hub.workspace.settings.review
    return Run(hub.store, wanted, low_confidence=settings.low_confidence, reviewer=hub.workspace.reviewer)


@dataclass
class _Asking:
    """Everything that a run needs, worked out before it is sent."""

    hub: Connection
    question: Question
    prompt: str
    pull_id: str | None
    object_type: str
    rows: list[tuple[str, str | None]]
    texts: dict[str, str]
    known: set[str]

    @property
    def to_send(self) -> list[str]:
        return [one for one in self.texts if one not in self.known]

    def line(self) -> str:
        """Say what is about to be asked and about what it will cost."""
        send = self.to_send
        parts = (
            f"{len(self.rows):,} records → {len(self.texts):,} questions, "
            f"{len(self.known):,} known → {len(send):,} requests"
        )
        model = self.question.model
        if self.hub.scripted:
            return f"{parts} to the sandbox's scripted assistant {model} (no language model, costs nothing)"
        request = self.question.request("")
        characters = sum(len(self.texts[one]) for one in send) + len(send) * len(str(request))
        tokens = _CLOSED_TOKENS if self.question.assistant.output.is_closed else _OPEN_TOKENS
        usd = roughly(model, characters, len(send), tokens)
        cost = "price unknown" if usd is None else f"about {usd:,.2f} USD" if usd >= 0.01 else "less than 0.01 USD"
        return f"{parts} to {model}, {cost}"

    async def run(self, control: Control) -> Run:
        run_id = self._begin()
        stopped_by: list[HsaiError] = []
        waiting = iter(self.to_send)
        workers = min(self.hub.llm.concurrency, len(self.to_send))
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._work(run_id, waiting, control, stopped_by))
        if stopped_by:
            self.hub.store.runs.end(run_id, "failed", str(stopped_by[0]))
            raise stopped_by[0]
        self.hub.store.runs.end(run_id, "stopped" if control.stopping else "done")
        return open_run(self.hub, run_id)

    async def _work(self, run_id: str, waiting: Iterator[str], control: Control, stopped_by: list[HsaiError]) -> None:
        while await control.gate():
            one = next(waiting, None)
            if one is None:
                return
            try:
                answer = await ask_one(self.hub.llm, self.question, self.texts[one])
            except HsaiError as problem:
                if stops_the_run(problem):
                    stopped_by.append(problem)
                    control.stop()
                    return
                answer = Answer(one, "failed", reason=str(problem), usd=0.0)
            except Exception as problem:  # noqa: BLE001 -- one row that nobody thought of must not end the others
                answer = Answer(
                    one, "failed", reason=f"Something unexpected happened: {type(problem).__name__}", usd=0.0
                )
            self.hub.store.runs.add_answer(run_id, answer)
            control.progress.done += 1

    def _begin(self) -> str:
        runs, assistant = self.hub.store.runs, self.question.assistant
        run_id = runs.begin(
            portal_id=self.hub.portal.id,
            pull_id=self.pull_id,
            object_type=self.object_type,
            assistant=assistant.name,
            assistant_version=assistant.version,
            assistant_json=assistant.model_dump_json(),
            prompt=self.prompt,
            model=self.question.model,
        )
        runs.add_questions(self.texts.items(), self.question.model, assistant.version)
        blank = "every value that the prompt uses is blank"
        runs.add_rows(
            run_id, ((place, one, hashed, None if hashed else blank) for place, (one, hashed) in enumerate(self.rows))
        )
        return run_id


def _plan(hub: Connection, frame: pd.DataFrame, assistant: Assistant, model: str) -> _Asking:
    ids = record_ids(frame)
    if not ids:
        message = "The DataFrame has no rows, so there is nothing to ask. Pull more, or loosen its filter."
        raise PromptError(message)
    if not assistant.prompt:
        message = (
            f"The assistant {assistant.name!r} has no prompt of its own. Give one: ask(..., prompt='{{{{ … }}}}')."
        )
        raise PromptError(message)
    question = Question(assistant, model)
    texts = Prompt(assistant.prompt).render(frame)
    hashes = {text: question.hash_of(text) for text in texts.dropna().unique()}
    source = origin(frame)
    pull_id = source.pull_id if source.pull_id and hub.store.pulls.get(source.pull_id) else None
    return _Asking(
        hub=hub,
        question=question,
        prompt=assistant.prompt,
        pull_id=pull_id,
        object_type=source.object_type,
        rows=[(one, hashes.get(text)) for one, text in zip(ids, texts, strict=True)],
        texts={hashed: text for text, hashed in hashes.items()},
        known=hub.store.runs.known(list(hashes.values())),
    )


def _changed(assistant: Assistant, changes: dict[str, Any]) -> Assistant:
    try:
        return Assistant.model_validate({**assistant.model_dump(), **changes})
    except ValidationError as problem:
        message = f"The assistant {assistant.name!r} cannot be asked so: {sentence(problem)}."
    raise AssistantError(message)


def _checked_model(hub: Connection, chosen: str | None, assistant: Assistant) -> str:
    try:
        models = hub.models()
    except ModelError:
        # Servers that only speak like OpenAI may have no list; then the first question will tell.
        return hub.model_for(chosen, assistant.model)
    return check(models, hub.model_for(chosen, assistant.model)).id
