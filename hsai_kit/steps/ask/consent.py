"""Before money is spent: a pilot of 20 questions, what all of them will cost and take, and a yes where it is much."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.llm.engine import Engine
from hsai_kit.runtime.background import start
from hsai_kit.runtime.console import ask_yes_no
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.ask.estimate import Estimate, describe_minutes, describe_usd
from hsai_kit.steps.ask.live_sender import LiveSender
from hsai_kit.store import RunStatus

PILOT = 20
# A pilot of a run that is not much longer than itself would tell nothing that the run does not.
_WORTH_IT = 10 * PILOT


@dataclass(frozen=True)
class Projection:
    """What the rest of a run will cost (USD, None where unknown) and take, from what a pilot really used."""

    left: int
    usd_low: float | None
    usd_high: float | None
    seconds: float

    def describe(self) -> str:
        """Say it in one line."""
        cost, long = describe_usd(self.usd_low, self.usd_high), describe_minutes(self.seconds, self.seconds)
        return f"After {PILOT} questions: {cost} for the {self.left:,} left, {long}"


def needs_pilot(hub: Connection, estimate: Estimate) -> bool:
    """Tell whether 20 questions should go first: the run is long, and those 20 alone need nobody's yes."""
    if estimate.requests < _WORTH_IT or hub.is_scripted:
        return False
    high = (estimate.usd_high or 0.0) * PILOT / estimate.requests
    return high <= hub.workspace.settings.openai.ask_above_usd


def run_pilot(hub: Connection, engine: Engine, run_id: str, budget_usd: float | None) -> Projection:
    """Ask the first 20 questions of a run and project the rest; they are answers like any other and kept."""
    questions = hub.store.answers.find_outstanding(run_id)
    first = {one: questions[one] for one in list(questions)[:PILOT]}
    sending = LiveSender(hub, engine, run_id, first, budget_usd)
    start(sending.run, Progress("A pilot of 20 questions", total=len(first))).wait(
        "The answers so far are kept: ask the same again to go on."
    )
    # Until somebody says yes to the rest.
    hub.store.runs.end(run_id, RunStatus.STOPPED, f"Only a pilot of {PILOT} questions was asked; resume asks the rest.")
    projection = _project(hub, run_id, len(questions) - len(first))
    say(projection.describe())
    return projection


def require_consent(hub: Connection, low: float | None, high: float | None, *, confirm: bool | None, kept: str) -> None:
    """Ask before spending more than the workspace's threshold; raises RunError where the answer is not yes.

    With `confirm=True` nobody is asked, with `confirm=False` whatever the amount. `kept` says what was done until
    then.
    """
    threshold = hub.workspace.settings.openai.ask_above_usd
    much = high is not None and high > threshold
    if confirm or (confirm is None and not much):
        return
    cost = f"may cost {describe_usd(low, high)}" if high is not None else "costs an amount that is not known"
    why_asked = f"; above {threshold:,.2f} USD this workspace asks" if much else ""
    said = ask_yes_no(f"This {cost}{why_asked}. Go on?")
    if said is not True:
        why = "nobody can be asked here; pass confirm=True" if said is None else "it was not confirmed"
        message = f"{kept}: this {cost}, and {why}."
        raise RunError(message)


def _project(hub: Connection, run_id: str, left: int) -> Projection:
    paid = hub.store.answers.list_paid(run_id)
    prices = [answer.usd for answer in paid]
    known = [usd for usd in prices if usd is not None]
    tokens = [(answer.input_tokens or 0) + (answer.output_tokens or 0) for answer in paid]
    low = high = None
    if known and len(known) == len(prices):
        mean = statistics.fmean(known)
        # Two standard errors either way; questions differ in length more than a few of them show.
        spread = 2 * statistics.stdev(known) / len(known) ** 0.5 if len(known) > 1 else mean
        low, high = max(0.0, mean - spread) * left, (mean + spread) * left
    seconds = statistics.median([answer.seconds or 0.0 for answer in paid] or [0.0])
    at_limits = hub.llm.estimate_seconds(left, left * statistics.fmean(tokens or [0.0]))
    return Projection(left, low, high, max(at_limits, left * seconds / hub.llm.concurrency))
