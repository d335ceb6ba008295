"""Decisions into a plan, a plan into changed records with a receipt; and undo."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal, Protocol, overload

import pandas as pd

from hsai_kit.background import Control, Handle, start
from hsai_kit.connection import Connection
from hsai_kit.defuse import defused
from hsai_kit.errors import HsaiError, PushRefused
from hsai_kit.progress import Progress, say
from hsai_kit.run import Run
from hsai_kit.steps.push.planning import Plan, Proposals, plan_push, plan_undo
from hsai_kit.steps.push.write import Writer
from hsai_kit.store import Change

__all__ = ["Plan", "Receipt", "open_receipt", "plan", "push", "undo"]

# What a journal can hold that may stand in HubSpot: a batch whose answer never came may have been written.
_TAKEN_BACK = {"written", "sending", "unknown"}


class Reviewed(Protocol):
    """What a push takes: the result of `review`."""

    run: Run
    field: str
    to: str | None


class Receipt:
    """What a push or undo did, with every value before and after; kept in the store, and what `undo` reads."""

    def __init__(self, hub: Connection, push_id: str) -> None:
        record = hub.store.pushes.get(push_id)
        if record is None:
            message = f"There is no receipt {push_id!r} in {hub.workspace.folder}."
            raise HsaiError(message)
        self.id = push_id
        self.record = record
        self.changes: list[Change] = hub.store.pushes.changes(push_id)
        self._portal = hub.portal

    def __repr__(self) -> str:
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items()) or "nothing written"
        return f"Receipt({self.id}, {self.record.property} of {self.record.object_type}: {said})"

    @property
    def counts(self) -> dict[str, int]:
        """How many records had which outcome: written, conflict, refused, missing."""
        return dict(Counter(change.outcome for change in self.changes).most_common())

    @property
    def frame(self) -> pd.DataFrame:
        """The receipt as a DataFrame, index `record_id`: `property`, `before`, `after`, `outcome`, `reason`, `link`."""
        index = pd.Index([change.record_id for change in self.changes], dtype="string", name="record_id")
        columns = {name: [getattr(c, name) for c in self.changes] for name in ("before", "after", "outcome", "reason")}
        columns["link"] = [self._portal.record_link(self.record.object_type_id, c.record_id) for c in self.changes]
        frame = pd.DataFrame(columns, index=index, dtype="string")
        frame.insert(0, "property", self.record.property)
        return frame

    def to_csv(self, path: str | Path) -> Path:
        """Write `.frame` as UTF-8 CSV that a spreadsheet opens without running what a record says."""
        defused(self.frame).to_csv(path, encoding="utf-8-sig")
        return Path(path)


def plan(hub: Connection, checked: Reviewed, to: str | None = None) -> Plan:
    """Return what `push` would do, row by row, without writing anything.

    Raises PushRefused where no property is named or it may not be written, UnknownProperty where it does not exist.
    """
    name = to or checked.to
    if name is None:
        message = "Say which property the answers go to: push(hub, checked, to='…')."
        raise PushRefused(message)
    run = checked.run
    pull = hub.store.pulls.get(run.record.pull_id) if run.record.pull_id else None
    results = run.results()
    proposals = Proposals(
        run_id=run.id,
        portal_id=run.record.portal_id,
        pull=pull,
        pulled=hub.store.pulls.values(pull.id, name) if pull and name in pull.properties else None,
        object_type=run.record.object_type,
        decisions=hub.store.decisions.current(run.id, checked.field),
        blank=frozenset(r.record_id for r in results if r.fields.get(checked.field) is None),
        record_ids=tuple(result.record_id for result in results),
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
    (`open_receipt(hub)`) holds what was written until then.
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
    Raises PushRefused where it was not confirmed or the receipt is of another portal.
    """
    push_id = receipt if isinstance(receipt, str) else receipt.id
    record = Receipt(hub, push_id).record
    if record.portal_id != hub.portal.id:
        message = (
            f"Receipt {push_id} is of portal {record.portal_id}, and this connection is to portal {hub.portal.id}."
        )
        raise PushRefused(message)
    changes = [change for change in hub.store.pushes.changes(push_id) if change.outcome in _TAKEN_BACK]
    back = plan_undo(hub, push_id, record.object_type, record.object_type_id, record.property, changes)
    return _carried_out(hub, back, confirm=confirm, wait=wait)


def open_receipt(hub: Connection, push_id: str | None = None) -> Receipt:
    """Return an earlier receipt of this workspace by its id, or that of the newest push."""
    wanted = push_id or hub.store.pushes.latest()
    if wanted is None:
        message = f"Nothing was pushed from {hub.workspace.folder} yet."
        raise HsaiError(message)
    return Receipt(hub, wanted)


def _carried_out(hub: Connection, ready: Plan, *, confirm: bool | None, wait: bool) -> Receipt | Handle[Receipt]:
    say(str(ready))
    count = len(ready.changing)
    if count and confirm is not True:
        _ask(ready, count, refused=confirm is False)
    writer = Writer(hub, ready)
    verb = "Undoing" if ready.undoes else "Pushing"
    handle = start(lambda control: _receipt(hub, writer, control), Progress(f"{verb} {ready.property}", total=count))
    return handle.wait("The receipt holds what was written: open_receipt(hub).") if wait else handle


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
