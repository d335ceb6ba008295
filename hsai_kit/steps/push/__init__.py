"""Decisions into a plan, a plan into changed records with a receipt; and undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.background import Control, Handle, start
from hsai_kit.runtime.console import many
from hsai_kit.runtime.progress import Progress, say
from hsai_kit.steps.plans.confirmation import Confirm, require_confirmation
from hsai_kit.steps.push.build_plan import plan_push
from hsai_kit.steps.push.executor import PushExecutor, refuse_while_under_way
from hsai_kit.steps.push.plan import PushPlan
from hsai_kit.steps.push.receipt import PushReceipt, open_receipt, receipts
from hsai_kit.steps.push.targets import Destination, ReviewLike, proposals
from hsai_kit.steps.push.undo import plan_rest, plan_undo
from hsai_kit.store import PushRecord

__all__ = [
    "PushPlan",
    "PushReceipt",
    "carry_out",
    "open_receipt",
    "plan",
    "push",
    "receipts",
    "resume_plan",
    "undo",
    "undo_plan",
]

# What a journal can hold that may stand in HubSpot: a batch whose answer never came may have been written.
_TAKEN_BACK = {"written", "sending", "unknown"}
_OPEN = {"not sent", "sending", "unknown"}


def plan(hub: Connection, checked: ReviewLike | Sequence[ReviewLike], to: Destination = None) -> PushPlan:
    """Return what `push` would do, value by value, without writing anything; the arguments are those of `push`.

    Raises PushRefused where no property is named or it may not be written, UnknownProperty where it does not exist.
    """
    return plan_push(hub, proposals(hub, checked, to))


@overload
def push(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike] | PushReceipt,
    to: Destination = ...,
    *,
    confirm: Confirm = ...,
    wait: Literal[True] = ...,
) -> PushReceipt: ...
@overload
def push(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike] | PushReceipt,
    to: Destination = ...,
    *,
    confirm: Confirm = ...,
    wait: Literal[False],
) -> Handle[PushReceipt]: ...
def push(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike] | PushReceipt,
    to: Destination = None,
    *,
    confirm: Confirm = None,
    wait: bool = True,
) -> PushReceipt | Handle[PushReceipt]:
    """Write what was approved to properties in HubSpot, after showing the plan and asking.

    `checked` is one review, or several of the same run, one for each field. `to` is the property for one field, or
    properties by field: `push(hub, [review(run, "class"), review(run, "urgency")], to={"urgency": "hs_priority"})`;
    what it does not name goes where the assistant says. All properties of a record are written at once.

    Only approved or edited values are written, only cells that differ, never a blank, and only where HubSpot still
    holds what was pulled. `confirm=True` writes without asking (for scripts); in a live account, more records than
    `portal_id_above` in hsai.toml take `confirm=<portal id>`. The receipt holds every value before and after;
    `undo(hub, receipt)` takes it back. With `wait=False` a handle comes back at once.

    Raises PushRefused where nothing is approved, it was not confirmed, must not be written, or changes more records
    than `max_records` in hsai.toml; other errors stop the push, and its receipt (`open_receipt(hub)`) holds what was
    written until then: `push(hub, receipt)` completes it, also after a crash, and undo takes it back.
    """
    ready = resume_plan(hub, checked) if isinstance(checked, PushReceipt) else plan(hub, checked, to)
    return carry_out(hub, ready, confirm=confirm, wait=wait)


@overload
def undo(
    hub: Connection, receipt: PushReceipt | str, *, confirm: Confirm = ..., wait: Literal[True] = ...
) -> PushReceipt: ...
@overload
def undo(
    hub: Connection, receipt: PushReceipt | str, *, confirm: Confirm = ..., wait: Literal[False]
) -> Handle[PushReceipt]: ...
def undo(
    hub: Connection, receipt: PushReceipt | str, *, confirm: Confirm = None, wait: bool = True
) -> PushReceipt | Handle[PushReceipt]:
    """Put back the values that a push replaced, after showing the plan and asking; returns a receipt of its own.

    Only values that are still as the push wrote them are restored; what somebody changed since is left alone.
    Raises PushRefused where it was not confirmed, the receipt is of another portal, or a push is still writing there.
    """
    return carry_out(hub, undo_plan(hub, receipt), confirm=confirm, wait=wait)


def undo_plan(hub: Connection, receipt: PushReceipt | str) -> PushPlan:
    """Return what `undo` would do, value by value, without writing anything; raises PushRefused as `undo` does."""
    record = _record_here(hub, receipt)
    changes = [change for change in hub.store.pushes.changes(record.id) if change.outcome in _TAKEN_BACK]
    return plan_undo(hub, record, changes)


def resume_plan(hub: Connection, receipt: PushReceipt | str) -> PushPlan:
    """Return what is left to do of a push that was stopped or killed, without writing anything.

    Raises PushRefused for an undo, and where the receipt is of another portal or something is still writing there.
    """
    record = _record_here(hub, receipt)
    if record.kind == "undo":
        message = f"{record.id} is an undo: undo the same push once more, undo(hub, {record.undoes!r}), and it goes on."
        raise PushRefused(message)
    changes = [change for change in hub.store.pushes.changes(record.id) if change.outcome in _OPEN]
    return plan_rest(hub, record, changes)


def _record_here(hub: Connection, receipt: PushReceipt | str) -> PushRecord:
    push_id = receipt if isinstance(receipt, str) else receipt.id
    record = PushReceipt(hub, push_id).record
    if record.portal_id != hub.portal.id:
        message = (
            f"Receipt {push_id} is of portal {record.portal_id}, and this connection is to portal {hub.portal.id}."
        )
        raise PushRefused(message)
    refuse_while_under_way(record.portal_id, record.object_type, record.properties)
    return record


def carry_out(hub: Connection, ready: PushPlan, *, confirm: Confirm, wait: bool) -> PushReceipt | Handle[PushReceipt]:
    """Write a plan as it was shown, of a push or of an undo; each value is looked at once more just before.

    Raises PushRefused where it was not confirmed, is too large, or something else is writing there.
    """
    say(str(ready))
    if ready.undoes and not ready.changes:
        say(f"Nothing is left to take back of {ready.undoes}.")
    count = len(ready.rows) if ready.resumes else len(ready.changes)
    refuse_while_under_way(ready.portal.id, ready.object_type, ready.properties)
    if why := ready.too_many or ready.no_approval_reason:
        message = f"Nothing was written: {why}"
        raise PushRefused(message)
    require_confirmation(ready.confirmation, ready.where, f"{many(len(ready.changes), 'value')} would change", confirm)
    executor = PushExecutor(hub, ready)
    verb = "Undoing" if ready.undoes else "Pushing"
    progress = Progress(f"{verb} {', '.join(ready.properties)}", total=count)
    handle = start(lambda control: _receipt(hub, executor, control), progress)
    if not wait:
        return handle
    again = "Run the same again to go on"
    return handle.wait(f"{again}." if ready.undoes else f"{again}, or take it back: undo(hub, open_receipt(hub)).")


async def _receipt(hub: Connection, executor: PushExecutor, control: Control) -> PushReceipt:
    return PushReceipt(hub, await executor.execute(control))
