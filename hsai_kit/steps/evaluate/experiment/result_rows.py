"""The rows of an evaluation: each record's answer of each assistant and repeat beside the right one."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from hsai_kit.assistant.output_schema import Kind, Number, Text, Value, YesNo
from hsai_kit.run import RowResult, RowStatus, Run
from hsai_kit.store import EvaluationRow, LabelGround, Store

_COLUMNS = {
    "assistant": "string",
    "record_id": "string",
    "repeat": "Int64",
    "answer": "object",
    "expected": "object",
    "right": "boolean",
    "valid": "boolean",
    "status": "string",
    "flags": "object",
    "confidence": "Float64",
    "usd": "Float64",
    "seconds": "Float64",
    "question": "string",
    "cluster": "string",
    "ground": "string",
    "draw": "string",
    "reason": "string",
    "unit": "string",
}


def read_result_rows(store: Store, evaluation_id: str, field: str, runs: Mapping[str, Sequence[Run]]) -> pd.DataFrame:
    """Return the rows of an evaluation as `Evaluation.rows` describes them.

    `unit` is what rows have in common that cannot differ in their answer: the question, or the rule that answered.
    """
    known = store.evaluations.rows(evaluation_id)
    kinds: set[str] = set()
    cells: list[tuple[object, ...]] = []
    for name, repeats in runs.items():
        first: dict[str, str] = {}
        for repeat, run in enumerate(repeats, start=1):
            kind = run.assistant.output.fields[field]
            kinds.add(_dtype(kind))
            for row in _rows(store, run, field, kind, known):
                # A repeat's question has a hash of its own; it is the first one asked again.
                unit = first.setdefault(str(row[0]), str(row[-1]))
                cells.append((name, row[0], repeat, *row[1:-1], unit))
    columns = dict(zip(_COLUMNS, zip(*cells, strict=True), strict=True)) if cells else dict.fromkeys(_COLUMNS, ())
    dtypes = _COLUMNS | dict.fromkeys(("answer", "expected"), kinds.pop() if len(kinds) == 1 else "object")
    return pd.DataFrame({name: pd.Series(list(columns[name]), dtype=dtype) for name, dtype in dtypes.items()})


def describe_grounds(rows: pd.DataFrame) -> str | None:
    """Say how the labels of rows came to be, most frequent first; None where there are none."""
    counts = rows.drop_duplicates("record_id")["ground"].value_counts()
    return ", ".join(f"{count:,} {LabelGround(ground).phrase}" for ground, count in counts.items()) or None


def _rows(
    store: Store, run: Run, field: str, kind: Kind, known: Mapping[str, EvaluationRow]
) -> Iterator[tuple[object, ...]]:
    results = run.results()
    sharing = Counter(row.question for row in results)
    # What memory answered was paid by another run, and costs the same the next time it is not remembered.
    prices = {use.answer.question: use.answer.usd for use in store.answers.uses(run.id)}
    for row in results:
        given = known[row.record_id]
        answer = row.fields.get(field)
        valid = _valid(row, field)
        right = None
        if valid is not None and given.labelled:
            same = _is_same(kind, answer, given.expected)
            right = valid and same
            # That one answer is wrong does not tell whether another is right.
            if given.ground is LabelGround.REJECTED:
                right = False if same or not valid else None
        expected = None if given.ground is LabelGround.REJECTED else given.expected
        ground = given.ground.value if given.labelled else None
        price = 0.0 if row.question is None else prices.get(row.question)
        usd = None if price is None else price / sharing[row.question]
        unit = row.question or (f"rule {row.reason} {json.dumps(row.fields)}")
        yield (
            *(row.record_id, answer, expected, right, valid, row.status.value, list(row.flags), row.confidence),
            *(usd, row.seconds, row.question, given.cluster, ground, given.draw.value, row.reason, unit),
        )


def _valid(row: RowResult, field: str) -> bool | None:
    """Tell whether an answer is allowed, not refused, not cut off; None where the row was not asked."""
    if row.status is RowStatus.ERASED:
        return None
    if row.status is RowStatus.SKIPPED:
        # A row whose prompt is blank gets no answer, as it will when it is automated.
        return None if row.question else True
    if not row.status.has_answer:
        return False
    wrong = {"not allowed", f"{field}: not allowed", f"{field}: refused"}
    return not wrong.intersection(row.flags)


def _is_same(kind: Kind, answer: Value, expected: Value) -> bool:
    """Tell whether an answer is the right one: numbers to nine digits, texts but for spaces, all else exactly."""
    if answer is None or expected is None:
        return answer is expected
    if isinstance(kind, Number):
        return isinstance(expected, int | float) and math.isclose(float(answer), float(expected), rel_tol=1e-9)
    if isinstance(kind, Text):
        return str(answer).split() == str(expected).split()
    return answer == expected


def _dtype(kind: Kind) -> str:
    return "Float64" if isinstance(kind, Number) else "boolean" if isinstance(kind, YesNo) else "string"
