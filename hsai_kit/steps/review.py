"""A run into decisions: every proposal beside the old value, approved, edited or rejected by somebody."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hsai_kit.defuse import defused, write_csv
from hsai_kit.errors import ReviewError
from hsai_kit.hubspot.values import as_hubspot
from hsai_kit.output import Choice, Number, Text, Value, YesNo
from hsai_kit.run import Run

__all__ = ["Checked", "Rows", "review"]

Rows: TypeAlias = "pd.Series | pd.DataFrame | str | Iterable[str] | None"


def review(run: Run, field: str | None = None, *, to: str | None = None) -> Checked:
    """Return the proposals of `run` for review; decisions made before, by anybody, are there again.

    `field` names which of several fields is reviewed. `to` is the property that the answers are meant for, whose value
    at the time of the pull is shown as `before`; without it the assistant's own `to` is used.

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
    return Checked(run, chosen, to or run.assistant.output.fields[chosen].to)


class Checked:
    """Proposals and what was decided about them: `.frame`, `.approve(…)`, `.edit(…)`, `.reject(…)`.

    Rows are named by a boolean Series over `.frame` (a mask), by a part of `.frame`, by record ids, or not at all: all
    rows. Every decision is in the store as it is made, with who and when.
    """

    def __init__(self, run: Run, field: str, to: str | None) -> None:
        self.run = run
        self.field = field
        self.to = to
        self._base = self._proposals()
        # After the proposals, so that a run under way has a value here for each of them; numbers are whole here.
        self._values = {result.record_id: result.fields.get(field) for result in run.results()}

    def __repr__(self) -> str:
        counts = self.frame["decision"].value_counts()
        said = ", ".join(f"{count:,} {decision}" for decision, count in counts.items())
        return f"Checked({self.run.id}, {self.field} for {self.to or 'no property yet'}: {said})"

    def _repr_html_(self) -> str:
        # Record text is data: pandas escapes it, so that markup in a name stays text.
        return str(self.frame._repr_html_())

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each record, index `record_id`, rows that want eyes first.

        Columns: `before` (as pulled, NA where it was not pulled), `proposal`, `final` (what a push would write, NA for
        none), `changes` (boolean: that value, or the proposal while pending, differs from before), `confidence`,
        `status`, `flags`, `decision` (pending, approved, edited, rejected), `reviewer`, `decided_at` (datetime, UTC),
        `reason`.
        """
        decisions = self.run.store.decisions.current(self.run.id, self.field)
        made = [decisions.get(one) for one in self._base.index]
        frame = self._base.copy()
        frame["decision"] = pd.array([d.decision if d else "pending" for d in made], dtype="string")
        passed = frame["decision"].isin(["approved", "edited"])
        final = [d.value if d and yes else pd.NA for d, yes in zip(made, passed, strict=True)]
        frame["final"] = pd.array(final, dtype=frame["proposal"].dtype)
        pending = (frame["decision"] == "pending").astype(bool)
        frame["changes"] = _differs(frame["before"], frame["final"].where(~pending, frame["proposal"]))
        frame["reviewer"] = pd.array([d.reviewer if d else pd.NA for d in made], dtype="string")
        frame["decided_at"] = pd.to_datetime([d.decided_at if d else None for d in made], utc=True).as_unit("us")
        columns = ["before", "proposal", "final", "changes", "confidence", "status", "flags"]
        return frame[[*columns, "decision", "reviewer", "decided_at", "reason"]]

    def approve(self, rows: Rows = None) -> int:
        """Approve proposals as they are and return how many; rows without a usable proposal are left pending.

        Raises ReviewError where record ids are named that have no proposal or are not in the run.
        """
        wanted, named = self._rows(rows)
        usable = self._base["proposal"].notna()
        without = [one for one in wanted if not usable[one]]
        if without and named:
            message = (
                f"Record {without[0]} has no proposal to approve ({_why(self._base.loc[without[0]])}). "
                "Give it a value with edit(), or reject it."
            )
            raise ReviewError(message)
        return self._decide("approved", [(one, self._values[one]) for one in wanted if usable[one]])

    def edit(self, rows: Rows, value: Value) -> int:
        """Let `value` through in place of the proposals and return for how many rows.

        Raises ReviewError for a value that the assistant's output would not allow.
        """
        kind = self.run.assistant.output.fields[self.field]
        read = kind.read(_plain(value), str(value))
        if read.value is None:
            raise ReviewError(_refusal(kind, value))
        fixed = None if isinstance(read.value, dict) else read.value
        return self._decide("edited", [(one, fixed) for one in self._rows(rows)[0]])

    def reject(self, rows: Rows = None) -> int:
        """Reject proposals and return how many; a push leaves those records alone."""
        return self._decide("rejected", [(one, None) for one in self._rows(rows)[0]])

    def reset(self, rows: Rows = None) -> int:
        """Take decisions back to pending and return how many; the history keeps them."""
        return self._decide("pending", [(one, None) for one in self._rows(rows)[0]])

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        return write_csv(self.frame, path)

    def to_excel(self, path: str | Path) -> Path:
        """Write `.frame` as an Excel file in which nothing that a record says is a formula."""
        target = Path(path)
        defused(self.frame).to_excel(target, sheet_name="review")
        return target

    def _proposals(self) -> pd.DataFrame:
        answers = self.run.answers
        pulled: dict[str, str | None] = {}
        if self.to and self.run.record.pull_id:
            pulled = self.run.store.pulls.values(self.run.record.pull_id, self.to)
        before = pd.array([pulled.get(one) or pd.NA for one in answers.index], dtype="string")
        base = answers[["confidence", "status", "flags", "reason"]].assign(proposal=answers[self.field], before=before)
        own = f"{self.field}: "
        base["flags"] = [
            [flag.removeprefix(own) for flag in flags if ": " not in flag or flag.startswith(own)]
            for flags in base["flags"]
        ]
        # Rows that want eyes come first: flagged ones, then changes from the least sure on, then what stays as it is.
        keys = pd.DataFrame(
            {
                "calm": base["flags"].map(len) == 0,
                "same": ~_differs(base["before"], base["proposal"]).astype(bool),
                "confidence": base["confidence"].astype(float),
            },
            index=base.index,
        )
        return base.loc[keys.sort_values(["calm", "same", "confidence"], kind="stable", na_position="last").index]

    def _rows(self, rows: Rows) -> tuple[list[str], bool]:
        """Return the record ids that are meant, and whether they were named one by one."""
        if rows is None:
            return list(self._base.index), False
        if isinstance(rows, pd.DataFrame):
            return self._existing(map(str, rows.index)), False
        if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows.dtype):
            if isinstance(rows.index, pd.RangeIndex):
                # Positions could be the ids of other records by accident.
                message = "This mask counts rows instead of naming records. Make it from .frame, whose index is the id."
                raise ReviewError(message)
            picked = rows[rows.fillna(False).astype(bool)].index  # noqa: FBT003 -- pandas takes it so
            return self._existing(map(str, picked)), False
        return self._existing([rows] if isinstance(rows, str) else map(str, rows)), True

    def _existing(self, named: Iterable[str]) -> list[str]:
        ids = list(dict.fromkeys(named))
        unknown = [one for one in ids if one not in self._values]
        if unknown:
            message = (
                f"Record {unknown[0]} is not in run {self.run.id}. Name rows by record id or by a mask over .frame."
            )
            raise ReviewError(message)
        return ids

    def _decide(self, decision: str, values: list[tuple[str, Value]]) -> int:
        self.run.store.decisions.add(self.run.id, self.field, decision, values, self.run.reviewer)
        return len(values)


def _differs(before: pd.Series, value: pd.Series) -> pd.Series:
    """Tell where a value is known and is not what stands there; a blank differs from nothing, it never overwrites."""
    known = value.notna()
    return (known & (value.map(as_hubspot).astype(object) != before.astype(object).where(before.notna(), ""))).astype(
        "boolean"
    )


def _plain(value: object) -> Value:
    # numpy's own scalars are not JSON.
    item = getattr(value, "item", None)
    plain = item() if callable(item) else value
    return plain if isinstance(plain, str | float | bool | int) else None


def _refusal(kind: Text | Number | YesNo | Choice, value: object) -> str:
    said = repr(value) if len(repr(value)) <= 60 else f"{str(value)[:60]!r} …"
    if isinstance(kind, Choice):
        allowed = [option for option in kind.options if option != kind.none_option]
        return f"{said} cannot be written: it has to be one of {', '.join(allowed)}. To write nothing, reject the rows."
    if isinstance(kind, Text):
        return f"{said} cannot be written: it has to be text that is not blank. To write nothing, reject the rows."
    form = "a number" if isinstance(kind, Number) else "True or False"
    return f"{said} cannot be written: it has to be {form}. To write nothing, reject the rows."


def _why(row: pd.Series) -> str:
    return ", ".join(row["flags"]) or row["reason"] or row["status"]
