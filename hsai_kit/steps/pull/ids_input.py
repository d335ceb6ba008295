"""Record ids that somebody has: a Series, an Index, a list, a DataFrame, or a CSV or Excel file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from hsai_kit.errors import FrameError, PullError
from hsai_kit.tabular.provenance import find_id_column, parse_record_id
from hsai_kit.tabular.table_files import FILES, read_table

__all__ = ["Ids", "IdsInput", "read_ids_input"]

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


def read_ids_input(ids: Ids) -> IdsInput:
    """Return the record ids of `ids`; raises PullError where there is none, and for a file without a column of ids."""
    cells = [parse_record_id(value) for value in _cells(ids)]
    known = list(dict.fromkeys(cell for cell in cells if cell))
    good = tuple(one for one in known if one.isascii() and one.isdigit())
    seen: set[str] = set()
    twice = dict.fromkeys(cell for cell in cells if cell and (cell in seen or seen.add(cell)))  # type: ignore[func-returns-value]
    strange = tuple(one for one in known if not (one.isascii() and one.isdigit()))
    if not good:
        what = (
            f"such as {strange[0]!r}, which is no record id: those have digits only" if strange else "and none is there"
        )
        message = f"ids holds no record id ({what}). Give the column Record ID of an export, or a pulled frame's index."
        raise PullError(message)
    return IdsInput(good, tuple(twice), strange, sum(not cell for cell in cells))


def _cells(ids: Ids) -> Iterable[object]:
    if isinstance(ids, str | Path):
        text = str(ids).strip()
        if text.isascii() and text.isdigit():
            return [text]
        return _column(_file(Path(text).expanduser()), text)
    if isinstance(ids, pd.DataFrame):
        return _column(ids, "the DataFrame")
    if isinstance(ids, int):
        return [ids]
    if not isinstance(ids, Iterable):
        message = f"ids is a {type(ids).__name__}. Give a Series, an Index, a list, or the path of a CSV file."
        raise PullError(message)
    return ids


def _column(frame: pd.DataFrame, name: str) -> Iterable[object]:
    if len(frame.columns) == 1 and isinstance(frame.index, pd.RangeIndex):
        return list(frame.iloc[:, 0])
    try:
        column = find_id_column(frame)
    except FrameError:
        there = ", ".join(map(str, frame.columns[:20]))
        message = (
            f"{name} has no column 'Record ID' or 'record_id'. It has: {there}. Rename the one that holds the ids."
        )
        raise PullError(message) from None
    return list(frame.index if column is None else frame[column])


def _file(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in FILES:
        message = f"ids is {str(path)!r}, which is neither a record id nor the path of a CSV or Excel file."
        raise PullError(message)
    try:
        return read_table(path)
    except FrameError as problem:
        raise PullError(str(problem)) from None
