"""What happens once an answer is approved: tasks, notes, lists, messages, properties; each with a plan and an undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, overload

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.background import Control, Handle, start
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.actions.action import (
    Action,
    AddToList,
    Note,
    Notify,
    Task,
    Update,
    add_to_list,
    create_note,
    create_task,
    log_email,
    notify,
    update,
)
from hsai_kit.steps.actions.approved_rows import read_approved_rows
from hsai_kit.steps.actions.archive import ArchiveExecutor, plan_archiving
from hsai_kit.steps.actions.build_plan import plan_create
from hsai_kit.steps.actions.executor import ActionExecutor
from hsai_kit.steps.actions.lists import ListAddExecutor, ListRemoveExecutor, plan_list_add, plan_list_remove
from hsai_kit.steps.actions.messages import NotifyExecutor, plan_notify
from hsai_kit.steps.actions.plan import ActionPlan
from hsai_kit.steps.actions.receipt import ActionReceipt
from hsai_kit.steps.actions.tasks_notes import CreateExecutor
from hsai_kit.steps.plans.confirmation import Confirm, require_confirmation
from hsai_kit.steps.push import PushPlan, PushReceipt
from hsai_kit.steps.push import carry_out as _carry_out_push
from hsai_kit.steps.push import open_receipt as _open_push
from hsai_kit.steps.push import plan as _plan_push
from hsai_kit.steps.push import undo_plan as _undo_push_plan
from hsai_kit.steps.push.targets import Destination, ReviewLike

__all__ = [
    "ActionPlan",
    "ActionReceipt",
    "add_to_list",
    "carry_out",
    "create_note",
    "create_task",
    "log_email",
    "notify",
    "open_receipt",
    "plan",
    "then",
    "undo",
    "undo_plan",
    "update",
]

_CARRIERS: Mapping[str, type[ActionExecutor]] = {
    "create_task": CreateExecutor,
    "create_note": CreateExecutor,
    "add_to_list": ListAddExecutor,
    "notify": NotifyExecutor,
}
_UNDOERS: Mapping[str, type[ActionExecutor]] = {
    "create_task": ArchiveExecutor,
    "create_note": ArchiveExecutor,
    "add_to_list": ListRemoveExecutor,
}
_TAKEN_BACK = {"done", "sending", "unknown"}


@overload
def plan(hub: Connection, checked: ReviewLike | Sequence[ReviewLike], to: Destination | Update = ...) -> PushPlan: ...
@overload
def plan(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike],
    to: Task | Note | AddToList | Notify,
    *,
    frame: pd.DataFrame | None = ...,
) -> ActionPlan: ...
def plan(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike],
    to: Destination | Action = None,
    *,
    frame: pd.DataFrame | None = None,
) -> PushPlan | ActionPlan:
    """Return what `push` to the properties `to`, or `then` with the action `to`, would do, without doing anything.

    Every value or record is a row with a verdict; arguments and errors are those of `push` and `then`.
    """
    return _planned(hub, checked, to, frame) if isinstance(to, Action) else _plan_push(hub, checked, to)


@overload
def then(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike],
    action: Action,
    *,
    frame: pd.DataFrame | None = ...,
    confirm: Confirm = ...,
    wait: Literal[True] = ...,
) -> PushReceipt | ActionReceipt: ...
@overload
def then(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike],
    action: Action,
    *,
    frame: pd.DataFrame | None = ...,
    confirm: Confirm = ...,
    wait: Literal[False],
) -> Handle[PushReceipt] | Handle[ActionReceipt]: ...
def then(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike],
    action: Action,
    *,
    frame: pd.DataFrame | None = None,
    confirm: Confirm = None,
    wait: bool = True,
) -> PushReceipt | ActionReceipt | Handle[PushReceipt] | Handle[ActionReceipt]:
    """Do `action` about every approved or edited row, after showing the plan and asking.

    `checked` is one review, or several of the same run: then a row has to be approved in each of them. `action` is
    made by `create_task`, `create_note`, `log_email`, `add_to_list`, `notify` or `update`. Whatever was killed or
    repeated in between, a row never gets the same twice: what stands already is found by its mark. `frame` gives
    templates more columns than were pulled, such as those of a DataFrame that was merged. `confirm=True` acts without
    asking (for scripts). The receipt tells what was done about each record; `undo(hub, receipt)` takes it back. With
    `wait=False` a handle comes back at once.

    Raises PushRefused where it was not confirmed or must not be done, UnknownOwner and UnknownList for who or what is
    not there, PromptError for a template; other errors stop it, and its receipt holds what was done until then.
    """
    if not isinstance(action, Action):
        message = f"{action!r} is no action. Make one, such as create_task('Call {{{{ firstname }}}}')."
        raise PushRefused(message)
    ready = _planned(hub, checked, action, frame)
    return carry_out(hub, ready, confirm=confirm, wait=wait)


@overload
def undo(
    hub: Connection, receipt: PushReceipt, *, confirm: Confirm = ..., wait: Literal[True] = ...
) -> PushReceipt: ...
@overload
def undo(
    hub: Connection, receipt: PushReceipt, *, confirm: Confirm = ..., wait: Literal[False]
) -> Handle[PushReceipt]: ...
@overload
def undo(
    hub: Connection, receipt: ActionReceipt | str, *, confirm: Confirm = ..., wait: Literal[True] = ...
) -> PushReceipt | ActionReceipt: ...
@overload
def undo(
    hub: Connection, receipt: ActionReceipt | str, *, confirm: Confirm = ..., wait: Literal[False]
) -> Handle[PushReceipt] | Handle[ActionReceipt]: ...
def undo(
    hub: Connection, receipt: PushReceipt | ActionReceipt | str, *, confirm: Confirm = None, wait: bool = True
) -> PushReceipt | ActionReceipt | Handle[PushReceipt] | Handle[ActionReceipt]:
    """Take back a push or an action, after showing the plan and asking; returns a receipt of its own.

    Values that are still as the push wrote them are put back; tasks and notes that were made and that nobody changed
    since are archived; records that were added to a list are removed again. What somebody changed since is left alone
    and reported. Raises PushRefused where it was not confirmed or cannot be taken back, as with messages, and where
    the receipt is of another portal.
    """
    return carry_out(hub, undo_plan(hub, receipt), confirm=confirm, wait=wait)


def undo_plan(hub: Connection, receipt: PushReceipt | ActionReceipt | str) -> PushPlan | ActionPlan:
    """Return what `undo` would take back, without doing anything; raises PushRefused as `undo` does."""
    wanted = receipt if isinstance(receipt, str) else receipt.id
    record = hub.store.actions.get(wanted)
    if record is None:
        return _undo_push_plan(hub, wanted)
    if record.portal_id != hub.portal.id:
        message = f"Receipt {record.id} is of portal {record.portal_id}, and this is portal {hub.portal.id}."
        raise PushRefused(message)
    if record.kind not in _UNDOERS:
        what = "is itself an undo" if record.kind == "undo" else "was a message, and what was sent cannot be taken back"
        message = f"{record.id} {what}."
        raise PushRefused(message)
    acts = [act for act in hub.store.actions.acts(record.id) if act.outcome in _TAKEN_BACK]
    return plan_list_remove(hub, record, acts) if record.kind == "add_to_list" else plan_archiving(hub, record, acts)


def open_receipt(hub: Connection, receipt_id: str | None = None) -> PushReceipt | ActionReceipt:
    """Return an earlier receipt of this workspace by its id, or that of the newest push or action."""
    wanted = receipt_id or hub.store.newest_receipt()
    if wanted is not None and hub.store.actions.get(wanted) is not None:
        return ActionReceipt(hub, wanted)
    return _open_push(hub, wanted)


def _planned(
    hub: Connection, checked: ReviewLike | Sequence[ReviewLike], action: Action, frame: pd.DataFrame | None
) -> PushPlan | ActionPlan:
    if isinstance(action, Update):
        return _plan_push(hub, checked, action.to)
    source = read_approved_rows(hub, checked, frame)
    if isinstance(action, AddToList):
        return plan_list_add(hub, source, action)
    if isinstance(action, Notify):
        return plan_notify(hub, source, action)
    if isinstance(action, Task | Note):
        return plan_create(hub, source, action)
    raise AssertionError  # there are no other actions


def carry_out(
    hub: Connection, ready: PushPlan | ActionPlan, *, confirm: Confirm = None, wait: bool = True
) -> PushReceipt | ActionReceipt | Handle[PushReceipt] | Handle[ActionReceipt]:
    """Carry out a plan of `plan` or `undo_plan` as it was shown; what it is about is looked at once more just before.

    Raises PushRefused where it was not confirmed, is too large, or another session is at work.
    """
    if isinstance(ready, PushPlan):
        return _carry_out_push(hub, ready, confirm=confirm, wait=wait)
    say(str(ready))
    if ready.undoes and not ready.to_do:
        say(f"Nothing is left to take back of {ready.undoes}.")
    nothing, count = "Nothing was done", len(ready.to_do)
    if why := ready.too_many or ready.no_approval_reason:
        message = f"{nothing}: {why}"
        raise PushRefused(message)
    would = f"It would be about {many(count, 'record')}"
    require_confirmation(ready.confirmation, ready.where, would, confirm, nothing=nothing)
    carrier = _UNDOERS[ready.kind] if ready.undoes else _CARRIERS[ready.kind]

    async def work(control: Control) -> ActionReceipt:
        return ActionReceipt(hub, await carrier(hub, ready).carry_out(control))

    handle = start(work, Progress(ready.target.said, total=count))
    if not wait:
        return handle
    again = "Run the same again to go on"
    return handle.wait(f"{again}." if ready.undoes else f"{again}, or take it back: undo(hub, open_receipt(hub)).")
