"""An evaluation before it is asked: what is measured, checked, and about what that would cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.llm.engine import EngineName
from hsai_kit.steps.evaluate.candidates import Candidate, One, read_candidates
from hsai_kit.steps.evaluate.experiment.measured_rows import choose_field, choose_rows
from hsai_kit.steps.evaluate.experiment.sender import ExperimentForecast, ExperimentPlan, plan_experiment
from hsai_kit.steps.evaluate.labels.labels import Given
from hsai_kit.store import EvaluationRow

__all__ = ["Experiment", "forecast_evaluation", "prepare_experiment"]


@dataclass(frozen=True)
class Experiment:
    """Who is measured at which field over which rows, of which `frame` are the records and `source` the labels."""

    hub: Connection
    made: Sequence[Candidate]
    field: str
    rows: Sequence[EvaluationRow]
    frame: pd.DataFrame
    source: str
    repeats: int
    cluster: str | None

    def plan(self, object_type: str | None, budget_usd: float | None) -> ExperimentPlan:
        """Work out all runs; raises what `ask` raises before anything is sent."""
        clusters = None if self.cluster is None else [row.cluster for row in self.rows]
        return plan_experiment(
            self.hub,
            self.frame,
            self.made,
            repeats=self.repeats,
            object_type=object_type,
            budget_usd=budget_usd,
            clusters=clusters,
        )

    def begin(self, plan: ExperimentPlan) -> str:
        """Write the evaluation and its runs down and return its id."""
        return self.hub.store.evaluations.begin(
            self.rows,
            plan.begin(),
            who=self.hub.workspace.reviewer,
            portal_id=self.hub.portal.id,
            field=self.field,
            labels=self.source,
            repeats=self.repeats,
            cluster=self.cluster or "",
        )


def prepare_experiment(
    hub: Connection,
    frame: pd.DataFrame,
    assistants: One | Iterable[One] | Mapping[str, One],
    labels: Given | None,
    *,
    field: str | None,
    prompt: str | None,
    repeats: int,
    engine: EngineName | None,
    cluster: str | None,
) -> Experiment:
    """Check everything that can be checked before questions are planned; raises what `evaluate` raises."""
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
        message = f"repeats is {repeats!r}; it is how often each question is asked, so it starts at 1."
        raise EvaluationError(message)
    made = read_candidates(hub, assistants, prompt=prompt, engine=engine)
    measured = choose_field(made, field, labels)
    rows, chosen, source = choose_rows(hub, frame, made, measured, labels, cluster)
    return Experiment(hub, made, measured, rows, chosen, source, repeats, cluster)


def forecast_evaluation(
    hub: Connection,
    frame: pd.DataFrame,
    assistants: One | Iterable[One] | Mapping[str, One],
    labels: Given | None = None,
    *,
    field: str | None = None,
    prompt: str | None = None,
    repeats: int = 1,
    engine: EngineName | None = None,
) -> ExperimentForecast:
    """Return what `evaluate` with the same arguments would ask, cost and be able to show, without asking anything.

    Raises what `evaluate` raises before anything is sent.
    """
    ready = prepare_experiment(
        hub, frame, assistants, labels, field=field, prompt=prompt, repeats=repeats, engine=engine, cluster=None
    )
    return ready.plan(None, None).forecast()
