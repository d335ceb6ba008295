"""Decisions into a plan, a plan into changed records with a receipt; `undo` is in steps/actions."""

from __future__ import annotations

from collections.abc import Sequence

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.background import accept_wait, in_background
from hsai_kit.steps.plans.confirmation import Confirm, carry_out_plan
from hsai_kit.steps.plans.receipt import PushReceipt, receipts, refuse_other_portal
from hsai_kit.steps.plans.reviews import ReviewLike
from hsai_kit.steps.push.executor import PushExecutor
from hsai_kit.steps.push.plan import PushPlan
from hsai_kit.steps.push.plan_builder import build_push_plan
from hsai_kit.steps.push.property_lock import refuse_while_written
from hsai_kit.steps.push.resume import build_rest_plan
from hsai_kit.steps.push.targets import Destination, read_source
from hsai_kit.steps.push.undo import build_undo_plan
from hsai_kit.store import PushRecord
from hsai_kit.store.journal import is_erased

__all__ = [
    "PushPlan",
    "PushReceipt",
    "carry_out_push",
    "plan_push",
    "plan_rest",
    "plan_undo",
    "push",
    "receipts",
    "start_push",
]


def plan_push(hub: Connection, checked: ReviewLike | Sequence[ReviewLike], to: Destination = None) -> PushPlan:
    """Return what `push` would do, value by value, without writing anything; the arguments are those of `push`.

    Raises PushRefused where no property is named or it may not be written, UnknownProperty where it does not exist.
    """
    return build_push_plan(hub, read_source(hub, checked, to))


@accept_wait
def push(
    hub: Connection,
    checked: ReviewLike | Sequence[ReviewLike] | PushReceipt,
    to: Destination = None,
    *,
    confirm: Confirm = None,
) -> PushReceipt:
    """Write what was approved to properties in HubSpot, after showing the plan and asking.

    `checked` is one review, or several of the same run, one for each field. `to` is the property for one field, or
    properties by field: `push(hub, [review(run, "class"), review(run, "urgency")], to={"urgency": "hs_priority"})`;
    what it does not name goes where the assistant says. All properties of a record are written at once.

    Only approved or edited values are written, only cells that differ, never a blank, and only where HubSpot still
    holds what was pulled. `confirm=True` writes without asking (for scripts); in a live account, more records than
    `portal_id_above` in hsai.toml take `confirm=<portal id>`. The receipt holds every value before and after;
    `undo(hub, receipt)` takes it back. `start_push` does the same in the background.

    Raises PushRefused where nothing is approved, it was not confirmed, must not be written, or changes more records
    than `max_records` in hsai.toml; other errors stop the push, and its receipt (`open_receipt(hub)`) holds what was
    written until then: `push(hub, receipt)` completes it, also after a crash, and undo takes it back.
    """
    ready = plan_rest(hub, checked) if isinstance(checked, PushReceipt) else plan_push(hub, checked, to)
    return carry_out_push(hub, ready, confirm=confirm)


start_push = in_background(push)


def plan_undo(hub: Connection, receipt: PushReceipt | str) -> PushPlan:
    """Return what `undo` would do, value by value, without writing anything; raises PushRefused as `undo` does."""
    record = _record_here(hub, receipt)
    return build_undo_plan(hub, record, hub.store.pushes.lines(record.id))


def plan_rest(hub: Connection, receipt: PushReceipt | str) -> PushPlan:
    """Return what is left to do of a push that was stopped or killed, without writing anything.

    Raises PushRefused for an undo, and where the receipt is of another portal or something is still writing there.
    """
    record = _record_here(hub, receipt)
    if not record.kind.can_go_on:
        message = f"{record.id} is an undo: undo the same push once more, undo(hub, {record.undoes!r}), and it goes on."
        raise PushRefused(message)
    changes = [
        change
        for change in hub.store.pushes.lines(record.id)
        if change.outcome.is_open and not is_erased(change.reason)
    ]
    return build_rest_plan(hub, record, changes)


def _record_here(hub: Connection, receipt: PushReceipt | str) -> PushRecord:
    push_id = receipt if isinstance(receipt, str) else receipt.id
    record = PushReceipt(hub, push_id).record
    refuse_other_portal(hub, push_id, record.portal_id)
    refuse_while_written(hub, record.object_type, record.properties)
    return record


def carry_out_push(hub: Connection, ready: PushPlan, *, confirm: Confirm) -> PushReceipt:
    """Write a plan as it was shown, of a push or of an undo; each value is looked at once more just before.

    Raises PushRefused where it was not confirmed, is too large, or something else is writing there.
    """
    return carry_out_plan(ready, PushExecutor(hub, ready), PushReceipt, confirm)
