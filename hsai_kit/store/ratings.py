"""What people say about written texts, blind: the sets, their texts, and every rating; the newest one holds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hsai_kit.store.database import Database, new_id, now

__all__ = ["Rating", "RatingItem", "RatingSet", "RatingTable"]


@dataclass(frozen=True)
class RatingSet:
    """What is asked of which variants: `kind` is pairs, pass or levels; `levels` are lowest first, with a meaning."""

    id: str
    at: str
    who: str
    kind: str
    question: str
    levels: Mapping[str, str]
    names: tuple[str, ...]
    seed: int


@dataclass(frozen=True)
class RatingItem:
    """One thing to rate: the texts of all variants (pairs, `variant` is ""), or the one text of a variant."""

    item: int
    record_id: str
    variant: str
    source: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Rating:
    """One person's rating of an item: a variant's name or tie, yes or no, or a level; `shown` stood first."""

    item: int
    rater: str
    value: str
    shown: str
    seconds: float | None
    note: str
    at: str


class RatingTable:
    """Reads and writes of `rating_sets`, `rating_items` and `ratings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        items: Sequence[RatingItem],
        *,
        who: str,
        kind: str,
        question: str,
        levels: Mapping[str, str],
        names: Sequence[str],
        seed: int,
    ) -> str:
        """Write a set and its texts down and return its id."""
        made = new_id("rating")
        with self._database.transaction():
            self._database.execute(
                "INSERT INTO rating_sets VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (made, now(), who, kind, question, json.dumps(dict(levels)), json.dumps(list(names)), seed),
            )
            self._database.within(
                "INSERT INTO rating_items VALUES (?, ?, ?, ?, ?, ?)",
                ((made, one.item, one.record_id, one.variant, one.source, json.dumps(one.texts)) for one in items),
            )
        return made

    def get(self, set_id: str) -> RatingSet | None:
        """Return a set, None where there is no such."""
        row = self._database.one("SELECT * FROM rating_sets WHERE id = ?", (set_id,))
        return None if row is None else _set(row)

    def all(self) -> list[RatingSet]:
        """Return every set, newest first."""
        return [_set(row) for row in self._database.all("SELECT * FROM rating_sets ORDER BY at DESC, rowid DESC")]

    def latest(self) -> str | None:
        """Return the id of the newest set."""
        row = self._database.one("SELECT id FROM rating_sets ORDER BY at DESC, rowid DESC LIMIT 1")
        return None if row is None else str(row[0])

    def items(self, set_id: str) -> list[RatingItem]:
        """Return the items of a set in their own order, which no rater sees."""
        rows = self._database.all(
            "SELECT item, record_id, variant, source, texts FROM rating_items WHERE set_id = ? ORDER BY item", (set_id,)
        )
        return [
            RatingItem(row["item"], row["record_id"], row["variant"], row["source"], tuple(json.loads(row["texts"])))
            for row in rows
        ]

    def give(
        self, set_id: str, item: int, rater: str, value: str | None, *, shown: str, seconds: float | None, note: str
    ) -> None:
        """Keep one rating; None takes an earlier one back."""
        self._database.execute(
            "INSERT INTO ratings (set_id, item, rater, value, shown, seconds, note, at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (set_id, item, rater, value, shown, seconds, note, now()),
        )

    def current(self, set_id: str) -> list[Rating]:
        """Return the ratings that hold, in the order in which they were given."""
        rows = self._database.all(
            "SELECT item, rater, value, shown, seconds, note, at FROM ratings WHERE id IN "
            "(SELECT MAX(id) FROM ratings WHERE set_id = ? GROUP BY item, rater) AND value IS NOT NULL ORDER BY id",
            (set_id,),
        )
        return [Rating(*tuple(row)) for row in rows]


def _set(row: sqlite3.Row) -> RatingSet:
    levels, names = json.loads(row["levels"]), tuple(json.loads(row["names"]))
    return RatingSet(row["id"], row["at"], row["who"], row["kind"], row["question"], levels, names, row["seed"])
