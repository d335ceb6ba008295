"""The panel that writes: the plan in numbers and rows, a yes, the receipt, and taking it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import ipywidgets

from hsai_kit.background import Handle
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.steps.push import Plan, Receipt, carry_out, open_receipt, plan, receipts, resume_plan, undo_plan
from hsai_kit.steps.push.gathering import Reviewed, destination_in, going_somewhere
from hsai_kit.widgets.blocks import Block, facts, link, many, table, text
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.view import MessageView

__all__ = ["PushPanel"]

_ROWS = 50
_NOW = "none"


class PushPanel(Panel):
    """Shows what would be written, writes it after a yes, and takes it back; `value` is the Receipt of `push()`.

    `hub` is a Connection or a ConnectPanel; `checked` what `review()` returns, several of them, or a ReviewPanel. Past
    receipts can be opened without either.
    """

    value: Receipt | None

    def __init__(self, hub: Panel | Connection | None, checked: Any = None, to: str = "") -> None:
        super().__init__("Push")
        self._hub: Connection | None = None
        self._checked: Reviewed | Sequence[Reviewed] | None = None
        self._plan: Plan | None = None
        self._staying: list[str] = []
        self._handle: Handle[Receipt] | None = None
        self.to = field(ipywidgets.Text(value=to, description="To the property", placeholder="as the assistant says"))
        self.past = field(ipywidgets.Dropdown(options=[(_NOW, "")], description="Past receipts"))
        self.make = self.button("Show the plan", self._make, style="primary")
        self.rows_of = field(ipywidgets.Dropdown(options=["all rows"], description="Rows of the plan"))
        self.said = field(ipywidgets.Text(description="Type yes"))
        self.write = self.button("Write", self._write, style="danger")
        self.stop = self.button("Stop", self._stop, style="warning")
        self.undo = self.button("Plan the undo", self._undo)
        self.complete = self.button("Complete it", self._complete)
        self.export = self.button("Save the receipt as CSV", self._export)
        self._numbers = MessageView()
        self._rows = MessageView()
        self._bar = ipywidgets.IntProgress(max=1)
        self._receipt = MessageView()
        self._asking = MessageView()
        self._confirming = ipywidgets.VBox([self._asking, row(self.said, self.write)])
        self._confirming.add_class("hsai-stack")
        self.fill(
            row(self.to, self.past),
            row(self.make, self.stop),
            self._numbers,
            row(self.rows_of),
            self._rows,
            self._confirming,
            self._bar,
            self._receipt,
            row(self.undo, self.complete, self.export),
        )
        self.past.observe(lambda _: self.attempt(self._open), "value")
        self.rows_of.observe(lambda _: self._show_rows(), "value")
        self.said.observe(lambda _: self.refresh(), "value")
        self._advise()
        self.take(hub, self._take_hub)
        self.take(checked, self._take_checked)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let nothing be written before its plan is shown and somebody typed yes."""
        if control is self.stop:
            return self._handle is not None and not self._handle.done
        if self.busy or self._hub is None:
            return False
        if control is self.make:
            return self._checked is not None
        if control is self.write:
            made = self._plan
            there = made is not None and bool(made.changing) and not made.too_many
            return there and made is not None and made.confirmation.accepts(self.said.value)
        return self.value is not None

    @property
    def _broken_off(self) -> bool:
        receipt = self.value
        return receipt is not None and receipt.record.kind == "push" and receipt.record.status != "done"

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._list_past()
        self._advise()
        self.refresh()

    def _take_checked(self, checked: Reviewed | Sequence[Reviewed] | None) -> None:
        self._checked = checked
        self._show_plan(None)

    def _list_past(self) -> None:
        """List the receipts of this workspace, newest first."""
        if self._hub is None:
            return
        named = [
            (f"{one.at:%Y-%m-%d %H:%M} {one.kind} of {one.properties}, {one.written:,} written", str(one.Index))
            for one in receipts(self._hub).head(50).itertuples()
        ]
        chosen = self.past.value
        self.past.options = [(_NOW, ""), *named]
        if chosen in [value for _, value in named]:
            self.past.value = chosen

    def _make(self) -> None:
        hub, checked, to = self._hub, self._checked, destination_in(self.to.value)
        if hub is None or checked is None:
            return
        self._staying = []
        if isinstance(checked, Sequence):
            going = going_somewhere(checked, to)
            self._staying = [one.field for one in checked if one not in going]
            checked = going
        self.work("Looking what HubSpot holds now …", lambda: plan(hub, checked, to), self._show_plan)

    def _undo(self) -> None:
        hub, receipt = self._hub, self.value
        if hub is not None and receipt is not None:
            self.work("Looking what HubSpot holds now …", lambda: undo_plan(hub, receipt), self._show_plan)

    def _complete(self) -> None:
        hub, receipt = self._hub, self.value
        if hub is not None and receipt is not None:
            self.work("Looking what is left to do …", lambda: resume_plan(hub, receipt), self._show_plan)

    def _show_plan(self, made: Plan | None) -> None:
        self._plan = made
        self.said.value = ""
        self._remarks.clear()
        if made is None:
            self._numbers.clear()
            self._rows.clear()
            self._advise()
            self.refresh()
            return
        what = "Undo of" if made.undoes else "Write to"
        portal = f"{made.portal.name or 'portal'} {made.portal.id} ({made.portal.account_type})"
        left_alone = Counter((one.verdict, one.reason) for one in made.rows if one.verdict != "will change")
        told: list[Block] = [
            facts(
                [
                    (what, ", ".join(made.properties)),
                    ("In", portal),
                    *((verdict, n) for verdict, n in made.counts.items()),
                ]
            )
        ]
        if made.not_compared:
            names = ", ".join(made.not_compared)
            told.append(
                text(
                    f"Take care: {names} was not pulled with these records, so nobody can tell what changed since.",
                    "warn",
                )
            )
        if made.too_many:
            told.append(text(made.too_many, "warn"))
        if self._staying and not made.undoes:
            said = f"{', '.join(self._staying)}: no property is named, so they stay here (name one as field: property)."
            told.append(text(said, "muted"))
        if left_alone:
            reasons = [(verdict, reason, count) for (verdict, reason), count in left_alone.most_common(12)]
            told.append(table(("verdict", "why", "values"), reasons, title="Left alone", numbers="values"))
        self._numbers.show(*told)
        count = len(made.changing)
        verb = "Put back" if made.undoes else "Write"
        self.said.description = "Type the portal's id" if made.confirmation.kind == "portal id" else "Type yes"
        self._asking.show(*([text(f"{verb} {many(count, 'value')} in {portal}?", "warn")] if count else []))
        self.write.description = f"{verb} {many(count, 'value')}"
        self.rows_of.options = ["all rows", *made.counts]
        self.rows_of.value = "will change" if count else "all rows"
        self._show_rows()
        self._advise()
        self.refresh()

    def _show_rows(self) -> None:
        made, wanted = self._plan, self.rows_of.value
        if made is None:
            return
        rows = [one for one in made.rows if wanted in ("all rows", one.verdict)]
        shown = [
            (
                link(one.record_id, made.portal.record_link(made.object_type_id, one.record_id)),
                one.property,
                one.before,
                one.after,
                one.verdict,
                one.reason,
            )
            for one in rows[:_ROWS]
        ]
        more = f"and {len(rows) - _ROWS:,} more; plan(hub, checked).frame has them all" if len(rows) > _ROWS else ""
        columns = ("record", "property", "now", "after", "verdict", "why")
        self._rows.show(table(columns, shown, title=many(len(rows), "row"), more=more))

    def _write(self) -> None:
        hub, made = self._hub, self._plan
        # A click that was made while the browser still showed an earlier answer does not count.
        if hub is None or made is None or not self.allowed(self.write):
            return
        self._plan = None
        self.work(
            "Writing …", lambda: carry_out(hub, made, confirm=made.confirmation.confirm, wait=False), self._follow
        )

    def _follow(self, handle: Handle[Receipt] | Receipt) -> None:
        if isinstance(handle, Receipt):
            self._came(handle)
            return
        self._handle = handle
        self.watch(handle, lambda: self._tick(handle), self._came)
        self._advise()

    def _tick(self, handle: Handle[Receipt]) -> None:
        self._bar.max, self._bar.value = max(1, handle.progress.total or 1), handle.progress.done

    def ended(self) -> None:
        """Show what can be done after a push that ended well or not."""
        if self._handle is not None and self._handle.done:
            self._handle = None
        self._advise()
        self.refresh()

    def _came(self, receipt: Receipt) -> None:
        self._handle = None
        self._show_plan(None)
        self._list_past()
        self._show_receipt(receipt)
        self.value = receipt

    def _show_receipt(self, receipt: Receipt) -> None:
        record = receipt.record
        what = "Undo" if record.kind == "undo" else "Push"
        told: list[Block] = [
            facts(
                [
                    (what, receipt.id),
                    ("When", record.at.replace("T", " ").replace("Z", " UTC")),
                    ("By", record.who),
                    *receipt.counts.items(),
                ]
            )
        ]
        if record.status != "done":
            told.append(text(f"It was {record.status} before its end: Complete it goes on there.", "warn"))
        frame = receipt.frame
        columns = ["property", "before", "after", "outcome", "reason"]
        rows = [
            [link(one, str(address)), *values]
            for one, address, *values in frame[["link", *columns]].head(_ROWS).itertuples(name=None)
        ]
        more = f"and {len(frame) - _ROWS:,} more; receipt.frame has them all" if len(frame) > _ROWS else ""
        told.append(table(("record", *columns), rows, title="Receipt", more=more))
        self._receipt.show(*told)
        self._advise()

    def _open(self) -> None:
        hub, chosen = self._hub, self.past.value
        if hub is not None and chosen:
            self.work("Opening the receipt …", lambda: open_receipt(hub, chosen), self._opened)

    def _opened(self, receipt: Receipt) -> None:
        self._remarks.clear()
        self._show_receipt(receipt)
        self.value = receipt

    def _export(self) -> None:
        if self._hub is None or self.value is None:
            message = "There is no receipt to save yet."
            raise HsaiError(message)
        path = self.value.to_csv(self._hub.workspace.folder / f"{self.value.id}.csv")
        self._remarks.show(text(f"Saved in {path}.", "good"))

    def _stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _advise(self) -> None:
        going = self._handle is not None
        made = self._plan
        for control, there in (
            (self.stop, going),
            (self._bar, going),
            (self.rows_of, made is not None),
            (self._confirming, made is not None and bool(made.changing)),
            (self.undo, self.value is not None and not going),
            (self.complete, self._broken_off and not going),
            (self.export, self.value is not None and not going),
        ):
            (control.remove_class if there else control.add_class)("hsai-hidden")
        if self._hub is None:
            self.next_step("Connect first.")
        elif going:
            self.next_step("Writing in batches of 100. Stop ends it after the batch in flight.")
        elif made is not None and made.changing:
            self.next_step("Read what would change and what is left alone. Nothing is written before you type yes.")
        elif made is not None:
            self.next_step("Nothing would change. The reasons stand below; approve something in the review first.")
        elif self._checked is None:
            self.next_step("Review answers first, or open a past receipt.")
        elif self.value is not None:
            self.next_step("Done. Look at the receipt; undo puts back what is still as it was written.")
        else:
            self.next_step("Show the plan: what would change, row by row, before anything is written.")
