"""Labels, which are right answers that people gave, and evaluations: their runs, and what counted as right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from enum import StrEnum

from hsai_kit.store.database import ColumnSet, Table, new_id, now


class LabelGround(StrEnum):
    """How a label came to be."""

    BLIND = "blind"
    TYPED = "typed"
    EDITED = "edited"
    APPROVED = "approved"
    REJECTED = "rejected"
    FILE = "file"

    @property
    def counts_for_gate(self) -> bool:
        """Whether a gate may go by it: an approved answer is the assistant's own, which the gate is to judge."""
        return self is not LabelGround.APPROVED

    @property
    def phrase(self) -> str:
        """What it says of labels, as a sentence goes on after their number."""
        return _GROUNDS[self]


_GROUNDS = {
    LabelGround.BLIND: "given before any answer was seen",
    LabelGround.TYPED: "given by hand",
    LabelGround.EDITED: "corrected answers",
    LabelGround.APPROVED: "approved answers",
    LabelGround.REJECTED: "rejected answers",
    LabelGround.FILE: "from a column or file",
}


class LabelDraw(StrEnum):
    """How the row of a label was drawn."""

    RANDOM = "random"
    STRATUM = "stratum"
    HEAVIEST = "heaviest"
    DISAGREEMENT = "disagreement"
    THRESHOLD = "threshold"
    OWN = "own"

    @property
    def is_sample(self) -> bool:
        """Whether such rows stand for others: drawn at random before anybody saw them, or all that there are."""
        return self in {LabelDraw.RANDOM, LabelDraw.STRATUM}


@dataclass(frozen=True)
class Label:
    """One right answer: `value` None says that there is none; `asked` is the text it was given for, where known.

    Of a rejected answer, `value` is what is known to be wrong.
    """

    record_id: str
    value: str | float | bool | None
    asked: str | None
    source: str
    who: str
    at: str
    ground: LabelGround = LabelGround.FILE
    draw: LabelDraw = LabelDraw.OWN


@dataclass(frozen=True)
class EvaluationRecord:
    """An evaluation as kept: `labels` says where the right answers came from, `cluster` is a column's name or "".

    `records` is how many it was about, those without a label included; 0 where this was not kept yet.
    """

    id: str
    at: str
    who: str
    portal_id: int
    field: str
    labels: str
    repeats: int
    cluster: str
    records: int


@dataclass(frozen=True)
class EvaluationRun:
    """One run of an evaluation: the name of what was measured, and which repeat it is (from 1)."""

    name: str
    repeat: int
    run_id: str


@dataclass(frozen=True)
class EvaluationRow:
    """A record of an evaluation; `labelled` is False where no right answer is known.

    `question` is a number that rows share which ask the same of every assistant, and `question_records` how many
    records of the evaluation do, those without a label included.
    """

    record_id: str
    labelled: bool
    expected: str | float | bool | None
    cluster: str | None
    ground: LabelGround = LabelGround.FILE
    draw: LabelDraw = LabelDraw.OWN
    at: str = ""
    question: int = 0
    question_records: int = 1


_LABEL = ColumnSet(Label, value=json.loads, ground=LabelGround, draw=LabelDraw)
_EVALUATION = ColumnSet(EvaluationRecord)
_RUN = ColumnSet(EvaluationRun)
_ROW = ColumnSet(
    EvaluationRow, labelled=bool, expected=lambda kept: json.loads(kept or "null"), ground=LabelGround, draw=LabelDraw
)


class LabelTable(Table):
    """Reads and writes of `labels`: every one is kept, the newest of a set, record and field holds."""

    def add(self, name: str, field: str, labels: Iterable[Label]) -> None:
        """Keep labels of a set; they take the place of earlier ones of the same records."""
        self._database.many(
            f"INSERT INTO labels (name, field, {_LABEL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- column names are ours
            ((name, field, one.record_id, json.dumps(one.value), *astuple(one)[2:]) for one in labels),
        )

    def take_back(self, name: str, field: str, record_ids: Iterable[str], who: str) -> None:
        """Leave records without a label; the history keeps what they had."""
        at = now()
        self._database.many(
            "INSERT INTO labels (name, record_id, field, value, source, who, at) VALUES (?, ?, ?, NULL, ?, ?, ?)",
            ((name, one, field, "taken back", who, at) for one in record_ids),
        )

    def current(self, name: str, field: str) -> list[Label]:
        """Return the labels of a set that hold, in the order in which they were given."""
        rows = self._database.all(
            f"SELECT {_LABEL} FROM labels WHERE id IN "  # noqa: S608 -- column names are ours
            "(SELECT MAX(id) FROM labels WHERE name = ? AND field = ? GROUP BY record_id) AND value IS NOT NULL "
            "ORDER BY id",
            (name, field),
        )
        return [_LABEL.read(row) for row in rows]

    def names(self) -> list[tuple[str, str]]:
        """Return the sets there are, each with a field that it has labels of."""
        rows = self._database.all("SELECT DISTINCT name, field FROM labels ORDER BY name, field")
        return [(row[0], row[1]) for row in rows]


class EvaluationTable(Table):
    """Reads and writes of `evaluations`, `evaluation_runs` and `evaluation_rows`."""

    def begin(self, rows: Iterable[EvaluationRow], runs: Iterable[EvaluationRun], **values: str | int) -> str:
        """Write an evaluation down and return its id; `values` are the other columns of EvaluationRecord."""
        one = new_id("evaluation")
        kept = (
            (one, row.record_id, json.dumps(row.expected) if row.labelled else None, *astuple(row)[3:]) for row in rows
        )
        with self._database.transaction():
            self._database.insert("evaluations", id=one, at=now(), **values)
            self._database.many("INSERT INTO evaluation_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", kept)
            numbered = ((one, place, run.name, run.repeat, run.run_id) for place, run in enumerate(runs))
            self._database.many("INSERT INTO evaluation_runs VALUES (?, ?, ?, ?, ?)", numbered)
        return one

    def get(self, evaluation_id: str) -> EvaluationRecord | None:
        """Return the evaluation, or None."""
        row = self._database.one(f"SELECT {_EVALUATION} FROM evaluations WHERE id = ?", (evaluation_id,))  # noqa: S608 -- column names are ours
        return _EVALUATION.read(row) if row else None

    def latest(self) -> str | None:
        """Return the id of the newest evaluation, or None."""
        row = self._database.one("SELECT id FROM evaluations ORDER BY rowid DESC LIMIT 1")
        return row["id"] if row else None

    def runs(self, evaluation_id: str) -> list[EvaluationRun]:
        """Return the runs of an evaluation in their order."""
        sql = f"SELECT {_RUN} FROM evaluation_runs WHERE evaluation_id = ? ORDER BY position"  # noqa: S608 -- column names are ours
        return [_RUN.read(row) for row in self._database.all(sql, (evaluation_id,))]

    def rows(self, evaluation_id: str) -> dict[str, EvaluationRow]:
        """Return the records of an evaluation by their id."""
        rows = self._database.all(
            "SELECT record_id, expected IS NOT NULL, expected, cluster, ground, draw, at, question, question_records "
            "FROM evaluation_rows WHERE evaluation_id = ?",
            (evaluation_id,),
        )
        return {row[0]: _ROW.read(row) for row in rows}
