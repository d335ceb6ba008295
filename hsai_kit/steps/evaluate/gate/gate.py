"""The gate: whether an assistant may run alone, judged on what its figures make sure and not on what they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import ConfigDict

from hsai_kit.errors import EvaluationError
from hsai_kit.stats import fewest_for
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.text_quality import Rated, good_enough
from hsai_kit.steps.evaluate.gate.verdict import GateCondition, GateVerdict

__all__ = ["Gate", "GateVerdict"]


@dataclass(frozen=True)
class Gate:
    """What an assistant has to reach before it may run alone; what is left out is not asked for.

    `min_right` and `min_valid` (shares, 0-1) are compared with the lower ends of their 95 % intervals,
    `max_usd_per_1000` with the upper end. `min_good` is that for written texts, where no answer is the right one: the
    share that people find good, or would find good of what a judge read. `no_worse_than` names another assistant of the
    evaluation: even at the lower end the share right is at most `margin` below it. `must_pass` are record ids that have
    to be right every time.
    Raises EvaluationError for figures that are no shares or amounts, and where nothing is asked for.

    >>> Gate(min_right=0.97, min_valid=0.995).min_valid
    0.995
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    min_right: float | None = None
    min_valid: float | None = None
    min_good: float | None = None
    max_usd_per_1000: float | None = None
    no_worse_than: str | None = None
    margin: float = 0.0
    must_pass: Sequence[str | int] = ()

    def __post_init__(self) -> None:
        for name in ("min_right", "min_valid", "min_good", "margin"):
            share = getattr(self, name)
            if share is not None and not (isinstance(share, int | float) and 0 <= share < 1):
                message = f"{name} is {share!r}; it is a share from 0 to below 1, such as 0.97 for 97%."
                raise EvaluationError(message)
        if isinstance(self.must_pass, str | int):
            message = (
                f"must_pass is {self.must_pass!r}; it is a list of record ids: must_pass=[{str(self.must_pass)!r}]."
            )
            raise EvaluationError(message)
        if self.margin and self.no_worse_than is None:
            message = "margin says how much worse than another assistant is still enough: name it in no_worse_than."
            raise EvaluationError(message)
        if self.max_usd_per_1000 is not None and not self.max_usd_per_1000 >= 0:
            message = f"max_usd_per_1000 is {self.max_usd_per_1000!r}; it is an amount in USD for 1,000 records."
            raise EvaluationError(message)
        asked = (self.min_right, self.min_valid, self.min_good, self.max_usd_per_1000, self.no_worse_than)
        if not self.must_pass and asked == (None,) * 5:
            message = "This gate asks for nothing, so everything would pass it. Give it at least min_right."
            raise EvaluationError(message)

    def judge(self, evaluation: Evaluation, assistant: str | None = None, *, texts: Rated | None = None) -> GateVerdict:
        """Judge one assistant of an evaluation; without a name the only one, or the only one but the baseline.

        `texts` is what `min_good` goes by: what people say of the assistant's texts (a session of `rate`), or a judge
        held against them (`judge(…).against(session)`). Rows that were not asked pass no gate, nor does a judge that is
        not shown to be better than chance. Raises EvaluationError for names that are not in the evaluation, and for
        texts of which nothing is asked or follows.
        """
        if texts is not None and self.min_good is None:
            message = "This gate asks nothing of texts, so what is said of them would decide nothing: give it min_good."
            raise EvaluationError(message)
        names = [name for name in evaluation.names if name != self.no_worse_than]
        if assistant is None and len(names) != 1:
            message = f"Say which assistant the gate judges: {', '.join(names)}."
            raise EvaluationError(message)
        chosen = assistant or names[0]
        for name in (chosen, self.no_worse_than):
            if name is not None and name not in evaluation.names:
                message = f"There is no assistant {name!r} in this evaluation. It has: {', '.join(evaluation.names)}."
                raise EvaluationError(message)
        return GateVerdict(chosen, tuple(self._reasons(evaluation, chosen, texts)))

    def _reasons(self, evaluation: Evaluation, name: str, texts: Rated | None) -> Iterator[GateCondition]:
        rows = evaluation.rows[evaluation.rows["assistant"].isin([name, self.no_worse_than])]
        left = int(rows["valid"].isna().sum())
        if left:
            yield GateCondition("complete", met=False, said=f"{left:,} rows were not asked yet; the same call goes on.")
        for condition in ("right", "valid"):
            wanted = getattr(self, f"min_{condition}")
            if wanted is not None:
                yield _share(evaluation, name, condition, wanted)
        if self.min_good is not None:
            yield from good_enough(evaluation, name, texts, self.min_good)
        if self.max_usd_per_1000 is not None:
            yield _price(evaluation, name, self.max_usd_per_1000)
        if self.no_worse_than is not None:
            yield self._no_worse(evaluation, name, self.no_worse_than)
        if self.must_pass:
            yield _must_pass(evaluation, name, list(map(str, self.must_pass)))

    def _no_worse(self, evaluation: Evaluation, name: str, baseline: str) -> GateCondition:
        if name == baseline:
            message = f"{name} cannot be judged against itself. Name another assistant in no_worse_than."
            raise EvaluationError(message)
        pair = evaluation.compare(baseline).set_index("first").loc[name]
        low, high, difference = (100 * float(pair[one]) for one in ("low", "high", "difference"))
        return GateCondition(
            "no_worse_than",
            met=low >= -100 * self.margin,
            said=(
                f"Right against {baseline}: {difference:+.1f} points ({low:+.1f} to {high:+.1f}); "
                f"at most {100 * self.margin:.1f} points worse is asked for."
            ),
        )


def _share(evaluation: Evaluation, name: str, condition: str, wanted: float) -> GateCondition:
    figures = evaluation.table.loc[name]
    if pd.isna(figures[condition]):
        said = f"Nothing tells how often {name} is {condition}: evaluate it with labels."
        return GateCondition(f"min_{condition}", met=False, said=said)
    share, low = float(figures[condition]), float(figures[f"{condition}_low"])
    said = f"{condition.capitalize()}: {share:.1%}, surely at least {low:.1%}; {wanted:.1%} is asked for."
    if low < wanted:
        said += _way(share, wanted, int(figures["questions"]))
    return GateCondition(f"min_{condition}", met=low >= wanted, said=said)


def _way(share: float, wanted: float, questions: int) -> str:
    if share <= wanted:
        return " The figure itself falls short."
    needed = fewest_for(wanted, share)
    if needed <= questions:
        return " The figure itself would do, but a few questions that many records ask decide it. Label others as well."
    return (
        f" The figure itself would do, but {questions:,} independent questions are too few: it takes about {needed:,}."
    )


def _price(evaluation: Evaluation, name: str, most: float) -> GateCondition:
    price, high = evaluation.table["usd_per_1000"][name], evaluation.usd_at_most(name)
    if high is None:
        said = f"The price of {name} is not known, so it cannot be held against {most:,.2f} USD."
        return GateCondition("max_usd_per_1000", met=False, said=said)
    said = f"Price: {price:,.4f} USD for 1,000 records, surely at most {high:,.4f}; up to {most:,.2f} is asked for."
    return GateCondition("max_usd_per_1000", met=high <= most, said=said)


def _must_pass(evaluation: Evaluation, name: str, records: list[str]) -> GateCondition:
    rows = evaluation.rows[evaluation.rows["assistant"] == name]
    right = rows.groupby("record_id")["right"].agg(lambda column: bool(column.fillna(value=False).all()))
    wrong = [one for one in records if not right.get(one, False)]
    said = f"All {len(records):,} rows that must be right are."
    if wrong:
        unmeasured = [one for one in wrong if one not in right.index]
        why = f", of which {len(unmeasured):,} were not measured" if unmeasured else ""
        named = ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")
        said = f"{len(wrong):,} of {len(records):,} rows that must be right are not{why}: {named}."
    return GateCondition("must_pass", met=not wrong, said=said)
