"""What a DataFrame carries of its pull, and how records are known in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from hsai_kit.errors import FrameError

__all__ = ["Origin", "mark", "origin", "record_ids"]

_ATTRIBUTE = "hsai_kit"
# How HubSpot's own exports and the API call the record's id.
_ID_COLUMNS = ("record_id", "hs_object_id", "Record ID", "Record Id", "id")


@dataclass(frozen=True)
class Origin:
    """Where a frame came from: its pull, None for a frame from elsewhere, and the object type, "" where unknown."""

    pull_id: str | None
    object_type: str


def mark(frame: pd.DataFrame, *, pull_id: str, object_type: str) -> pd.DataFrame:
    """Note in `frame.attrs` where the frame came from; filters and most operations keep it."""
    frame.attrs[_ATTRIBUTE] = {"pull_id": pull_id, "object_type": object_type}
    return frame


def origin(frame: pd.DataFrame) -> Origin:
    """Return what the frame itself knows of where it came from; merges and joins lose it."""
    noted = frame.attrs.get(_ATTRIBUTE) or {}
    return Origin(noted.get("pull_id"), str(noted.get("object_type") or ""))


def record_ids(frame: pd.DataFrame) -> list[str]:
    """Return the record id of each row; raises FrameError where ids are missing, blank or there twice."""
    if not isinstance(frame, pd.DataFrame):
        message = (
            f"Records are asked about as a DataFrame, and this is a {type(frame).__name__}. Pull them with pull()."
        )
        raise FrameError(message)
    ids = _ids(frame)
    blank = [place for place, one in enumerate(ids) if not one]
    if blank:
        message = f"Row {blank[0] + 1} of the DataFrame has no record id. Drop such rows, or pull the records anew."
        raise FrameError(message)
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(one for one in ids if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        column = _column(frame)
        way = "frame[~frame.index.duplicated()]" if column is None else f"frame.drop_duplicates({column!r})"
        message = (
            f"Record {twice} is in the DataFrame more than once. Each record is asked about once: "
            f"{way} keeps the first of each."
        )
        raise FrameError(message)
    return ids


def _ids(frame: pd.DataFrame) -> list[str]:
    column = _column(frame)
    values = frame.index.to_series() if column is None else frame[column]
    if isinstance(values, pd.DataFrame):
        message = f"The DataFrame has the column {column!r} more than once. Keep the one that holds the record ids."
        raise FrameError(message)
    return [_text(value) for value in values]


def _column(frame: pd.DataFrame) -> str | None:
    """Return the name of the column that holds the ids, None where the index does."""
    if frame.index.name in _ID_COLUMNS:
        return None
    for column in _ID_COLUMNS:
        if column in frame.columns:
            return column
    message = (
        "The DataFrame's index is not the record id. Pull the records with pull(), "
        "or set it: frame.set_index('Record ID')."
    )
    raise FrameError(message)


def _text(value: object) -> str:
    # Spreadsheets turn ids into floats: 101.0 is record 101. Long ones they round, and then the record is lost.
    text = "" if value is None or value is pd.NA or value != value else str(value).strip().removesuffix(".0")
    if isinstance(value, float) and text and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if re.fullmatch(r"-?[0-9]*[.,][0-9]+|[0-9.,]+[eE][+-]?[0-9]+|-?inf", text):
        message = (
            f"{text} is no record id: a spreadsheet has turned it into a number. "
            "Pull the records anew, or read the export's id column as text: dtype={'Record ID': str}."
        )
        raise FrameError(message)
    return text
