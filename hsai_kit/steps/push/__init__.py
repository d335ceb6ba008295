"""Decisions into a plan, a plan into changed records with a receipt; and undo."""

from __future__ import annotations

from typing import Literal, Protocol, overload

from hsai_kit.background import Control, Handle, start
from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.progress import Progress, say
from hsai_kit.run import Run
from hsai_kit.steps.push.planned import Plan
from hsai_kit.steps.push.planning import Proposals, plan_push, plan_undo
from hsai_kit.steps.push.receipt import Receipt, open_receipt
from hsai_kit.steps.push.write import Writer, refuse_while_under_way

__all__ = ["Plan", "Receipt", "open_receipt", "plan", "push", "undo"]

# What a journal can hold that may stand in HubSpot: a batch whose answer never came may have been written.
_TAKEN_BACK = {"written", "sending", "unknown"}


class Reviewed(Protocol):
    """What a push takes: the result of `review`."""

    run: Run
    field: str
    to: str | None


def plan(hub: Connection, checked: Reviewed, to: str | None = None) -> Plan:
    """Return what `push` would do, row by row, without writing anything.

    Raises PushRefused where no property is named or it may not be written, UnknownProperty where it does not exist.
    """
    if isinstance(checked, Run):
        message = (
            "A run is reviewed before it is pushed: checked = review(run), approve what is right, push(hub, checked)."
        )
        raise PushRefused(message)
    name = to or checked.to
    if name is None:
        message = "Say which property the answers go to: push(hub, checked, to='…')."
        raise PushRefused(message)
    run = checked.run
    if run.store.path != hub.store.path:
        message = (
            f"This run is kept in {run.store.path}, and this connection works in {hub.workspace.folder}. "
            "Connect with the workspace of the run to push it."
        )
        raise PushRefused(message)
    if not run.record.object_type:
        message = (
            "It is not known which records these are: the DataFrame came from no pull of this workspace. "
            "Ask again with the kind of records: ask(..., object_type='contacts')."
        )
        raise PushRefused(message)
    pull = hub.store.pulls.get(run.record.pull_id) if run.record.pull_id else None
    proposals = Proposals(
        run_id=run.id,
        portal_id=run.record.portal_id,
        pull=pull,
        pulled=hub.store.pulls.values(pull.id, name) if pull and name in pull.properties else None,
        ours=hub.store.pushes.written_since(pull.at, run.record.portal_id, pull.object_type, name) if pull else {},
        object_type=run.record.object_type,
        decisions=hub.store.decisions.current(run.id, checked.field),
        results=run.results(),
        field=checked.field,
    )
    return plan_push(hub, proposals, name)


@overload
def push(
    hub: Connection, checked: Reviewed, to: str | None = ..., *, confirm: bool | None = ..., wait: Literal[True] = ...
) -> Receipt: ...
@overload
def push(
    hub: Connection, checked: Reviewed, to: str | None = ..., *, confirm: bool | None = ..., wait: Literal[False]
) -> Handle[Receipt]: ...
def push(
    hub: Connection, checked: Reviewed, to: str | None = None, *, confirm: bool | None = None, wait: bool = True
) -> Receipt | Handle[Receipt]:
    """Write what was approved to the property `to` in HubSpot, after showing the plan and asking.

    Only approved or edited rows are written, only cells that differ, never a blank, and only where HubSpot still holds
    what was pulled. `confirm=True` writes without asking (for scripts). The receipt holds every value before and
    after; `undo(hub, receipt)` takes it back. With `wait=False` a handle comes back at once.

    Raises PushRefused where it was not confirmed or must not be written; other errors stop the push, and its receipt
    (`open_receipt(hub)`) holds what was written until then: the same push goes on there, and undo takes it back.
    """
    return _carried_out(hub, plan(hub, checked, to), confirm=confirm, wait=wait)


@overload
def undo(
    hub: Connection, receipt: Receipt | str, *, confirm: bool | None = ..., wait: Literal[True] = ...
) -> Receipt: ...
@overload
def undo(
    hub: Connection, receipt: Receipt | str, *, confirm: bool | None = ..., wait: Literal[False]
) -> Handle[Receipt]: ...
def undo(
    hub: Connection, receipt: Receipt | str, *, confirm: bool | None = None, wait: bool = True
) -> Receipt | Handle[Receipt]:
    """Put back the values that a push replaced, after showing the plan and asking; returns a receipt of its own.

    Only values that are still as the push wrote them are restored; what somebody changed since is left alone.
    Raises PushRefused where it was not confirmed, the receipt is of another portal, or a push is still writing there.
    """
    push_id = receipt if isinstance(receipt, str) else receipt.id
    record = Receipt(hub, push_id).record
    if record.portal_id != hub.portal.id:
        message = (
            f"Receipt {push_id} is of portal {record.portal_id}, and this connection is to portal {hub.portal.id}."
        )
        raise PushRefused(message)
    refuse_while_under_way(record.portal_id, record.object_type, record.property)
    changes = [change for change in hub.store.pushes.changes(push_id) if change.outcome in _TAKEN_BACK]
    return _carried_out(hub, plan_undo(hub, record, changes), confirm=confirm, wait=wait)


def _carried_out(hub: Connection, ready: Plan, *, confirm: bool | None, wait: bool) -> Receipt | Handle[Receipt]:
    say(str(ready))
    count = len(ready.changing)
    refuse_while_under_way(ready.portal.id, ready.object_type, ready.property)
    if count and confirm is not True:
        _ask(ready, count, refused=confirm is False)
    writer = Writer(hub, ready)
    verb = "Undoing" if ready.undoes else "Pushing"
    handle = start(lambda control: _receipt(hub, writer, control), Progress(f"{verb} {ready.property}", total=count))
    if not wait:
        return handle
    again = "Run the same again to go on"
    return handle.wait(f"{again}." if ready.undoes else f"{again}, or take it back: undo(hub, open_receipt(hub)).")


async def _receipt(hub: Connection, writer: Writer, control: Control) -> Receipt:
    return Receipt(hub, await writer.write(control))


def _ask(ready: Plan, count: int, *, refused: bool) -> None:
    where = f"portal {ready.portal.id} ({ready.portal.account_type})"
    if refused:
        message = f"Nothing was written: confirm is False. {count:,} records would change in {where}."
        raise PushRefused(message)
    try:
        said = input(f"Write {count:,} values to {where}? Type yes: ")
    except (EOFError, OSError, NotImplementedError):
        said = None
    except Exception as problem:
        # A notebook that is run without a person has an error of its own for this.
        if type(problem).__name__ != "StdinNotImplementedError":
            raise
        said = None
    if said is None:
        message = (
            "Nothing was written: nobody can be asked here. "
            "In a script, look at plan(hub, checked) first and then pass confirm=True."
        )
        raise PushRefused(message)
    if said.strip().casefold() not in {"yes", "y"}:
        message = "Nothing was written: it was not confirmed."
        raise PushRefused(message)
