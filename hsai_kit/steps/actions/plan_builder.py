"""Making a plan: what is approved, what is done already, and what is to be done about the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from hsai_kit.hubspot.records import Record
from hsai_kit.runtime.console import advise
from hsai_kit.steps.actions.action import Action
from hsai_kit.steps.actions.action_input import ActionInput
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionTarget, ActionVerdict
from hsai_kit.store import Act, decision_of

Draft: TypeAlias = Callable[[list[str]], Mapping[str, ActionRow]]
"""Says what would be done about records that nothing was done about yet."""


def build_action_plan(
    source: ActionInput,
    action: Action,
    draft: Draft,
    target: ActionTarget,
    *,
    there: Mapping[str, Sequence[Record]] | None = None,
) -> ActionPlan:
    """Return the plan; `there` is what HubSpot has of the marks already."""
    marks = {row.record_id: action.mark(source, row.record_id) for row in source.results}
    approved = [row.record_id for row in source.results if source.is_approved(row.record_id)]
    standing = source.hub.store.actions.find_standing([marks[one] for one in approved])
    rows: dict[str, ActionRow] = {}
    for one in approved:
        done = _find_done(one, marks[one], standing.get(marks[one]), (there or {}).get(marks[one]), action)
        if done is not None:
            rows[one] = done
        elif one not in source.present:
            reason = "the record was deleted or merged since the pull"
            rows[one] = ActionRow(one, ActionVerdict.GONE, reason=reason)
    unmeant = action.explain_unmeant(source, [one for one in approved if one not in rows])
    rows |= {one: ActionRow(one, ActionVerdict.NOT_MEANT, reason=reason) for one, reason in unmeant.items()}
    rows |= draft([one for one in approved if one not in rows])
    for row in source.results:
        if row.record_id not in rows:
            reason = decision_of(source.decisions.get(row.record_id))
            rows[row.record_id] = ActionRow(row.record_id, ActionVerdict.NOT_APPROVED, reason=reason)
    ordered = [rows[row.record_id] for row in source.results]
    return ActionPlan(
        source.hub,
        source.kind,
        ordered,
        target,
        action_kind=action.kind,
        executor=action.executor,
        about=target.title if action.has_usual_name else f"{target.title} ({action.name})",
        run_id=source.run.id,
        once=action.once,
        remarks=_warn_of_other_runs(source, action, ordered),
    )


def _find_done(
    record_id: str, mark: str, standing: tuple[str, Act] | None, there: Sequence[Record] | None, action: Action
) -> ActionRow | None:
    """Return the row of what stands already, None where it is to be done."""
    if standing is not None and standing[1].outcome == "done":
        act = standing[1]
        reason = f"done in {standing[0]}"
        return ActionRow(record_id, ActionVerdict.DONE, act.what, reason=reason, mark=mark, made_id=act.made_id)
    if there:
        reason = "found in HubSpot by its mark"
        return ActionRow(record_id, ActionVerdict.DONE, reason=reason, mark=mark, made_id=there[0].id)
    if standing is not None and not action.can_look_up:
        again = f"send it again under another {advise('name=…', '--name …')}"
        reason = f"{standing[0]} was broken off while it was sent: look there, and {again}"
        return ActionRow(record_id, ActionVerdict.PERHAPS_DONE, standing[1].what, reason=reason, mark=mark)
    return None


def _warn_of_other_runs(source: ActionInput, action: Action, rows: Sequence[ActionRow]) -> list[str]:
    if not action.thing:
        return []
    store, portal_id = source.hub.store.actions, source.hub.portal.id
    before = store.find_done_elsewhere(portal_id, source.kind.name, action.kind, source.run.id)
    again = sum(row.verdict == ActionVerdict.TO_DO and row.record_id in before for row in rows)
    if not again:
        return []
    return [f"Take care: {again:,} of these records have {action.thing} from another run of this workspace already."]
