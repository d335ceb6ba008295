"""What people say about written texts, blind: the sets, their texts, and every rating; the newest one holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from hsai_kit.store.database import ColumnSet, Table, new_id, now


class RatingKind(StrEnum):
    """How texts are rated: the better of two, good enough or not, or a level of a scale."""

    PAIRS = "pairs"
    PASS = "pass"  # noqa: S105 -- good enough, no password
    LEVELS = "levels"

    def good_values(self, name: str, levels: Sequence[str]) -> list[str]:
        """Return the ratings that call a text of the variant `name` good: its win, a yes, the scale's upper half."""
        match self:
            case RatingKind.PAIRS:
                return [name]
            case RatingKind.PASS:
                return ["yes"]
            case RatingKind.LEVELS:
                return list(levels)[(len(levels) + 1) // 2 :]
            case _:
                assert_never(self)


@dataclass(frozen=True)
class RatingSet:
    """What is asked of which variants; `levels` are lowest first, with a meaning."""

    id: str
    at: str
    who: str
    kind: RatingKind
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


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


_SET = ColumnSet(RatingSet, kind=RatingKind, levels=json.loads, names=_parse_list)
_ITEM = ColumnSet(RatingItem, texts=_parse_list)
_RATING = ColumnSet(Rating)


class RatingTable(Table):
    """Reads and writes of `rating_sets`, `rating_items` and `ratings`."""

    def begin(
        self, items: Iterable[RatingItem], *, levels: Mapping[str, str], names: Sequence[str], **values: str | int
    ) -> str:
        """Write a set and its texts down and return its id; `values` are the other columns of RatingSet."""
        made = new_id("rating")
        lists = {"levels": json.dumps(dict(levels)), "names": json.dumps(list(names))}
        with self._database.transaction():
            self._database.insert("rating_sets", id=made, at=now(), **lists, **values)
            self._database.many(
                "INSERT INTO rating_items VALUES (?, ?, ?, ?, ?, ?)",
                ((made, one.item, one.record_id, one.variant, one.source, json.dumps(one.texts)) for one in items),
            )
        return made

    def get(self, set_id: str) -> RatingSet | None:
        """Return a set, None where there is no such."""
        row = self._database.one(f"SELECT {_SET} FROM rating_sets WHERE id = ?", (set_id,))  # noqa: S608 -- column names are ours
        return _SET.read(row) if row else None

    def all(self) -> list[RatingSet]:
        """Return every set, newest first."""
        rows = self._database.all(f"SELECT {_SET} FROM rating_sets ORDER BY rowid DESC")  # noqa: S608 -- column names are ours
        return [_SET.read(row) for row in rows]

    def latest(self) -> str | None:
        """Return the id of the newest set."""
        row = self._database.one("SELECT id FROM rating_sets ORDER BY rowid DESC LIMIT 1")
        return row["id"] if row else None

    def items(self, set_id: str) -> list[RatingItem]:
        """Return the items of a set in their own order, which no rater sees."""
        rows = self._database.all(f"SELECT {_ITEM} FROM rating_items WHERE set_id = ? ORDER BY item", (set_id,))  # noqa: S608 -- column names are ours
        return [_ITEM.read(row) for row in rows]

    def give(
        self, set_id: str, item: int, rater: str, value: str | None, *, shown: str, seconds: float | None, note: str
    ) -> None:
        """Keep one rating; None takes an earlier one back."""
        values = {"set_id": set_id, "item": item, "rater": rater, "value": value, "shown": shown}
        self._database.insert("ratings", **values, seconds=seconds, note=note, at=now())

    def current(self, set_id: str) -> list[Rating]:
        """Return the ratings that hold, in the order in which they were given."""
        rows = self._database.all(
            f"SELECT {_RATING} FROM ratings WHERE id IN "  # noqa: S608 -- column names are ours
            "(SELECT MAX(id) FROM ratings WHERE set_id = ? GROUP BY item, rater) AND value IS NOT NULL ORDER BY id",
            (set_id,),
        )
        return [_RATING.read(row) for row in rows]
