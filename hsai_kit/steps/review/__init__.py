"""A run into decisions: every proposal beside the old value, approved, edited or rejected by somebody."""

from __future__ import annotations

import json

from hsai_kit.assistant.output_schema import Value
from hsai_kit.errors import ReviewError
from hsai_kit.run import Run
from hsai_kit.steps.review.review_result import Review, Rows
from hsai_kit.store import DecisionRecord

__all__ = ["Review", "Rows", "remember", "review"]


def review(run: Run, field: str | None = None, *, to: str | None = None) -> Review:
    """Return the proposals of `run` for review; decisions made before, by anybody, are there again.

    In a notebook the result shows as a grid to decide in. `field` names which of several fields is reviewed. `to` is
    the property that the answers are meant for, whose value at the time of the pull is shown as `before`; without it
    the assistant's own `to` is used.

    Raises ReviewError where the run has several fields and none is named.
    """
    names = run.fields
    if field is None and len(names) > 1:
        message = (
            f"This run answers several fields: {', '.join(names)}. "
            f"Review them one by one, such as review(run, {names[0]!r})."
        )
        raise ReviewError(message)
    chosen = field or names[0]
    if chosen not in names:
        message = f"This run has no field {chosen!r}. It has: {', '.join(names)}."
        raise ReviewError(message)
    return Review(run, chosen, to or run.assistant.output.fields[chosen].to)


def remember(run: Run) -> int:
    """Keep the approved and edited answers of `run` as known answers and return how many questions that are.

    From then on an assistant of the same name, whatever its version, answers the same prompt text by rule, for nothing.
    A question is left out where people decided differently on its records, rejected one, or decided only some fields.
    Remembering a run again takes its present decisions in place of the earlier ones.
    """
    decided = {field: run.store.decisions.current(run.id, field) for field in run.fields}
    answers: dict[str, set[str | None]] = {}
    reviewers: dict[str, str] = {}
    for row in run.store.runs.rows(run.id):
        if row.input is None:
            continue
        decisions = [decided[field].get(row.row.record_id) for field in run.fields]
        made = [decision for decision in decisions if decision is not None]
        if not made:
            continue
        answers.setdefault(row.input, set()).add(_answer(run.fields, decisions))
        reviewers[row.input] = made[-1].reviewer
    agreed = {text: next(iter(found)) for text, found in answers.items() if len(found) == 1}
    entries = [(text, answer, reviewers[text]) for text, answer in agreed.items() if answer is not None]
    run.store.answers.remember(run.record.assistant, run.id, entries)
    return len(entries)


def _answer(fields: list[str], decisions: list[DecisionRecord | None]) -> str | None:
    values: dict[str, Value] = {}
    for field, decision in zip(fields, decisions, strict=True):
        if decision is None or not decision.decision.is_approved:
            return None
        values[field] = decision.value
    return json.dumps(values, ensure_ascii=False)
