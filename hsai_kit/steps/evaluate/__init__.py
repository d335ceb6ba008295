"""Assistants side by side over labeled rows: how often right, how sure, at what price, and fit to run alone or not."""

from __future__ import annotations

from typing import Any

import pandas as pd

from hsai_kit.assistant.assistant import EngineName
from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.runtime.background import accept_wait, in_background, is_in_background, start
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.evaluate.candidates import CandidateChoices, find_assistant
from hsai_kit.steps.evaluate.experiment.evaluation import Evaluation
from hsai_kit.steps.evaluate.experiment.plan import ExperimentForecast
from hsai_kit.steps.evaluate.experiment.preparation import prepare_experiment
from hsai_kit.steps.evaluate.gate.gate import Gate, GateVerdict
from hsai_kit.steps.evaluate.labels.examples import with_examples
from hsai_kit.steps.evaluate.labels.labeling import LabelSession, label
from hsai_kit.steps.evaluate.labels.labels import Labels, LabelSource, labels_from, open_labels, read_labels

__all__ = [
    "Evaluation",
    "ExperimentForecast",
    "Gate",
    "GateVerdict",
    "LabelSession",
    "Labels",
    "evaluate",
    "find_assistant",
    "forecast_evaluation",
    "label",
    "labels_from",
    "open_evaluation",
    "open_labels",
    "read_labels",
    "start_evaluate",
    "with_examples",
]


@accept_wait
def evaluate(
    hub: Connection,
    frame: pd.DataFrame,
    assistants: CandidateChoices,
    labels: LabelSource | None = None,
    *,
    field: str | None = None,
    prompt: str | None = None,
    repeats: int = 1,
    engine: EngineName | None = None,
    cluster: str | None = None,
    budget_usd: float | None = None,
    object_type: str | None = None,
    confirm: bool | None = None,
) -> Evaluation:
    """Ask each assistant about the same rows and return how they did; nothing is written to HubSpot.

    `assistants` are names, `name@version`, Assistant objects, or pairs of one of these with a model; a mapping gives
    them names of your own. `labels` are the right answers: a column's name, a CSV file, a kept set's name, a Series by
    record id, or what `labels_from(run)` returns; only labeled rows are asked. Without labels, validity, price and
    time are measured. `field` names which of several fields is measured. `prompt` is asked by all in place of their
    own. `repeats` asks each question so many times, to see how often answers change. `cluster` is a column, such as
    `company.name`: its rows are not independent of each other.

    Everything is remembered: the same call goes on where it stopped and asks only what is missing or failed. What
    people approved and `remember`ed answers nothing here. `budget_usd` is the most that this call may spend;
    `confirm`, `engine` and `object_type` are as in `ask`. `start_evaluate` does the same in the background.

    Raises EvaluationError for labels that do not fit and for rows that an assistant was shown as examples, and what
    `ask` raises, before anything is sent.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=40)
    ...     found = evaluate(hub, contacts, ["state-abbreviations", ("state-abbreviations", "sandbox-sol")])
    ...     found.table["n"].tolist()
    40 records → ...
    [40, 40]
    """
    plan = prepare_experiment(
        hub,
        frame,
        assistants,
        labels,
        field=field,
        prompt=prompt,
        repeats=repeats,
        engine=engine,
        cluster=cluster,
        budget_usd=budget_usd,
        object_type=object_type,
    )
    plan.agree(confirm=confirm)
    evaluation_id = plan.begin()
    runs = hub.store.evaluations.runs(evaluation_id)
    progress = Progress(f"Evaluating {', '.join(plan.names)}")
    start(lambda control: plan.send(runs, control), progress).wait(
        "The answers so far are kept: the same call goes on."
    )
    found = open_evaluation(hub, evaluation_id)
    for note in found.notes if not is_in_background() else ():
        say(note)
    return found


start_evaluate = in_background(evaluate)


def forecast_evaluation(
    hub: Connection,
    frame: pd.DataFrame,
    assistants: CandidateChoices,
    labels: LabelSource | None = None,
    **options: Any,
) -> ExperimentForecast:
    """Return what `evaluate` with the same arguments would ask, cost and be able to show, without asking anything.

    Raises what `evaluate` raises before anything is sent.
    """
    return prepare_experiment(hub, frame, assistants, labels, **options).forecast()


def open_evaluation(hub: Connection, evaluation_id: str | None = None) -> Evaluation:
    """Return an earlier evaluation of this workspace by its id, or the newest one."""
    wanted = evaluation_id or hub.store.evaluations.latest()
    if wanted is None:
        message = f"There are no evaluations in {hub.workspace.folder} yet. Make one with evaluate()."
        raise EvaluationError(message)
    settings = hub.workspace.settings.review
    return Evaluation(hub.store, wanted, low_confidence=settings.low_confidence, reviewer=hub.workspace.reviewer)
