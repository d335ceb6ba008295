"""What happens once an answer is approved: tasks, notes, lists, messages, properties; each with a plan and an undo."""

from __future__ import annotations

from typing import TypeAlias

import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import ActionRefused, NothingToDo, ReceiptNotFound
from hsai_kit.runtime.background import accept_wait, in_background
from hsai_kit.steps.actions.action import Action, Checked
from hsai_kit.steps.actions.add_to_list import add_to_list
from hsai_kit.steps.actions.create_note import create_note
from hsai_kit.steps.actions.create_task import create_task
from hsai_kit.steps.actions.log_email import log_email
from hsai_kit.steps.actions.notify import notify
from hsai_kit.steps.actions.plan import ActionPlan
from hsai_kit.steps.actions.registry import action_types
from hsai_kit.steps.actions.update import update
from hsai_kit.steps.plans.confirmation import Confirm, carry_out_plan
from hsai_kit.steps.plans.receipt import ActionReceipt, refuse_other_portal
from hsai_kit.steps.push import PushPlan, PushReceipt, carry_out_push, plan_push, plan_undo
from hsai_kit.steps.push.targets import Destination

__all__ = [
    "Action",
    "ActionPlan",
    "ActionReceipt",
    "AnyPlan",
    "AnyReceipt",
    "add_to_list",
    "carry_out",
    "create_note",
    "create_task",
    "log_email",
    "notify",
    "open_receipt",
    "plan",
    "start_carry_out",
    "start_then",
    "start_undo",
    "then",
    "undo",
    "undo_plan",
    "update",
]

NOTHING_STANDS = "Nothing that was pushed or done from here still stands, so there is nothing to take back."
AnyPlan: TypeAlias = PushPlan | ActionPlan
AnyReceipt: TypeAlias = PushReceipt | ActionReceipt


def plan(
    hub: Connection, checked: Checked, to: Destination | Action = None, *, frame: pd.DataFrame | None = None
) -> AnyPlan:
    """Return what `push` to the properties `to`, or `then` with the action `to`, would do, without doing anything.

    Every value or record is a row with a verdict; arguments and errors are those of `push` and `then`.
    """
    return to.plan(hub, checked, frame) if isinstance(to, Action) else plan_push(hub, checked, to)


@accept_wait
def then(
    hub: Connection,
    checked: Checked,
    action: Action,
    *,
    frame: pd.DataFrame | None = None,
    confirm: Confirm = None,
) -> AnyReceipt:
    """Do `action` about every approved or edited row, after showing the plan and asking.

    `checked` is one review, or several of the same run: then a row has to be approved in each of them. `action` is
    made by `create_task`, `create_note`, `log_email`, `add_to_list`, `notify` or `update`. Whatever was killed or
    repeated in between, a row never gets the same twice: what stands already is found by its mark. `frame` gives
    templates more columns than were pulled, such as those of a DataFrame that was merged. `confirm=True` acts without
    asking (for scripts). The receipt tells what was done about each record; `undo(hub, receipt)` takes it back.

    Raises PushRefused where it was not confirmed or must not be done, UnknownOwner and UnknownList for who or what is
    not there, PromptError for a template; other errors stop it, and its receipt holds what was done until then.
    """
    if not isinstance(action, Action):
        message = f"{action!r} is no action. Make one, such as create_task('Call {{{{ firstname }}}}')."
        raise ActionRefused(message)
    return carry_out(hub, action.plan(hub, checked, frame), confirm=confirm)


@accept_wait
def undo(hub: Connection, receipt: AnyReceipt | str | None = None, *, confirm: Confirm = None) -> AnyReceipt:
    """Take back a push or an action, after showing the plan and asking; returns a receipt of its own.

    Without a receipt it is the newest in this portal that still stands, and the next time the one before.
    Values that are still as the push wrote them are put back; tasks and notes that were made and that nobody changed
    since are archived; records that were added to a list are removed again. What somebody changed since is left alone
    and reported. Raises PushRefused where it was not confirmed or cannot be taken back, as with messages, and where
    the receipt is of another portal, NothingToDo where nothing stands any more.
    """
    return carry_out(hub, undo_plan(hub, receipt), confirm=confirm)


def undo_plan(hub: Connection, receipt: AnyReceipt | str | None = None) -> AnyPlan:
    """Return what `undo` would take back, without doing anything; raises what `undo` does."""
    wanted = hub.store.newest_standing(hub.portal.id) if receipt is None else receipt
    if wanted is None:
        raise NothingToDo(NOTHING_STANDS)
    wanted = wanted if isinstance(wanted, str) else wanted.id
    record = hub.store.actions.get(wanted)
    if record is None:
        return plan_undo(hub, wanted)
    refuse_other_portal(hub, record.id, record.portal_id)
    action = next((one for one in action_types().values() if one.kind == record.kind), None)
    if action is None:
        message = f"{record.id} is itself an undo."
        raise ActionRefused(message)
    acts = [act for act in hub.store.actions.lines(record.id) if act.outcome.may_stand]
    return action.plan_undo(hub, record, acts)


def open_receipt(hub: Connection, receipt_id: str | None = None) -> AnyReceipt:
    """Return an earlier receipt of this workspace by its id, or that of the newest push or action."""
    wanted = receipt_id or hub.store.newest_receipt()
    if wanted is None:
        message = f"Nothing was pushed from {hub.workspace.folder} yet."
        raise ReceiptNotFound(message)
    return PushReceipt(hub, wanted) if hub.store.actions.get(wanted) is None else ActionReceipt(hub, wanted)


def carry_out(hub: Connection, ready: AnyPlan, *, confirm: Confirm = None) -> AnyReceipt:
    """Carry out a plan of `plan` or `undo_plan` as it was shown; what it is about is looked at once more just before.

    Raises PushRefused where it was not confirmed, is too large, or another session is at work.
    """
    if isinstance(ready, PushPlan):
        return carry_out_push(hub, ready, confirm=confirm)
    return carry_out_plan(ready, ready.executor(hub, ready), ActionReceipt, confirm)


start_then, start_undo, start_carry_out = in_background(then), in_background(undo), in_background(carry_out)
