"""What a judge said of each text, and what that is worth once people's ratings of some of them are known."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.stats import Accuracy, Agreement, Rate, accuracy, correct_rate, kappa
from hsai_kit.steps.evaluate.texts.rating_session import TIE, RatingSession
from hsai_kit.store import RatingKind

_FEWEST = 30


class JudgeResult:
    """A judge's verdicts: `.frame`, and `.against(session)` for what they are worth.

    It tells no rate by itself: a judge that passes nine of ten may pass whatever it is shown. `texts` are what it
    read, by variant, as `texts_of` returns them, and `repeat` is the call that judges the same again.
    """

    def __init__(
        self,
        run: Run,
        kind: RatingKind,
        names: tuple[str, ...],
        texts: Mapping[str, pd.DataFrame],
        levels: Mapping[str, str],
        *,
        repeat: str,
    ) -> None:
        self.run = run
        self.kind = kind
        self.names = names
        self.levels = tuple(levels)
        self.texts = texts
        self.repeat = repeat

    def __repr__(self) -> str:
        n = self.frame["verdict"].notna().sum()
        what = "pairs" if self.kind is RatingKind.PAIRS else "texts"
        return (
            f"JudgeResult({n:,} {what} by {self.run.record.model}; how far to believe it is not known yet: rate some "
            "of the same texts with rate(), then judged.against(session))"
        )

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each text, or pair: `record_id`, `variant` (blank for pairs), `verdict`, `confidence`.

        The verdict is yes or no, a level, or of a pair the winner's name or tie, NA where the judge gave none. Pairs
        have `when_first` and `when_last` too: what it said with the first variant standing first, and last.
        """
        answers = self.run.answers
        keys = [one.rpartition("/") for one in answers.index]
        frame = pd.DataFrame(
            {
                "record_id": pd.array([record_id for record_id, _, _ in keys], dtype="string"),
                "how": pd.array([how for _, _, how in keys], dtype="string"),
                "said": pd.array([_word(one) for one in answers["answer"]], dtype="string"),
                "confidence": answers["confidence"].array,
            }
        )
        return self._of_pairs(frame) if self.kind is RatingKind.PAIRS else self._of_singles(frame)

    @property
    def inconsistent(self) -> float:
        """The share of pairs where the order decided: the two answers name different winners (NaN but for pairs)."""
        if self.kind is not RatingKind.PAIRS:
            return math.nan
        known = self.frame.dropna(subset=["when_first", "when_last"])
        return float((known["when_first"] != known["when_last"]).mean()) if len(known) else math.nan

    def against(self, session: RatingSession) -> JudgeCheck:
        """Compare the judge with what people rated; raises EvaluationError where the two are not about the same."""
        if session.record.kind != self.kind or (
            self.kind is RatingKind.PAIRS and set(session.names) != set(self.names)
        ):
            message = (
                f"People rated {session.record.kind} of {', '.join(session.names)}, and the judge was asked for "
                f"{self.kind} of {', '.join(self.names)}. Rate and judge the same: rate(hub, texts), judge(hub, texts)."
            )
            raise EvaluationError(message)
        both = self._both(session)
        if both.empty:
            message = f"People have not rated any text that was judged yet. Rate some: {session!r}."
            if session.ratings:
                message = f"The texts rated in {session.id} are other texts than were judged. Rate these: rate()."
            raise EvaluationError(message)
        return JudgeCheck(self, session, both)

    def good(self, verdicts: pd.Series, name: str) -> list[bool]:
        """Tell of each verdict whether it is good for the variant `name`: its win, a pass, the scale's upper half."""
        good = self.kind.good_values(name, self.levels)
        return [verdict in good for verdict in verdicts]

    def match_variants(self, session: RatingSession) -> dict[str, str]:
        """Return what the variants of a session are called here: the only one of each is the same, by whatever name."""
        alone = self.kind is not RatingKind.PAIRS and len(session.names) == len(self.names) == 1
        return {session.names[0]: self.names[0]} if alone else {}

    def _both(self, session: RatingSession) -> pd.DataFrame:
        """Return what people and the judge say of the same texts; of other texts of the same records, nothing."""
        keys = ["record_id", "variant"]
        shown = {(one.record_id, one.variant): one.texts for one in session.items}
        order = [session.names.index(name) for name in self.names] if self.kind is RatingKind.PAIRS else [0]
        same = [key for key, texts in shown.items() if tuple(texts[place] for place in order) == self._texts_of(*key)]
        people = session.verdicts.dropna(subset=["verdict"]).set_index(keys)
        people = people[people.index.isin(same)].rename(index=self.match_variants(session), level="variant")
        judged = self.frame.dropna(subset=["verdict"]).set_index(keys)
        both = people[["verdict", "raters"]].rename(columns={"verdict": "people"})
        return both.join(judged[["verdict"]].rename(columns={"verdict": "judge"}), how="inner").reset_index()

    def _texts_of(self, record_id: str, variant: str) -> tuple[str, ...] | None:
        frames = [self.texts[variant]] if variant in self.texts else list(self.texts.values())
        if any(record_id not in frame.index for frame in frames):
            return None
        return tuple(str(frame["text"][record_id]) for frame in frames)

    def text(self, record_id: str, variant: str) -> pd.Series:
        """Return the text and source of a record, of the first variant for pairs."""
        frame = self.texts[variant if variant in self.texts else self.names[0]]
        return frame.loc[record_id]

    def _of_singles(self, frame: pd.DataFrame) -> pd.DataFrame:
        variants = [self.names[int(how)] for how in frame["how"]]
        made = frame.assign(variant=pd.array(variants, dtype="string"), verdict=frame["said"])
        return made[["record_id", "variant", "verdict", "confidence"]]

    def _of_pairs(self, frame: pd.DataFrame) -> pd.DataFrame:
        first, second = self.names
        named = {"ab": {"first": first, "second": second}, "ba": {"first": second, "second": first}}
        winner = [
            said if pd.isna(said) else named[str(how)].get(str(said), TIE)
            for how, said in zip(frame["how"], frame["said"], strict=True)
        ]
        made = frame.assign(winner=pd.array(winner, dtype="string"))
        wide = made.pivot_table(index="record_id", columns="how", values="winner", aggfunc="first", sort=False)
        wide = wide.reindex(columns=["ab", "ba"]).astype("string")
        lower = made.groupby("record_id", sort=False)["confidence"].min()
        both = wide["ab"].notna() & wide["ba"].notna()
        verdict = wide["ab"].where(wide["ab"] == wide["ba"], TIE).where(both)
        return pd.DataFrame(
            {
                "record_id": pd.array(wide.index, dtype="string"),
                "variant": pd.array([""] * len(wide), dtype="string"),
                "verdict": verdict.array,
                "confidence": lower.reindex(wide.index).array,
                "when_first": wide["ab"].array,
                "when_last": wide["ba"].array,
            }
        )


@dataclass(frozen=True)
class JudgeCheck:
    """A judge held against people: `.table` with the rates that follow, `.verdict` in words, `.disagreements`."""

    judged: JudgeResult
    session: RatingSession
    both: pd.DataFrame

    def __repr__(self) -> str:
        return f"JudgeCheck({self.judged.run.record.model}, {len(self.both):,} texts that people rated too)"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.verdict)}</p>{self.table._repr_html_()}"

    @property
    def agreement(self) -> Agreement:
        """Cohen's kappa of the judge and the people's verdicts; weighted on a scale."""
        order = list(self.judged.levels)
        return kappa(self.both["people"].tolist(), self.both["judge"].tolist(), order=order)

    def accuracy(self, name: str | None = None) -> Accuracy:
        """Return how often the judge agrees that something is good, and that it is not; by variant for pairs."""
        chosen = name or self.judged.names[0]
        return accuracy(self.judged.good(self.both["people"], chosen), self.judged.good(self.both["judge"], chosen))

    @property
    def tells_apart(self) -> bool:
        """True where the judge is better than chance, of pairs for one variant at least."""
        return any(self.accuracy(name).tells_apart for name in self.judged.names)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each variant: what people say, what follows for the texts that only the judge saw, and how sure.

        Index `variant`; `rated`, `people` with `people_low` and `people_high` (the share that is good, Wilson);
        `judged` (texts that nobody rated), `corrected` with `low` and `high` (Rogan-Gladen, with Lang and Reiczigel's
        interval, which carries both samples; NA where the judge is not better than chance); `sensitivity`,
        `specificity` with their ends. Intervals are 95 %.
        """
        return pd.DataFrame([self._row(name) for name in self.judged.names]).set_index("variant")

    @property
    def verdict(self) -> str:
        """What follows, in sentences; without a rate where the judge cannot tell."""
        model = self.judged.run.record.model
        few = f" {len(self.both)} rated texts are few: rate more." if len(self.both) < _FEWEST else ""
        if not self.tells_apart:
            reason = self.why_not(self.judged.names[0])
            return f"No verdict: {model} is not shown to judge better than chance ({reason}).{few}"
        said = " ".join(self._sentence(str(name), row) for name, row in self.table.iterrows())
        return f"{said} {model} agrees with people at {self.agreement.short}.{few}"

    def _sentence(self, name: str, row: pd.Series) -> str:
        good, what = ("better", "pairs") if self.judged.kind is RatingKind.PAIRS else ("good", "texts")
        people = f"people say {row['people']:.0%} of the {row['rated']:.0f} that they rated"
        if not row["judged"]:
            return f"{name}: {people}, which is all of them."
        if pd.isna(row["corrected"]):
            return f"{name}: {people}; of the others nothing follows ({self.why_not(name)})."
        rest = f"{row['corrected']:.0%} {good} ({row['low']:.0%} to {row['high']:.0%})"
        return f"{name}: {rest} of the {row['judged']:,.0f} {what} that only the judge saw; {people}."

    @property
    def disagreements(self) -> pd.DataFrame:
        """The texts on which judge and people differ, with text and source: what the criterion has to make clear."""
        differ = self.both[self.both["people"] != self.both["judge"]]
        texts = [self.judged.text(one, name) for one, name in zip(differ["record_id"], differ["variant"], strict=True)]
        return differ.assign(
            text=pd.array([one["text"] for one in texts], dtype="string"),
            source=pd.array([one["source"] for one in texts], dtype="string"),
        ).reset_index(drop=True)

    def _row(self, name: str) -> dict[str, object]:
        pairs = self.judged.kind is RatingKind.PAIRS
        both = self.both if pairs else self.both[self.both["variant"] == name]
        both = self.both if both.empty and len(self.judged.names) == 1 else both
        good = self.judged.good(both["people"], name)
        people = Rate.of(sum(good), len(good))
        frame = self.judged.frame.dropna(subset=["verdict"])
        frame = frame if pairs else frame[frame["variant"] == name]
        rest = frame[~frame["record_id"].isin(both["record_id"])]
        known = self.accuracy(name)
        found = correct_rate(sum(self.judged.good(rest["verdict"], name)), len(rest), known)
        return {
            "variant": name,
            "rated": len(good),
            **_ends("people", people),
            "judged": len(rest),
            "corrected": found.share if found else math.nan,
            "low": found.low if found else math.nan,
            "high": found.high if found else math.nan,
            **_ends("sensitivity", known.sensitivity),
            **_ends("specificity", known.specificity),
        }

    def why_not(self, name: str) -> str:
        """Say why nothing follows for a variant, in words that fit into brackets."""
        known = self.accuracy(name)
        if not known.positives or not known.negatives:
            what = "good" if known.positives else "bad"
            return f"people found every rated text {what}, so it does not show whether the judge tells the two apart"
        apart = known.informedness
        return (
            f"of {known.positives} good ones it sees {known.hits}, of {known.negatives} bad ones {known.rejections}; "
            f"sensitivity + specificity - 1 is {apart.share:.2f}, {apart.low:.2f} to {apart.high:.2f}"
        )


def _word(value: object) -> object:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return pd.NA if value is None or value is pd.NA else str(value)


def _ends(name: str, rate: Rate) -> dict[str, float]:
    return {name: rate.share, f"{name}_low": rate.low, f"{name}_high": rate.high}
