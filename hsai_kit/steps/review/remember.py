"""What people approved becomes a known answer: the same question is not asked of a model again."""

from __future__ import annotations

import json

from hsai_kit.assistants.output_schema import Value
from hsai_kit.run import Run
from hsai_kit.store import DecisionRecord

__all__ = ["remember"]


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
    run.store.runs.remember(run.record.assistant, run.id, entries)
    return len(entries)


def _answer(fields: list[str], decisions: list[DecisionRecord | None]) -> str | None:
    values: dict[str, Value] = {}
    for field, decision in zip(fields, decisions, strict=True):
        if decision is None or decision.decision not in {"approved", "edited"}:
            return None
        values[field] = decision.value
    return json.dumps(values, ensure_ascii=False)
