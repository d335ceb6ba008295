"""What a DataFrame carries of its pull, and how records are known in it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hsai_kit.errors import FrameError

__all__ = ["Origin", "mark", "origin", "record_ids"]

_ATTRIBUTE = "hsai_kit"
# How HubSpot's own exports and the API call the record's id.
_ID_COLUMNS = ("record_id", "hs_object_id", "Record ID", "Record Id", "id")


@dataclass(frozen=True)
class Origin:
    """The pull that a frame came from; `pull_id` is None for a frame that came from elsewhere."""

    pull_id: str | None
    object_type: str


def mark(frame: pd.DataFrame, *, pull_id: str, object_type: str) -> pd.DataFrame:
    """Note in `frame.attrs` where the frame came from; filters and most operations keep it."""
    frame.attrs[_ATTRIBUTE] = {"pull_id": pull_id, "object_type": object_type}
    return frame


def origin(frame: pd.DataFrame) -> Origin:
    """Return where the frame came from."""
    noted = frame.attrs.get(_ATTRIBUTE) or {}
    return Origin(noted.get("pull_id"), str(noted.get("object_type") or "contacts"))


def record_ids(frame: pd.DataFrame) -> list[str]:
    """Return the record id of each row; raises FrameError where ids are missing, blank or there twice."""
    ids = _ids(frame)
    blank = [place for place, one in enumerate(ids) if not one]
    if blank:
        message = f"Row {blank[0] + 1} of the DataFrame has no record id. Drop such rows, or pull the records anew."
        raise FrameError(message)
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        twice = next(one for one in ids if one in seen or seen.add(one))  # type: ignore[func-returns-value]
        message = (
            f"Record {twice} is in the DataFrame more than once. Each record is asked about once: "
            "frame[~frame.index.duplicated()] keeps the first of each."
        )
        raise FrameError(message)
    return ids


def _ids(frame: pd.DataFrame) -> list[str]:
    if frame.index.name not in _ID_COLUMNS:
        for column in _ID_COLUMNS:
            if column in frame.columns:
                return _texts(frame[column])
        message = (
            "The DataFrame's index is not the record id. Pull the records with pull(), "
            "or set it: frame.set_index('Record ID')."
        )
        raise FrameError(message)
    return _texts(frame.index.to_series())


def _texts(column: pd.Series) -> list[str]:
    # Spreadsheets turn ids into floats: 101.0 is record 101.
    return ["" if pd.isna(v) else str(int(v)) if isinstance(v, float) else str(v).strip() for v in column]
