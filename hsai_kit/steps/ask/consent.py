"""Before money is spent: a pilot of 20 questions, what all of them will cost and take, and a yes where it is much."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence

from hsai_kit.connection import Connection
from hsai_kit.errors import RunError
from hsai_kit.llm.engine import Engine
from hsai_kit.runtime.background import start
from hsai_kit.runtime.console import advise, ask_yes_no
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.ask.estimate import Estimate, describe_minutes, describe_usd
from hsai_kit.steps.ask.live_sender import LiveSender
from hsai_kit.store import RunStatus

PILOT = 20
# A pilot of a run that is not much longer than itself would tell nothing that the run does not.
_WORTH_IT = 10 * PILOT


def needs_pilot(hub: Connection, estimate: Estimate) -> bool:
    """Tell whether 20 questions should go first: the run is long, and those 20 alone need nobody's yes."""
    if estimate.requests < _WORTH_IT or hub.is_scripted:
        return False
    high = (estimate.usd_high or 0.0) * PILOT / estimate.requests
    return high <= hub.workspace.settings.openai.ask_above_usd


def run_pilot(
    hub: Connection, engine: Engine, run_id: str, budget_usd: float | None
) -> tuple[float | None, float | None]:
    """Ask the first 20 questions of a run, say what the rest will cost and take, and return its USD from and to.

    They are answers like any other and kept.
    """
    questions = hub.store.answers.find_outstanding(run_id)
    first = dict(itertools.islice(questions.items(), PILOT))
    sending = LiveSender(hub, engine, run_id, first, budget_usd)
    start(sending.run, Progress("A pilot of 20 questions", total=len(first))).wait(
        "The answers so far are kept: ask the same again to go on."
    )
    # Until somebody says yes to the rest.
    hub.store.runs.end(run_id, RunStatus.STOPPED, f"Only a pilot of {PILOT} questions was asked; resume asks the rest.")
    left = len(questions) - len(first)
    paid = hub.store.answers.list_paid(run_id)
    low, high = _project_usd([answer.usd for answer in paid], left)
    tokens = [(answer.input_tokens or 0) + (answer.output_tokens or 0) for answer in paid]
    at_limits = hub.llm.estimate_seconds(left, left * statistics.fmean(tokens or [0.0]))
    paced = statistics.median([answer.seconds or 0.0 for answer in paid] or [0.0]) * left / hub.llm.concurrency
    long = describe_minutes(max(at_limits, paced), max(at_limits, paced))
    say(f"After {PILOT} questions: {describe_usd(low, high)} for the {left:,} left, {long}")
    return low, high


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
        why = (
            f"nobody can be asked here; pass {advise('confirm=True', '--yes')}"
            if said is None
            else "it was not confirmed"
        )
        message = f"{kept}: this {cost}, and {why}."
        raise RunError(message)


def _project_usd(paid: Sequence[float | None], left: int) -> tuple[float | None, float | None]:
    """Return what so many more questions cost, from and to; None where a price is not known."""
    known = [usd for usd in paid if usd is not None]
    if not known or len(known) < len(paid):
        return None, None
    mean = statistics.fmean(known)
    # Two standard errors either way; questions differ in length more than a few of them show.
    spread = 2 * statistics.stdev(known) / len(known) ** 0.5 if len(known) > 1 else mean
    return max(0.0, mean - spread) * left, (mean + spread) * left
