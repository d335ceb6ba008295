"""What a DataFrame carries of its pull, and how records are known in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hsai_kit.errors import FrameError
from hsai_kit.runtime.console import advise

_ATTRIBUTE = "hsai_kit"
# How the API and HubSpot's own exports call the record's id: in English, German, French, Spanish and Japanese ([?] as
# HubSpot's own pages have them), from what says most to what says least.
_ID_COLUMNS = (
    *("record_id", "hs_object_id", "record id", "datensatz-id", "id de fiche d'informations", "id d'enregistrement"),
    *("id de l'enregistrement", "id de registro", "id del registro", "レコードid", "id"),
)


@dataclass(frozen=True)
class Origin:
    """Where a frame came from: its pull, None for a frame from elsewhere, and the object type, "" where unknown."""

    pull_id: str | None
    object_type: str


class _Notes(dict[str, Any]):
    """What is noted in `attrs`. pandas copies that with every operation; this is shared instead, and never changed."""

    def __deepcopy__(self, memo: object) -> _Notes:
        return self


def mark(
    frame: pd.DataFrame,
    *,
    pull_id: str,
    object_type: str,
    labels: Mapping[str, Mapping[str, str]] | None = None,
    read_only: Sequence[str] = (),
    left_out: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Note in `frame.attrs["hsai_kit"]` what is known of the frame; filters and most operations keep it.

    That is where it came from, the labels of each column's values, which columns nobody may write, and which record
    ids that were asked for are not in it, with the reason.
    """
    frame.attrs[_ATTRIBUTE] = _Notes(
        pull_id=pull_id,
        object_type=object_type,
        labels={column: dict(known) for column, known in (labels or {}).items() if known},
        read_only=list(read_only),
        left_out=dict(left_out or {}),
    )
    return frame


def with_labels(data: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    """Return the values of a pulled column, or of a whole frame, as HubSpot shows them: labels and owners' names.

    Where there is no label the value stays as it is; a column without labels comes back unchanged.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     deals = pull(hub, "deals", ["dealstage"], where="dealstage is closedwon", limit=1)
    >>> with_labels(deals["dealstage"]).tolist()
    ['Closed Won']
    """
    known = (data.attrs.get(_ATTRIBUTE) or {}).get("labels") or {}
    if isinstance(data, pd.DataFrame):
        return data.assign(
            **{column: _replace_labels(data[column], known[column]) for column in data if column in known}
        )
    return _replace_labels(data, known[data.name]) if data.name in known else data


def records_left_out(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the record ids that were asked for and are not in a pulled frame: `record_id` and the `reason`."""
    noted = (frame.attrs.get(_ATTRIBUTE) or {}).get("left_out") or {}
    return pd.DataFrame({"record_id": list(noted), "reason": list(noted.values())}, dtype="string")


def _replace_labels(column: pd.Series, known: Mapping[str, str]) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):
        shown = [known.get(value, value) for value in column.cat.categories]
        if len(set(shown)) == len(shown):
            return column.cat.rename_categories(shown)
        # Two options may have the same label.
        return column.map(lambda value: known.get(value, value)).astype("category")
    return column.map(
        lambda value: [known.get(one, one) for one in value] if isinstance(value, list) else known.get(value, value),
        na_action="ignore",
    ).astype(column.dtype)


def read_origin(frame: pd.DataFrame) -> Origin:
    """Return what the frame itself knows of where it came from; merges and joins lose it."""
    noted = frame.attrs.get(_ATTRIBUTE) or {}
    return Origin(noted.get("pull_id"), str(noted.get("object_type") or ""))


def read_record_ids(frame: pd.DataFrame) -> list[str]:
    """Return the record id of each row; raises FrameError where ids are missing, blank or there twice."""
    if not isinstance(frame, pd.DataFrame):
        raise FrameError(
            f"Records are asked about as a DataFrame, and this is a {type(frame).__name__}. Pull them with pull()."
        )
    ids = _list_ids(frame)
    blank = [place for place, one in enumerate(ids) if not one]
    if blank:
        table = advise("DataFrame", "table")
        message = f"Row {blank[0] + 1} of the {table} has no record id. Drop such rows, or pull the records anew."
        raise FrameError(message)
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(one for one in ids if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        column = find_id_column(frame)
        code = "frame[~frame.index.duplicated()]" if column is None else f"frame.drop_duplicates({column!r})"
        raise FrameError(
            f"Record {twice} is in the {advise('DataFrame', 'table')} more than once. Each record is asked about once: "
            f"{advise(f'{code} keeps the first of each', 'keep one row of each')}."
        )
    return ids


def _list_ids(frame: pd.DataFrame) -> list[str]:
    column = find_id_column(frame)
    values = frame.index.to_series() if column is None else frame[column]
    if isinstance(values, pd.DataFrame):
        table = advise("DataFrame", "table")
        message = f"The {table} has the column {column!r} more than once. Keep the one that holds the record ids."
        raise FrameError(message)
    return [parse_record_id(value) for value in values.tolist()]


def find_id_column(frame: pd.DataFrame) -> str | None:
    """Return the name of the column that holds the ids, None where the index does; raises FrameError without one."""
    if _normalize(frame.index.name) in _ID_COLUMNS:
        return None
    columns = {_normalize(column): str(column) for column in reversed(list(frame.columns))}
    for name in _ID_COLUMNS:
        if name in columns:
            return columns[name]
    # Exports of several object types in one file name each: Record ID - Contact.
    for name, column in columns.items():
        if name.partition(" - ")[0] in _ID_COLUMNS[2:-1]:
            return column
    raise FrameError(
        advise(
            "The DataFrame's index is not the record id. Pull the records with pull(), or set it: "
            "frame.set_index('Record ID'). In a file, a column of that name holds the ids, as in HubSpot's exports.",
            "No column holds the record ids. Call the one that does 'Record ID', as in HubSpot's exports.",
        )
    )


def join_records(frame: pd.DataFrame, records: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return `frame` with the columns of `records` (by record id) beside each row, and how many rows have a record.

    The ids of `frame` may be as a spreadsheet has them: numbers or text, in the index or a column such as `Record ID`.
    Raises FrameError where there are none.
    """
    ids = pd.Index(_list_ids(frame), dtype="string")
    found = records.reindex(ids)
    found.index = frame.index
    found = found.rename(columns={name: f"{name}_review" for name in found.columns if name in frame.columns})
    return pd.concat([frame, found], axis=1), int(ids.isin(records.index).sum())


def _normalize(heading: object) -> str:
    return " ".join(str(heading).replace("\u2019", "'").split()).casefold()


def parse_record_id(value: object) -> str:
    """Return a cell as a record id, "" where it is blank; raises FrameError where a spreadsheet has rounded it."""
    if isinstance(value, str) and value.isdecimal() and value.isascii():
        return value
    # Spreadsheets turn ids into floats: 101.0 is record 101. Long ones they round, and then the record is lost.
    text = "" if value is None or value is pd.NA or value != value else str(value).strip().removesuffix(".0")
    if isinstance(value, float) and text and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if re.fullmatch(r"-?[0-9]*[.,][0-9]+|[0-9.,]+[eE][+-]?[0-9]+|-?inf", text):
        raise FrameError(
            f"{text} is no record id: a spreadsheet has turned it into a number. "
            "Pull the records anew, or read the export's id column as text: dtype={'Record ID': str}."
        )
    return text
