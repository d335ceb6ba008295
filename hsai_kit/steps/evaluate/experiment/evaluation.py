"""What an evaluation found: a table of assistants, the rows behind it, comparisons, flipped rows, calibration."""

from __future__ import annotations

import html
import itertools
import math
from collections import Counter
from functools import cached_property

import numpy as np
import pandas as pd

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.stats import bootstrap, calibration_error
from hsai_kit.steps.evaluate.experiment.calibration import Calibration
from hsai_kit.steps.evaluate.experiment.comparison import UnitMeasures, compare_assistants, find_flips, rate_rows
from hsai_kit.steps.evaluate.experiment.result_rows import describe_grounds, read_result_rows
from hsai_kit.steps.evaluate.labels.labels import Labels
from hsai_kit.store import EvaluationRecord, Label, LabelGround, Store


class Evaluation:
    """Assistants side by side over the same rows, read from the store by its id.

    `.table` has the figures of each assistant, `.rows` what they are made of, `.compare()` who is better and whether
    that is more than chance, `.flips` the rows that one gets right and another wrong, `.calibration(name)` what
    confidence is worth. `.notes` says what is missing, if anything. Raises EvaluationError where there is no such one.
    """

    def __init__(self, store: Store, evaluation_id: str, *, low_confidence: float, reviewer: str) -> None:
        record = store.evaluations.get(evaluation_id)
        if record is None:
            message = f"There is no evaluation {evaluation_id!r} in {store.path}."
            raise EvaluationError(message)
        self.store = store
        self.id = evaluation_id
        self.record: EvaluationRecord = record
        self.runs: dict[str, list[Run]] = {}
        for one in store.evaluations.runs(evaluation_id):
            run = Run(store, one.run_id, low_confidence=low_confidence, reviewer=reviewer)
            self.runs.setdefault(one.name, []).append(run)

    def __repr__(self) -> str:
        figures = self.table[["n", "right", "right_low", "right_high", "valid", "usd_per_1000"]]
        return "\n".join([f"Evaluation({self.id})", figures.to_string(), *self.notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return f"{self.table._repr_html_()}{notes}"

    @property
    def names(self) -> list[str]:
        """The assistants, in the order in which they were given."""
        return list(self.runs)

    @property
    def field(self) -> str:
        """The field that was measured."""
        return self.record.field

    @property
    def assistants(self) -> dict[str, tuple[Assistant, str]]:
        """The assistants as they were, each with its model: what `evaluate` takes to measure the same again."""
        return {name: (runs[0].assistant, runs[0].record.model) for name, runs in self.runs.items()}

    @property
    def labels(self) -> Labels | None:
        """The right answers that were measured with, None where there were none."""
        known, record = self.store.evaluations.rows(self.id), self.record
        items = [
            Label(one.record_id, one.expected, None, record.labels, record.who, record.at, one.ground, one.draw)
            for one in known.values()
            if one.labelled
        ]
        return Labels(self.field, record.labels, tuple(items)) if items else None

    @property
    def has_labels(self) -> bool:
        """True where right answers are known."""
        return bool(self.rows["right"].notna().any())

    @property
    def complete(self) -> bool:
        """True where every row was asked of every assistant."""
        return not self.rows["valid"].isna().any()

    @property
    def usd(self) -> float | None:
        """What this evaluation paid in USD, None where a price is not known."""
        paid = [run.usd for runs in self.runs.values() for run in runs]
        return None if None in paid else math.fsum(filter(None, paid))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row for each record, assistant and repeat.

        Columns: `assistant`, `record_id`, `repeat` (from 1), `answer`, `expected` (the right one), `right` and `valid`
        (boolean; NA where no label is known, or the row was not asked), `status`, `flags`, `confidence` (0-1 or NA),
        `usd` (the price of its question, shared evenly by the rows that ask it; also where memory answered),
        `seconds`, `question` (its hash), `cluster`, and of the label its `ground` and its row's `draw` as in
        `Labels.frame`. Valid is an answer that is allowed, not refused and not cut off; that no answer is right is met
        by a blank one. A row that failed is neither valid nor right. Of a rejected answer it is known that it is wrong,
        and of others nothing.
        """
        return read_result_rows(self.store, self.id, self.field, self.runs)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for each assistant, index `assistant`.

        Columns: `n` (records), `questions` (independent ones), `labels` (how they came to be), `right` with `right_low`
        and `right_high`, `valid` with its two (shares of records with their 95 % interval: Wilson's, where rows that
        share a question or a cluster are one unit), `usd_per_1000` (records, each question paid once; NA: price
        unknown), `seconds_median` and `seconds_p95` (of a request), `flip_rate` (how likely asking again gives another
        answer; NA for one repeat), `calibration_error` (0 is perfect; NA without confidence), `failed`, `model`,
        `engine`, `version`.
        """
        made = [self._figures(name) for name in self.names]
        return pd.DataFrame(made, index=pd.Index(self.names, dtype="string", name="assistant")).astype(_TABLE)

    @property
    def notes(self) -> list[str]:
        """What is missing or went wrong, in sentences; empty where all is well."""
        rows = self.rows
        approved = int((rows.drop_duplicates("record_id")["ground"] == LabelGround.APPROVED).sum())
        notes = []
        if approved:
            notes.append(
                f"{approved:,} of the labels are answers that somebody approved after seeing them. They favor the "
                "assistant that gave them, and count for no gate."
            )
        for name, part in rows[rows["valid"].isna()].groupby("assistant", sort=False):
            why = next((f"{run.record.note} " for run in self.runs[str(name)] if run.record.note), "")
            notes.append(f"{len(part):,} rows were not asked of {name} and count nowhere. {why}The same call goes on.")
        for name, part in rows[rows["status"] == "failed"].groupby("assistant", sort=False):
            notes.append(
                f"{len(part):,} rows of {name} failed and count as wrong; the same call asks only them again. "
                f"Most often: {Counter(part['reason']).most_common(1)[0][0]}"
            )
        return notes

    def compare(self, baseline: str | None = None, *, scores: pd.Series | None = None) -> pd.DataFrame:
        """Compare assistants in pairs on the same rows: all pairs, or every other one with `baseline`.

        Columns: `first`, `second`, `records`, `units` (independent rows), `both`, `only_first`, `only_second`,
        `neither` (units by who is right), `p` (McNemar's exact test on units), `p_holm` (corrected for the number of
        pairs), `difference` (first minus second in the share of records right) with `low` and `high` (95 %, Bonett and
        Price's on units, by the number of records they stand for), `usd_difference` per 1,000 records with `usd_low`
        and `usd_high` (95 %, paired bootstrap of units, seeded, 10,000 resamples), and `verdict`, a sentence.

        `scores` (0-1, index `assistant` and `record_id`) takes the place of right and wrong; its interval is the
        bootstrap's. Raises EvaluationError for fewer than two assistants, and where neither labels nor scores are
        there.
        """
        if baseline is not None:
            self._check_name(baseline)
        if len(self.names) < 2:
            message = "There is only one assistant in this evaluation. Evaluate two or more to compare them."
            raise EvaluationError(message)
        pairs = list(itertools.combinations(self.names, 2))
        if baseline is not None:
            pairs = [(one, baseline) for one in self.names if one != baseline]
        return compare_assistants(self._rows_by_assistant(scores), pairs, by_scores=scores is not None)

    @property
    def flips(self) -> pd.DataFrame:
        """The records that some assistants get right and others wrong, most common questions first.

        Index `record_id`; columns `asked` (the question's text), `expected`, a column with the answer of each
        assistant, `right` (who got it right) and `records` (how many records ask the same). Of repeats, the first.
        """
        return find_flips(self.rows, self.names, self._texts())

    def calibration(self, name: str | None = None) -> Calibration:
        """Return what the confidence of an assistant is worth; raises EvaluationError where it tells none."""
        chosen = self._check_name(name or self.names[0])
        if name is None and len(self.names) > 1:
            message = f"Say of which assistant: {', '.join(self.names)}."
            raise EvaluationError(message)
        rows = self.rows[self.rows["assistant"] == chosen]
        sure = rows[rows["right"].notna() & rows["confidence"].notna()]
        return Calibration(chosen, UnitMeasures.of(sure, confidence=True), len(rows))

    def usd_at_most(self, name: str) -> float | None:
        """Return the upper end of an assistant's USD per 1,000 records (95 %, bootstrap), None where unknown."""
        rows = self.rows[(self.rows["assistant"] == self._check_name(name)) & self.rows["valid"].notna()]
        if rows.empty or rows["usd"].isna().any():
            return None
        measured = UnitMeasures.of(rows)
        return float(bootstrap(measured.usd, measured.records)[1, 0]) * 1000

    def _check_name(self, name: str) -> str:
        if name not in self.runs:
            message = f"There is no assistant {name!r} in this evaluation. There are: {', '.join(self.names)}."
            raise EvaluationError(message)
        return name

    def _figures(self, name: str) -> dict[str, object]:
        rows = self.rows[(self.rows["assistant"] == name) & self.rows["valid"].notna()]
        right, valid = rate_rows(rows, "right"), rate_rows(rows, "valid")
        known = bool(rows["right"].notna().any())
        timed = rows.drop_duplicates("question").dropna(subset=["question", "seconds"])["seconds"].astype(float)
        sure = rows[rows["confidence"].notna() & rows["right"].notna()]
        run = self.runs[name][0]
        return {
            "n": rows["record_id"].nunique(),
            "questions": len(UnitMeasures.of(rows).records),
            "labels": describe_grounds(rows),
            "right": right.share if known else None,
            "right_low": right.low if known else None,
            "right_high": right.high if known else None,
            "valid": valid.share if len(rows) else None,
            "valid_low": valid.low,
            "valid_high": valid.high,
            "usd_per_1000": None if rows["usd"].isna().any() else rows["usd"].mean() * 1000,
            "seconds_median": timed.median(),
            "seconds_p95": timed.quantile(0.95),
            "flip_rate": flip_rate(rows) if self.record.repeats > 1 else None,
            "calibration_error": calibration_error(sure["confidence"], sure["right"], np.ones(len(sure))),
            "failed": int((rows["status"] == "failed").sum()),
            "model": run.record.model,
            "engine": run.record.engine,
            "version": run.record.assistant_version,
        }

    def _rows_by_assistant(self, scores: pd.Series | None) -> dict[str, pd.DataFrame]:
        """Return the ended rows of each assistant, `right` replaced by scores where they are given."""
        rows = self.rows[self.rows["valid"].notna()]
        if scores is not None:
            keys = pd.MultiIndex.from_frame(rows[["assistant", "record_id"]].astype(object))
            values = scores.reindex(keys).to_numpy(dtype=float, na_value=np.nan)
            rows = rows.assign(right=pd.array(values, dtype="Float64"))
        rows = rows[rows["right"].notna()]
        if rows.empty:
            message = "Nothing tells right from wrong here. Evaluate with labels=…, or compare by scores=…"
            raise EvaluationError(message)
        return {name: rows[rows["assistant"] == name] for name in self.names}

    def _texts(self) -> dict[str, str]:
        return {
            row.row.question: row.input
            for runs in self.runs.values()
            for row in self.store.runs.rows(runs[0].id)
            if row.row.question and row.input is not None
        }


def flip_rate(rows: pd.DataFrame) -> float | None:
    """Return how likely asking the same again gives another answer, over pairs of repeats; None for one repeat."""
    # What failed is no answer, and so not another one.
    ended = rows[rows["status"] != "failed"]
    counted = ended.assign(answer=ended["answer"].astype(object).map(repr), repeats=1)
    each = counted.groupby(["record_id", "answer"], sort=False)["repeats"].sum()
    totals = each.groupby("record_id", sort=False).sum()
    same = (each * (each - 1)).groupby("record_id", sort=False).sum()
    twice = totals > 1
    return float((1 - same[twice] / (totals[twice] * (totals[twice] - 1))).mean()) if twice.any() else None


_TABLE = {
    "n": "Int64",
    "questions": "Int64",
    "labels": "string",
    **dict.fromkeys(
        (
            *("right", "right_low", "right_high", "valid", "valid_low", "valid_high", "usd_per_1000"),
            *("seconds_median", "seconds_p95", "flip_rate", "calibration_error"),
        ),
        "Float64",
    ),
    "failed": "Int64",
    **dict.fromkeys(("model", "engine", "version"), "string"),
}
