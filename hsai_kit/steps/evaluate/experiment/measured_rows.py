"""What is measured: which field, and which rows with which right answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from hsai_kit.assistants.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError
from hsai_kit.runtime.progress import say
from hsai_kit.steps.evaluate.candidates import Candidate
from hsai_kit.steps.evaluate.labels.examples import refuse_leaks
from hsai_kit.steps.evaluate.labels.labels import APPROVED, Given, Labels, as_labels
from hsai_kit.steps.evaluate.scoring import field_of, read_label
from hsai_kit.store import EvaluationRow
from hsai_kit.tabular.provenance import read_record_ids

__all__ = ["choose_field", "choose_rows"]


def choose_field(made: Sequence[Candidate], field: str | None, labels: Given | None) -> str:
    """Return the field that is measured; raises EvaluationError where not every assistant answers it."""
    if field is None and isinstance(labels, Labels):
        field = labels.field
    for one in made:
        names = list(one.assistant.output.fields)
        field = field_of(one.name, names, field, way=f"Say which is measured: field={names[0]!r}.")
    return field or "answer"


def choose_rows(
    hub: Connection,
    frame: pd.DataFrame,
    made: Sequence[Candidate],
    field: str,
    given: Given | None,
    cluster: str | None,
) -> tuple[list[EvaluationRow], pd.DataFrame, str]:
    """Return the rows to be measured, each with what is right, the part of the frame with them, and the labels' source.

    Raises EvaluationError for labels that no assistant could give, and for rows that one was shown as examples.
    """
    ids = read_record_ids(frame)
    if cluster is not None and cluster not in frame.columns:
        message = f"The rows cannot be clustered by {cluster!r}, which is not among the columns. Pull it too."
        raise EvaluationError(message)
    groups = [None] * len(ids) if cluster is None else [None if pd.isna(one) else str(one) for one in frame[cluster]]
    if given is None:
        refuse_leaks(made, ids, frame)
        rows = [
            EvaluationRow(one, labelled=False, expected=None, cluster=group)
            for one, group in zip(ids, groups, strict=True)
        ]
        return rows, frame, ""
    if isinstance(given, str) and given in frame.columns:
        _refuse_told(made, frame, given)
    labels = as_labels(hub, frame, given, field)
    kinds = [one.assistant.output.fields[field] for one in made]
    right = {one.record_id: one for one in labels.items}
    wanted = [place for place, one in enumerate(ids) if one in right]
    if not labels.items:
        message = f"There are no right answers in {labels.source} yet. Give some with label(…) or in a LabelPanel."
        raise EvaluationError(message)
    if not wanted:
        message = (
            f"None of the {len(ids):,} records has a label in {labels.source}: the record ids do not meet. "
            "Check that labels and records are of the same portal."
        )
        raise EvaluationError(message)
    chosen = frame.iloc[wanted]
    rows = [
        EvaluationRow(
            ids[place],
            labelled=True,
            expected=read_label(kinds, right[ids[place]].value, ids[place]),
            cluster=groups[place],
        )
        for place in wanted
    ]
    if len(wanted) < len(ids):
        say(f"{len(wanted):,} of {len(ids):,} records are labelled; only they are asked about.")
    named = [ids[place] for place in wanted]
    refuse_leaks(made, named, chosen)
    _say_favored(hub, made, [right[one].source for one in named])
    _say_changed(made[0], [right[one].asked for one in named], named, chosen)
    return rows, chosen, labels.source


def _refuse_told(made: Sequence[Candidate], frame: pd.DataFrame, column: str) -> None:
    """Raise EvaluationError where a prompt tells the model the right answer."""
    for one in made:
        if one.assistant.prompt and column in Prompt(one.assistant.prompt).tokens(map(str, frame.columns)):
            message = (
                f"The prompt of {one.name} uses {{{{ {column} }}}}, which holds the right answers. Take it out of the "
                "prompt, or say where the right answers really are."
            )
            raise EvaluationError(message)


def _say_favored(hub: Connection, made: Sequence[Candidate], sources: Sequence[str]) -> None:
    """Say whose own answers were approved as labels: people agree more easily with what they are shown."""
    counts = Counter(source.removeprefix(APPROVED) for source in sources if source.startswith(APPROVED))
    for run_id, count in counts.items():
        run = hub.store.runs.get(run_id)
        own = [
            one.name
            for one in made
            if run and (one.assistant.version, one.ready.model.id) == (run.assistant_version, run.model)
        ]
        if own:
            say(
                f"{count:,} of these labels are answers of {own[0]} that somebody approved, which favors it. Label "
                "some rows without looking at an answer: label()."
            )


def _say_changed(one: Candidate, asked: Sequence[str | None], ids: Sequence[str], rows: pd.DataFrame) -> None:
    """Say which records read otherwise than when they were labelled, as after a push of what was labelled."""
    if not one.assistant.prompt or not any(asked):
        return
    texts = Prompt(one.assistant.prompt).render(rows)
    told = [(record, before == now) for record, before, now in zip(ids, asked, texts, strict=True) if before]
    changed = [record for record, same in told if not same]
    # Where hardly any is the same, another prompt is asked.
    if changed and len(changed) <= len(told) / 2:
        say(
            f"{len(changed):,} of these records read otherwise than when they were labelled ({', '.join(changed[:3])}"
            f"{' …' if len(changed) > 3 else ''}). If a push has put the right answer into them, evaluate on what "
            "they were before: open_pull(hub, run.record.pull_id)."
        )
