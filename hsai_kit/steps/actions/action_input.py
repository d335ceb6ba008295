"""What an action is made from: the approved rows, the records as they are now, and the words for its templates."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from hsai_kit.assistant.prompt import Template
from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused, ScopesMissing
from hsai_kit.hubspot.dtypes import as_column
from hsai_kit.hubspot.objects import ObjectType, find_object_type
from hsai_kit.hubspot.owners import Owner, read_owners
from hsai_kit.hubspot.properties import read_properties
from hsai_kit.hubspot.records import read_many
from hsai_kit.run import RowResult, Run
from hsai_kit.runtime import background
from hsai_kit.steps.plans.reviews import ReviewLike, as_reviews, refuse_elsewhere
from hsai_kit.store import Decision, DecisionRecord, decision_of
from hsai_kit.tabular.provenance import read_record_ids

_OWNER = "hubspot_owner_id"


@dataclass(frozen=True)
class ActionInput:
    """The rows of a run, which of them are approved, and what is known about those.

    `present` has the owner's id ("" for nobody) of each approved record that is still there; `words` the columns for
    templates, index `record_id`.
    """

    hub: Connection
    run: Run
    kind: ObjectType
    results: Sequence[RowResult]
    decisions: Mapping[str, DecisionRecord]
    present: Mapping[str, str]
    known_owners: Sequence[Owner] | ScopesMissing
    words: pd.DataFrame

    @property
    def owners(self) -> Sequence[Owner]:
        """The active owners; raises ScopesMissing where the key may not see them."""
        if isinstance(self.known_owners, ScopesMissing):
            raise self.known_owners
        return self.known_owners

    def is_approved(self, record_id: str) -> bool:
        """Tell whether somebody let this row through."""
        return decision_of(self.decisions.get(record_id)).is_approved

    def render(self, template: str, ids: Sequence[str]) -> dict[str, str]:
        """Return a template's text for each of some records; raises PromptError for a token that is no column."""
        return dict(zip(ids, Template(template).render(self.words.loc[list(ids)]), strict=True))


def read_action_input(
    hub: Connection, checked: ReviewLike | Sequence[ReviewLike], frame: pd.DataFrame | None
) -> ActionInput:
    """Look at what was approved, in every review that is given, and at those records as they are now.

    Raises ActionRefused where the run is another portal's or workspace's, or it is not known which records these are.
    """
    reviewed = as_reviews(checked, "then(hub, checked, …)")
    run = reviewed[0].run
    refuse_elsewhere(hub, run)
    kind = background.run(find_object_type(hub.hubspot, run.record.object_type))
    decisions = _combine_decisions([hub.store.decisions.current(run.id, one.field) for one in reviewed])
    results = run.results()
    ids = [row.record_id for row in results if decision_of(decisions.get(row.record_id)).is_approved]
    present = background.run(_read_present(hub, kind, ids))
    found = ActionInput(hub, run, kind, results, decisions, present, _read_active_owners(hub), pd.DataFrame())
    return dataclasses.replace(found, words=_build_words(found, reviewed[0].field, frame))


def _combine_decisions(decided: Sequence[Mapping[str, DecisionRecord]]) -> dict[str, DecisionRecord]:
    """Return one decision for each record: what stands in the way, else that somebody edited, else an approval."""
    found: dict[str, DecisionRecord] = {}
    for one in decided[0]:
        made = [decisions.get(one) for decisions in decided]
        worst = min(made, key=_rank)
        if worst is not None:
            found[one] = worst
    return found


def _rank(made: DecisionRecord | None) -> tuple[bool, bool]:
    decision = decision_of(made)
    return decision.is_approved, decision is not Decision.EDITED


async def _read_present(hub: Connection, kind: ObjectType, ids: Sequence[str]) -> dict[str, str]:
    records = await read_many(hub.hubspot, kind.name, ids, [_OWNER])
    return {one: record.properties.get(_OWNER) or "" for one, record in records.items()}


def _read_active_owners(hub: Connection) -> Sequence[Owner] | ScopesMissing:
    try:
        return background.run(read_owners(hub.hubspot))
    except ScopesMissing as problem:
        # Only what is for somebody needs them.
        return problem


def _build_words(source: ActionInput, field: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    """Return the columns that templates may name: pulled ones, then the answer, then what is known of the record."""
    ids = [row.record_id for row in source.results if row.record_id in source.present]
    index = pd.Index(ids, dtype="string", name="record_id")
    words = _read_pulled(source, index) if frame is None else _pick_rows(frame, index)
    answers = {row.record_id: row.fields for row in source.results}
    fields = source.run.fields
    decided = {name: source.hub.store.decisions.current(source.run.id, name) for name in fields}
    for name in fields:
        words[name] = pd.Series(
            [_final_value(decided[name].get(one), answers[one].get(name)) for one in ids], index=index, dtype=object
        )
    words["answer"] = words[field]
    if not isinstance(source.known_owners, ScopesMissing):
        names = {one.id: str(one) for one in source.known_owners}
        words["owner"] = [names.get(source.present[one], "") for one in ids]
    words["link"] = [source.hub.portal.record_link(source.kind.type_id, one) for one in ids]
    words["record_id"] = ids
    return words


def _final_value(decision: DecisionRecord | None, proposal: object) -> object:
    """Return the value that holds: what was decided, else what was proposed."""
    return decision.value if decision is not None and decision.decision is not Decision.PENDING else proposal


def _read_pulled(source: ActionInput, index: pd.Index) -> pd.DataFrame:
    pull = source.hub.store.pulls.get(source.run.record.pull_id) if source.run.record.pull_id else None
    words = pd.DataFrame(index=index)
    if pull is None:
        return words
    definitions = background.run(read_properties(source.hub.hubspot, pull.object_type))
    for name in pull.properties:
        if name in definitions:
            values = source.hub.store.pulls.values(pull.id, name)
            words[name] = pd.Series(as_column([values.get(one) for one in index], definitions[name]), index=index)
    return words


def _pick_rows(frame: pd.DataFrame, index: pd.Index) -> pd.DataFrame:
    known = frame.set_axis(pd.Index(read_record_ids(frame), dtype="string", name="record_id"))
    missing = index.difference(known.index)
    if len(missing):
        message = (
            f"Record {missing[0]} is approved but not in the table that was given. Give the one that was asked about."
        )
        raise ActionRefused(message)
    return known.loc[index].copy()
