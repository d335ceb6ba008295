"""What a run paid, and what it did not have to pay: against asking every record live, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hsai_kit.llm.prices import Usage, decision_price, price
from hsai_kit.store import Answer, AnswerStatus, RunRecord, Store, Use


@dataclass(frozen=True, repr=False)
class Costs:
    """USD, each None where a price it needs is not known; with `spent`, all add up to asking one by one live.

    `by_memory` is what answers of earlier runs would have cost once more, `by_sharing` what the further records with
    the same question would have, `by_rules` the records that a rule answered (at the run's own average, since their
    questions were never asked), and `by_batch` what jobs took off the price.
    """

    spent: float | None
    by_memory: float | None
    by_rules: float | None
    by_sharing: float | None
    by_batch: float | None

    @property
    def usd_saved(self) -> float | None:
        """All that was saved."""
        return _add([self.by_memory, self.by_rules, self.by_sharing, self.by_batch])

    def __str__(self) -> str:
        if self.spent is None:
            return "price unknown"
        saved = "an amount not known" if self.usd_saved is None else format_usd(self.usd_saved)
        return f"{format_usd(self.spent)} USD spent, {saved} saved"

    def __repr__(self) -> str:
        told = {
            "asked before": self.by_memory,
            "answered by rule": self.by_rules,
            "the same question": self.by_sharing,
            "sent in jobs": self.by_batch,
        }
        parts = [
            f"{format_usd(usd)} {why}" if usd is not None else f"unknown {why}" for why, usd in told.items() if usd != 0
        ]
        return f"{self} ({', '.join(parts)})" if parts else str(self)


def read_costs(store: Store, run_id: str) -> Costs:
    """Work out the costs of a run from the usage of its answers, at prices of hsai.toml then, else those known now."""
    run = store.runs.get(run_id)
    uses, ruled = store.answers.uses(run_id), store.runs.count_ruled(run_id)
    live = {use.answer.question: _live_price(run, use) for use in uses}
    paid = [use for use in uses if use.paid_here]
    records = sum(use.records for use in uses)
    by_sharing = _add([_multiply(live[use.answer.question], use.records - 1) for use in uses])
    one_by_one = _add([_multiply(live[use.answer.question], use.records) for use in uses])
    average = one_by_one / records if records and one_by_one is not None else None
    return Costs(
        spent=_add([use.answer.usd for use in paid]),
        by_memory=_add([live[use.answer.question] for use in uses if not use.paid_here]),
        by_rules=_multiply(average, ruled),
        by_sharing=by_sharing,
        by_batch=_add([_subtract(live[use.answer.question], use.answer.usd) for use in paid]),
    )


def _live_price(run: RunRecord | None, use: Use) -> float | None:
    """Return what an answer would have cost live."""
    answer = use.answer
    # What was paid live stays so when a price list changes; how long an answer took is told of live ones alone.
    if answer.status is AnswerStatus.FAILED or (use.paid_here and answer.seconds is not None):
        return answer.usd
    if run is None:
        return None
    return (decision_price if run.engine == "decisions" else price)(run.model, _usage(answer), run.own_price)


def _usage(answer: Answer) -> Usage:
    return Usage(answer.input_tokens, answer.cached_tokens, answer.output_tokens, answer.reasoning_tokens)


def _multiply(usd: float | None, count: int) -> float | None:
    return 0.0 if count == 0 else None if usd is None else usd * count


def _subtract(more: float | None, usd: float | None) -> float | None:
    return None if more is None or usd is None else more - usd


def _add(amounts: Sequence[float | None]) -> float | None:
    known = [usd for usd in amounts if usd is not None]
    return sum(known) if len(known) == len(amounts) else None


def format_usd(usd: float) -> str:
    """Say an amount of USD: to the cent, and small ones more closely."""
    # Hundreds of questions to a small model cost less than a cent.
    if 0 < usd < 0.0001:
        return "less than 0.0001"
    return f"{usd:,.2f}" if usd >= 0.1 or not usd else f"{usd:,.4f}"
