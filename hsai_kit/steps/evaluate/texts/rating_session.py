"""A rating session: what each rater sees next, what they said, and what follows from it."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.stats import Agreement, Rate, alpha, kappa, mcnemar
from hsai_kit.store import Rating, RatingItem, RatingKind, Store

TIE = "tie"


@dataclass(frozen=True)
class RatingCard:
    """What a rater sees: the record's text, one text or two in the order drawn for this rater, and what can be said.

    `options` are (key, what it says, value for `give`).
    """

    item: int
    source: str
    texts: tuple[str, ...]
    question: str
    options: tuple[tuple[str, str, str], ...]
    left: int


class RatingSession:
    """Texts before people: `.next(rater)`, `.give(…)`, and then `.results`, `.agreement()` and `.frame`.

    Any number of people rate, at any time; a rater is a name. `RatingPanel(session)` shows it.
    """

    def __init__(self, store: Store, rating_id: str, *, rater: str) -> None:
        record = store.ratings.get(rating_id)
        if record is None:
            message = f"There is no rating {rating_id!r} in {store.path}."
            raise EvaluationError(message)
        self.store = store
        self.id = rating_id
        self.record = record
        self.rater = rater

    def __repr__(self) -> str:
        done = Counter(one.rater for one in self.ratings)
        raters = ", ".join(f"{who} {count}" for who, count in done.items()) or "nobody yet"
        return f"RatingSession({self.id}, {len(self.items)} to rate; rated by {raters})"

    @cached_property
    def items(self) -> list[RatingItem]:
        """Everything that is to be rated, in an order that no rater sees."""
        return self.store.ratings.items(self.id)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of what was written, which raters are not shown."""
        return self.record.names

    @property
    def raters(self) -> list[str]:
        """Who has rated something."""
        return list(dict.fromkeys(one.rater for one in self.ratings))

    @property
    def frame(self) -> pd.DataFrame:
        """Every rating that holds: `record_id`, `variant`, `rater`, `value`, `shown_first`, `seconds`, `note`, `at`.

        `value` is the preferred variant or tie, yes or no, or the level; `variant` is blank for pairs.
        """
        rated = [(self.items[one.item], one) for one in self.ratings]
        rows = [
            (item.record_id, item.variant, one.rater, one.value, one.shown, one.seconds, one.note, one.at)
            for item, one in rated
        ]
        columns = ["record_id", "variant", "rater", "value", "shown_first", "seconds", "note", "at"]
        frame = pd.DataFrame(rows, columns=columns).astype({**dict.fromkeys(columns, "string"), "seconds": "Float64"})
        return frame.assign(at=pd.to_datetime(frame["at"], utc=True))

    def next(self, rater: str | None = None) -> RatingCard | None:
        """Return what `rater` is to rate next, None where they have rated all."""
        waiting = self._open_items(rater or self.rater)
        return self.show(waiting[0], rater, left=len(waiting)) if waiting else None

    def show(self, item: int, rater: str | None = None, *, left: int | None = None) -> RatingCard:
        """Return an item as `rater` sees it, whether they have rated it or not."""
        who = rater or self.rater
        one = self._item(item)
        first = self._first(item, who)
        texts = one.texts if first == 0 else tuple(reversed(one.texts))
        waiting = len(self._open_items(who)) if left is None else left
        return RatingCard(item, one.source, texts, self.record.question, self.options, waiting)

    @property
    def options(self) -> tuple[tuple[str, str, str], ...]:
        """What can be said of an item: (key, what it says, value for `give`)."""
        if self.record.kind is RatingKind.PAIRS:
            return (("1", "The first", "first"), ("2", "The second", "second"), ("0", "No difference", TIE))
        if self.record.kind is RatingKind.PASS:
            return (("y", "Yes", "yes"), ("n", "No", "no"))
        levels = self.record.levels.items()
        return tuple((str(place), f"{level}: {means}", level) for place, (level, means) in enumerate(levels, 1))

    def give(
        self,
        item: int,
        value: str | int,
        *,
        rater: str | None = None,
        seconds: float | None = None,
        note: str = "",
    ) -> None:
        """Keep what `rater` says of an item: first, second or tie; yes or no; or a level. A later one takes its place.

        Raises EvaluationError for a value that is none of these.
        """
        who = (rater or self.rater).strip()
        one = self._item(item)
        answer = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
        allowed = [option[2] for option in self.options]
        if answer not in allowed:
            message = f"{value!r} cannot be said here; it is one of {', '.join(allowed)}."
            raise EvaluationError(message)
        first = self._first(item, who)
        shown = self.names[first] if self.record.kind is RatingKind.PAIRS else one.variant
        if self.record.kind is RatingKind.PAIRS and answer != TIE:
            answer = self.names[first if answer == "first" else 1 - first]
        self.store.ratings.give(self.id, item, who, answer, shown=shown, seconds=seconds, note=note.strip())

    def take_back(self, item: int, rater: str | None = None) -> None:
        """Take a rating back; the history keeps it."""
        self.store.ratings.give(
            self.id, self._item(item).item, rater or self.rater, None, shown="", seconds=None, note=""
        )

    @property
    def ratings(self) -> list[Rating]:
        """The ratings that hold, in the order in which they were given."""
        return self.store.ratings.current(self.id)

    @property
    def verdicts(self) -> pd.DataFrame:
        """What people say together: `record_id`, `variant`, `verdict`, `raters`, `agreed` (share of raters).

        The verdict is what most of them say; of an even split it is tie for pairs, the middle level of a scale, and NA
        for yes and no.
        """
        rows = []
        for item, ratings in sorted(self._by_item().items()):
            values = list(ratings.values())
            most = Counter(values).most_common(1)[0][1]
            one = self.items[item]
            rows.append((one.record_id, one.variant, self._majority(values), len(values), most / len(values)))
        frame = pd.DataFrame(rows, columns=["record_id", "variant", "verdict", "raters", "agreed"])
        return frame.astype({"record_id": "string", "variant": "string", "verdict": "string", "raters": "Int64"})

    @property
    def results(self) -> pd.DataFrame:
        """What people say of each variant: index `variant`, `rated`, `share` with `low` and `high` (95 %, Wilson).

        The share is of records where it was preferred (pairs, a tie is nobody's), of texts that pass (yes), or of texts
        in the upper half of the scale; then `mean` is the mean level as a place on the scale from 1.
        """
        verdicts = self.verdicts.dropna(subset=["verdict"])
        rows = []
        for name in [*self.names, *([TIE] if self.record.kind is RatingKind.PAIRS else [])]:
            mine = verdicts if self.record.kind is RatingKind.PAIRS else verdicts[verdicts["variant"] == name]
            n = len(mine)
            good = int(mine["verdict"].isin(self.record.kind.good_values(name, list(self.record.levels))).sum())
            places = [self._place(one) for one in mine["verdict"]] if self.record.kind is RatingKind.LEVELS else []
            mean = sum(places) / n if places else math.nan
            share = Rate.of(good, n)
            rows.append((name, n, share.share, share.low, share.high, mean))
        frame = pd.DataFrame(rows, columns=["variant", "rated", "share", "low", "high", "mean"]).set_index("variant")
        return frame if self.record.kind is RatingKind.LEVELS else frame.drop(columns="mean")

    @property
    def verdict(self) -> str:
        """What the ratings show, in a sentence."""
        results, who = self.results, f"{len(self.raters)} {'person' if len(self.raters) == 1 else 'people'}"
        if not self.raters:
            return "Nobody has rated anything yet."
        if self.record.kind is not RatingKind.PAIRS:
            shares = [
                f"{name}: {row['share']:.0%} good ({row['low']:.0%} to {row['high']:.0%}) of {row['rated']:.0f}"
                for name, row in results.iterrows()
            ]
            return f"{'; '.join(shares)}, by {who}."
        counts = self.verdicts["verdict"].value_counts()
        first, second = (int(counts.get(name, 0)) for name in self.names)
        p = float(mcnemar(first, second))
        counted = (
            f"{self.names[0]} {first}, {self.names[1]} {second}, no difference {int(counts.get(TIE, 0))}, by {who}"
        )
        if p < 0.05:
            better = self.names[0] if first > second else self.names[1]
            return f"{better} is preferred ({counted}; p = {p:.3f}, exact sign test)."
        return f"No preference is shown ({counted}; p = {p:.2f}, exact sign test)."

    def agreement(self) -> Agreement:
        """Return how far the raters agree beyond chance: Cohen's kappa for two who rated the same, else alpha."""
        given = self._by_item()
        order = list(self.record.levels) if self.record.kind is RatingKind.LEVELS else []
        both = [one for one in given.values() if len(one) > 1]
        if len(self.raters) == 2:
            first, second = self.raters
            return kappa([one[first] for one in both], [one[second] for one in both], order=order)
        return alpha(list(given.values()), order=order)

    def _open_items(self, rater: str) -> list[int]:
        done = {one.item for one in self.ratings if one.rater == rater}
        order = [one.item for one in self.items]
        random.Random(f"{self.record.seed} {rater}").shuffle(order)  # noqa: S311 -- an order, no secret
        return [item for item in order if item not in done]

    def _first(self, item: int, rater: str) -> int:
        """Say which of two variants this rater sees first, the same one every time."""
        if self.record.kind is not RatingKind.PAIRS:
            return 0
        return random.Random(f"{self.record.seed} {rater} {item}").randrange(2)  # noqa: S311 -- an order, no secret

    def _item(self, item: int) -> RatingItem:
        if not 0 <= item < len(self.items):
            message = f"There is no item {item} in {self.id}; it has 0 to {len(self.items) - 1}."
            raise EvaluationError(message)
        return self.items[item]

    def _majority(self, values: list[str]) -> str | None:
        if self.record.kind is RatingKind.LEVELS:
            ranked = sorted(values, key=self._place)
            return ranked[(len(ranked) - 1) // 2]
        (best, most), *rest = Counter(values).most_common()
        if rest and rest[0][1] == most:
            return TIE if self.record.kind is RatingKind.PAIRS else None
        return best

    def _by_item(self) -> dict[int, dict[str, str]]:
        """Return what each rater says of each item that was rated."""
        given: dict[int, dict[str, str]] = {}
        for one in self.ratings:
            given.setdefault(one.item, {})[one.rater] = one.value
        return given

    def _place(self, level: str) -> int:
        return list(self.record.levels).index(level) + 1
