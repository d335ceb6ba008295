"""An evaluation before it is asked: which field of which rows is measured, with which right answers, all checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hsai_kit.assistant.assistant import EngineName
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.runtime.progress import say
from hsai_kit.steps.ask.budget import check_budget
from hsai_kit.steps.ask.plan import plan_ask
from hsai_kit.steps.evaluate.candidates import Candidate, CandidateChoices, read_candidates
from hsai_kit.steps.evaluate.experiment.plan import ExperimentPlan, ExperimentRun
from hsai_kit.steps.evaluate.labels.examples import refuse_leaks
from hsai_kit.steps.evaluate.labels.labels import Labels, LabelSource, as_labels, choose_field, read_label
from hsai_kit.store import EvaluationRow, Label, LabelDraw, LabelGround
from hsai_kit.tabular.provenance import read_record_ids


def prepare_experiment(
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
) -> ExperimentPlan:
    """Work out all runs of an evaluation, with all that can be checked before; raises what `evaluate` raises."""
    check_budget(budget_usd)
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
        message = f"repeats is {repeats!r}; it is how often each question is asked, so it starts at 1."
        raise EvaluationError(message)
    candidates = read_candidates(hub, assistants, prompt=prompt, engine=engine)
    check_budget(budget_usd, *(one.request.engine for one in candidates))
    if field is None and isinstance(labels, Labels):
        field = labels.field
    for one in candidates:
        names = list(one.assistant.output.fields)
        field = choose_field(one.name, names, field, way=f"Say which is measured: field={names[0]!r}.")
    measured = field or "answer"
    rows, chosen, source = _choose_rows(hub, frame, candidates, measured, labels, cluster)
    runs = [
        ExperimentRun(
            one,
            repeat,
            plan_ask(hub, chosen, one.request.engine, one.request.name, object_type, use_approved=False, repeat=repeat),
        )
        for one in candidates
        for repeat in range(1, repeats + 1)
    ]
    return ExperimentPlan(hub, runs, rows, measured, source, cluster or "", len(frame), budget_usd)


def _choose_rows(
    hub: Connection,
    frame: pd.DataFrame,
    candidates: Sequence[Candidate],
    field: str,
    given: LabelSource | None,
    cluster: str | None,
) -> tuple[list[EvaluationRow], pd.DataFrame, str]:
    """Return the rows to be measured, each with what is right, the part of the frame with them, and the labels' source.

    Raises EvaluationError for labels that no assistant could give, and for rows that one was shown as examples.
    """
    ids = read_record_ids(frame)
    if cluster is not None and cluster not in frame.columns:
        message = f"The rows cannot be clustered by {cluster!r}, which is not among the columns. Pull it too."
        raise EvaluationError(message)
    clusters = [None] * len(ids) if cluster is None else [None if pd.isna(one) else str(one) for one in frame[cluster]]
    if given is None:
        refuse_leaks(candidates, ids, frame)
        pairs = zip(ids, clusters, strict=True)
        rows = [
            EvaluationRow(one, labelled=False, expected=None, cluster=group, draw=LabelDraw.STRATUM)
            for one, group in pairs
        ]
        return rows, frame, ""
    if isinstance(given, str) and given in frame.columns:
        _refuse_answers_in_prompt(candidates, frame, given)
    labels = as_labels(hub, frame, given, field)
    right = {one.record_id: one for one in labels.items}
    wanted = [place for place, one in enumerate(ids) if one in right]
    _refuse_without_labels(labels, len(ids), len(wanted))
    kinds = [one.assistant.output.fields[field] for one in candidates]
    used = [right[ids[place]] for place in wanted]
    # Where every record is labeled, whatever chose them left none out.
    complete = len(wanted) == len(ids) and all(one.ground.counts_for_gate for one in used)
    questions = _number_questions(candidates, frame)
    sizes = np.bincount(questions)
    rows = [
        EvaluationRow(
            one.record_id,
            labelled=True,
            expected=read_label(kinds, one.value, one.record_id),
            cluster=clusters[place],
            ground=one.ground,
            draw=LabelDraw.STRATUM if complete else one.draw,
            at=one.at,
            question=int(questions[place]),
            question_records=int(sizes[questions[place]]),
        )
        for place, one in zip(wanted, used, strict=True)
    ]
    if len(wanted) < len(ids):
        say(f"{len(wanted):,} of {len(ids):,} records are labeled; only they are asked about.")
    chosen = frame.iloc[wanted]
    refuse_leaks(candidates, [row.record_id for row in rows], chosen)
    _say_favored(hub, candidates, used)
    _say_changed(candidates[0], used, chosen)
    return rows, chosen, labels.source


def _number_questions(candidates: Sequence[Candidate], frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return a number for each record, which those share that ask the same of every assistant."""
    prompts = dict.fromkeys(one.assistant.prompt for one in candidates if one.assistant.prompt)
    texts = [Prompt(prompt).render(frame).fillna("").to_list() for prompt in prompts]
    asked = pd.Series(list(zip(*texts, strict=True)) if texts else range(len(frame)), dtype=object)
    return np.asarray(pd.factorize(asked)[0], dtype=np.int64)


def _refuse_without_labels(labels: Labels, records: int, meet: int) -> None:
    if not labels.items:
        message = f"There are no right answers in {labels.source} yet. Give some with label(…) or in a LabelPanel."
        raise EvaluationError(message)
    if not meet:
        message = (
            f"None of the {records:,} records has a label in {labels.source}: the record ids do not meet. "
            "Check that labels and records are of the same portal."
        )
        raise EvaluationError(message)


def _refuse_answers_in_prompt(candidates: Sequence[Candidate], frame: pd.DataFrame, column: str) -> None:
    """Raise EvaluationError where a prompt tells the model the right answer."""
    for one in candidates:
        if one.assistant.prompt and column in Prompt(one.assistant.prompt).tokens(map(str, frame.columns)):
            message = (
                f"The prompt of {one.name} uses {{{{ {column} }}}}, which holds the right answers. Take it out of the "
                "prompt, or say where the right answers really are."
            )
            raise EvaluationError(message)


def _say_favored(hub: Connection, candidates: Sequence[Candidate], labels: Sequence[Label]) -> None:
    """Say whose own answers were approved as labels: people agree more easily with what they are shown."""
    counts = Counter(one.source.rpartition(" ")[2] for one in labels if one.ground is LabelGround.APPROVED)
    for run_id, count in counts.items():
        run = hub.store.runs.get(run_id)
        own = [
            one.name
            for one in candidates
            if run and (one.assistant.version, one.request.model.id) == (run.assistant_version, run.model)
        ]
        if own:
            say(
                f"{count:,} of these labels are answers of {own[0]} that somebody approved, which favors it, and they "
                "count for no gate. Label some rows without looking at an answer: label(..., blind=True)."
            )


def _say_changed(one: Candidate, labels: Sequence[Label], rows: pd.DataFrame) -> None:
    """Say which records read otherwise than when they were labeled, as after a push of what was labeled."""
    if not one.assistant.prompt or not any(label.asked for label in labels):
        return
    texts = Prompt(one.assistant.prompt).render(rows)
    known = [(label, text) for label, text in zip(labels, texts, strict=True) if label.asked]
    changed = [label.record_id for label, text in known if label.asked != text]
    # Where hardly any is the same, another prompt is asked.
    if changed and len(changed) <= len(known) / 2:
        say(
            f"{len(changed):,} of these records read otherwise than when they were labeled ({', '.join(changed[:3])}"
            f"{' …' if len(changed) > 3 else ''}). If a push has put the right answer into them, evaluate on what "
            "they were before: open_pull(hub, run.record.pull_id)."
        )
