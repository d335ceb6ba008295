"""The gate: whether an assistant may run alone, judged on what its figures make sure and not on what they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict

from hsai_kit.errors import EvaluationError
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.gate.conditions import (
    GateCondition,
    GateRule,
    check_baseline,
    check_complete,
    check_must_pass,
    check_price,
    check_share,
)
from hsai_kit.steps.evaluate.gate.sample import GateTarget
from hsai_kit.steps.evaluate.gate.text_quality import TextEvidence, check_texts

_NOT_PASSED = 3


@dataclass(frozen=True)
class Gate:
    """What an assistant has to reach before it may run alone; what is left out is not asked for.

    `min_right` and `min_valid` (shares, 0-1) are compared with the lower ends of their 95 % intervals,
    `max_usd_per_1000` with the upper end. `min_good` is that for written texts, where no answer is the right one: the
    share that people find good, or would find good of what a judge read. `no_worse_than` names another assistant of the
    evaluation: even at the lower end the share right is at most `margin` below it. `must_pass` are record ids that have
    to be right every time. `target` says which records the shares are about: `these records` (the default; what is
    labeled is known, the rest is estimated from rows drawn at random, and the verdict may be looked at after every
    label) or `records to come` (the default of a recipe; all labeled rows are a sample of fixed size, looked at once).
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
    target: GateTarget | Literal["these records", "records to come"] | None = None

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
        if self.target is not None and self.target not in list(GateTarget):
            message = f"target is {self.target!r}; it is one of {', '.join(map(repr, map(str, GateTarget)))}."
            raise EvaluationError(message)
        asked = (self.min_right, self.min_valid, self.min_good, self.max_usd_per_1000, self.no_worse_than)
        if not self.must_pass and asked == (None,) * 5:
            message = "This gate asks for nothing, so everything would pass it. Give it at least min_right."
            raise EvaluationError(message)

    def judge(
        self, evaluation: Evaluation, assistant: str | None = None, *, texts: TextEvidence | None = None
    ) -> GateVerdict:
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
        return GateVerdict(chosen, tuple(self._check(evaluation, chosen, texts)))

    def _check(self, evaluation: Evaluation, name: str, texts: TextEvidence | None) -> Iterator[GateCondition]:
        unmet = check_complete(evaluation, [name, self.no_worse_than])
        if unmet is not None:
            yield unmet
        target = GateTarget(self.target or GateTarget.THESE)
        if self.min_right is not None:
            yield check_share(evaluation, name, GateRule.MIN_RIGHT, self.min_right, target)
        if self.min_valid is not None:
            yield check_share(evaluation, name, GateRule.MIN_VALID, self.min_valid, target)
        if self.min_good is not None:
            yield from check_texts(evaluation, name, texts, self.min_good)
        if self.max_usd_per_1000 is not None:
            yield check_price(evaluation, name, self.max_usd_per_1000)
        if self.no_worse_than is not None:
            yield check_baseline(evaluation, name, self.no_worse_than, self.margin)
        if self.must_pass:
            yield check_must_pass(evaluation, name, list(map(str, self.must_pass)))


@dataclass(frozen=True)
class GateVerdict:
    """Whether the gate was passed, with every reason; `exit_code` is 0 or 3."""

    assistant: str
    reasons: tuple[GateCondition, ...]

    @property
    def is_passed(self) -> bool:
        """True where every condition is met."""
        return all(reason.met for reason in self.reasons)

    @property
    def exit_code(self) -> int:
        """0 where the gate was passed, else 3; 1 would say that nothing could be measured."""
        return 0 if self.is_passed else _NOT_PASSED

    def __str__(self) -> str:
        head = f"{self.assistant} {'passed' if self.is_passed else 'did not pass'} the gate."
        return "\n".join([head, *(f"{'yes' if one.met else 'NO':>4}  {one.said}" for one in self.reasons)])

    def __bool__(self) -> bool:
        return self.is_passed
