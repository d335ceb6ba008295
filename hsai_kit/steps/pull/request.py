"""What a pull was asked for, checked as far as it can be without HubSpot."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from hsai_kit.errors import FrameError, PullError
from hsai_kit.runtime.console import advise
from hsai_kit.tabular.provenance import find_id_column, parse_record_id
from hsai_kit.tabular.table_files import FILES, read_table

Where: TypeAlias = str | Sequence[Mapping[str, Any]]
Since: TypeAlias = str | date | timedelta
Ids: TypeAlias = pd.Series | pd.Index | pd.DataFrame | Iterable[object] | str | Path


@dataclass(frozen=True)
class IdsInput:
    """Ids in the order given, each once; `twice` are those that were there more than once, `blank` how many had none.

    `strange` are values that cannot be record ids, which have digits only.
    """

    ids: tuple[str, ...]
    twice: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    blank: int = 0


@dataclass(frozen=True)
class PullRequest:
    """The arguments of one pull; raises PullError where they contradict each other."""

    object_type: str
    properties: tuple[str, ...]
    where: Where | None = None
    list: str | None = None
    given: IdsInput | None = None
    changed_since: Since | None = None
    limit: int | None = None
    sample: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.object_type, str):
            raise PullError(f"object_type is {self.object_type!r}. Write it as a text, such as 'contacts'.")
        check_positive("limit", self.limit)
        check_positive("sample", self.sample)
        if self.limit is not None and self.sample is not None:
            raise PullError("limit reads the first records and sample a random choice of all. Give one of them.")
        if self.list is not None and self.given is not None:
            filtered = advise(" and filter the DataFrame: frame[frame.index.isin(ids)]", ", and keep those rows")
            raise PullError(
                "list and ids both say which records to read. Give one of them; to have the members of a list that are "
                f"among certain ids, pull the list{filtered}."
            )
        if self.seed is not None and self.sample is None:
            message = "seed makes a sample the same again, and there is no sample. Give sample, the number of records."
            raise PullError(message)

    @property
    def has_filter(self) -> bool:
        """True where only records that match something are wanted."""
        return self.where is not None or self.changed_since is not None

    @property
    def condition(self) -> str | None:
        """`where` as it is kept in the store."""
        return self.where if self.where is None or isinstance(self.where, str) else json.dumps(self.where, default=str)

    @property
    def key(self) -> str:
        """The same text for the same arguments: a pull that broke off is found by it."""
        parts: list[object] = [self.object_type, self.properties, self.condition, self.list, str(self.changed_since)]
        parts += [self.limit, self.sample, self.seed, self.given and self.given.ids]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def parse_names(properties: object) -> tuple[str, ...]:
    """Return the names of the columns, each once; raises PullError for what is no list of names."""
    listed = [properties] if isinstance(properties, str) else properties
    names = list(listed) if isinstance(listed, Iterable) else [listed]
    if not all(isinstance(name, str) for name in names):
        raise PullError(f"properties is {properties!r}. Write the internal names as a list: ['state', 'company.name'].")
    return tuple(dict.fromkeys(map(str, names)))


def check_positive(name: str, value: int | None) -> None:
    """Raise PullError unless `value` is None or a number of records."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise PullError(f"{name} is {value!r}; it is a number of records, so it starts at 1.")


def read_ids_input(ids: Ids) -> IdsInput:
    """Return the record ids of `ids`; raises PullError where there is none, and for a file without a column of ids."""
    cells = [parse_record_id(value) for value in _list_cells(ids)]
    counts = Counter(filter(None, cells))
    good = tuple(filter(_is_id, counts))
    strange = tuple(itertools.filterfalse(_is_id, counts))
    twice = tuple(one for one, count in counts.items() if count > 1)
    if not good:
        why = f"such as {strange[0]!r}, which is no record id: those have digits only" if strange else ""
        what = why or "and none is there"
        message = f"ids holds no record id ({what}). Give the column Record ID of an export, or a pulled frame's index."
        raise PullError(message)
    return IdsInput(good, twice, strange, sum(not cell for cell in cells))


def _list_cells(ids: Ids) -> Iterable[object]:
    if isinstance(ids, str | Path):
        text = str(ids).strip()
        return [text] if _is_id(text) else _find_cells(_read_file(Path(text)), text)
    if isinstance(ids, pd.DataFrame):
        return _find_cells(ids, "the DataFrame")
    if isinstance(ids, int):
        return [ids]
    if not isinstance(ids, Iterable):
        raise PullError(f"ids is a {type(ids).__name__}. Give a Series, an Index, a list, or the path of a CSV file.")
    return ids


def _find_cells(frame: pd.DataFrame, name: str) -> Iterable[object]:
    if len(frame.columns) == 1 and isinstance(frame.index, pd.RangeIndex):
        return list(frame.iloc[:, 0])
    try:
        column = find_id_column(frame)
    except FrameError:
        there = ", ".join(map(str, frame.columns[:20]))
        raise PullError(
            f"{name} has no column 'Record ID' or 'record_id'. It has: {there}. Rename the one that holds the ids."
        ) from None
    return list(frame.index if column is None else frame[column])


def _read_file(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in FILES:
        raise PullError(f"ids is {str(path)!r}, which is neither a record id nor the path of a CSV or Excel file.")
    try:
        return read_table(path)
    except FrameError as problem:
        raise PullError(str(problem)) from None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()
