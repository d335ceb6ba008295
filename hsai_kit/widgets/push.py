"""The panel that writes: the plan in numbers and rows, a yes, the receipt, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.runtime.background import Handle
from hsai_kit.steps.actions import open_receipt, plan, start_carry_out, undo_plan
from hsai_kit.steps.actions.update import Update
from hsai_kit.steps.plans.reviews import ReviewLike
from hsai_kit.steps.pull import lists, owners
from hsai_kit.steps.push import plan_rest
from hsai_kit.steps.push.targets import select_with_destination
from hsai_kit.widgets.action_form import ActionForm, Given, Wanted, words_of
from hsai_kit.widgets.blocks import text
from hsai_kit.widgets.panel import Panel, field, row, show_if
from hsai_kit.widgets.plan_view import AnyPlan, PlanView, acting, verb
from hsai_kit.widgets.receipt_view import AnyReceipt, ReceiptView, is_unfinished, past_receipts
from hsai_kit.widgets.view import MessageView

__all__ = ["PushPanel"]

_NOW = "none"
_EVERY = "every field"


class PushPanel(Panel):
    """Shows what would be done, does it after a yes, and takes it back; `value` is the receipt of `push()` or `then()`.

    `hub` is a Connection or a ConnectPanel; `checked` what `review()` returns, several of them, or a ReviewPanel. Past
    receipts can be opened without either.
    """

    value: AnyReceipt | None

    def __init__(self, hub: Panel | Connection | None, checked: Any = None, to: str = "") -> None:
        super().__init__("Push")
        self._hub: Connection | None = None
        self._checked: Given | None = None
        self._plan: AnyPlan | None = None
        self._handle: Handle[Any] | None = None
        self.what = ActionForm(to, lambda: self.attempt(self._chosen))
        self.approved_in = field(ipywidgets.Dropdown(options=[(_EVERY, "")], description="Where approved in"))
        self.past = field(ipywidgets.Dropdown(options=[(_NOW, "")], description="Past receipts"))
        self.make = self.button("Show the plan", self._make, style="primary")
        self.keep_plan = self.button("Save the plan as CSV", self._keep_plan)
        self.said = field(ipywidgets.Text(description="Type yes or y"))
        self.write = self.button("Write", self._write, style="danger")
        self.stop = self.button("Stop", self._stop, style="warning")
        self.undo = self.button("Plan the undo", self._undo)
        self.complete = self.button("Complete it", self._complete)
        self.export = self.button("Save the receipt as CSV", self._export)
        self.plan, self.receipt = PlanView(), ReceiptView()
        self._bar = ipywidgets.IntProgress(max=1)
        self._asking = MessageView()
        self._confirming = ipywidgets.VBox([self._asking, row(self.said, self.write)])
        self._confirming.add_class("hsai-stack")
        self.fill(
            self.what,
            row(self.approved_in),
            row(self.make, self.stop, self.keep_plan),
            self.plan,
            self._confirming,
            self._bar,
            row(self.past),
            self.receipt,
            row(self.undo, self.complete, self.export),
        )
        self.past.observe(lambda _: self.attempt(self._open), "value")
        self.said.observe(lambda _: self.refresh(), "value")
        self._advise()
        self.take(hub, self._take_hub)
        self.take(checked, self._take_checked)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let nothing be done before its plan is shown and somebody typed yes."""
        made = self._plan
        if control is self.stop:
            return self._handle is not None and not self._handle.done
        if self.busy or self._hub is None:
            return False
        if control is self.make:
            return self._checked is not None
        if control is self.keep_plan:
            return made is not None
        if control is self.write:
            return made is not None and self._can_be_done and made.confirmation.accepts(self.said.value)
        return self.value is not None

    @property
    def _can_be_done(self) -> bool:
        return self._plan is not None and acting(self._plan) > 0 and not self._plan.too_many

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        self._list_past()
        self._advise()
        self.refresh()
        self._chosen()

    def _take_checked(self, checked: Given | None) -> None:
        self._checked = checked
        several = [one.field for one in checked] if isinstance(checked, Sequence) else []
        self.approved_in.options = [(_EVERY, ""), *((name, name) for name in several)]
        self.what.offer_words(words_of(checked))
        self._show_plan(None)
        self._chosen()

    def _chosen(self) -> None:
        """Read what the chosen kind of action needs of the portal, once."""
        hub, wants = self._hub, self.what.wants
        self._advise()
        if hub is None or self._checked is None:
            return
        one = self._checked[0] if isinstance(self._checked, Sequence) else self._checked
        if wants == "owners":
            self.work("Reading who is there …", lambda: owners(hub), self._quietly(self.what.offer_people))
        elif wants == "lists":
            kind = one.run.record.object_type
            self.work("Reading the lists …", lambda: lists(hub, kind), self._quietly(self.what.offer_lists))

    def _quietly(self, use: Any) -> Any:
        def then(result: Any) -> None:
            self._remarks.clear()
            use(result)

        return then

    def _list_past(self) -> None:
        """List what was done from this workspace, newest first."""
        if self._hub is None:
            return
        named = past_receipts(self._hub)
        chosen = self.past.value
        self.past.options = [(_NOW, ""), *named]
        if chosen in [value for _, value in named]:
            self.past.value = chosen

    def _make(self) -> None:
        hub, checked, action = self._hub, self._checked, self.what.action()
        if hub is None or checked is None:
            return
        staying = ""
        if isinstance(checked, Sequence):
            checked, staying = self._of_several(checked, action)
        reviewed: Given = checked
        self.work(
            "Looking what HubSpot holds now …",
            lambda: plan(hub, reviewed, action),
            lambda made: self._show_plan(made, staying),
        )

    def _of_several(self, checked: Sequence[ReviewLike], action: Wanted) -> tuple[Sequence[ReviewLike], str]:
        """Return the reviews that an action is about, and what is to be said about the others."""
        if not isinstance(action, Update):
            wanted = self.approved_in.value
            return [one for one in checked if wanted in ("", one.field)], ""
        going = select_with_destination(checked, action.to)
        staying = ", ".join(one.field for one in checked if one not in going)
        said = f"{staying}: no property is named, so they stay here (name one as field: property)." if staying else ""
        return going, said

    def _undo(self) -> None:
        hub, receipt = self._hub, self.value
        if hub is not None and receipt is not None:
            self.work("Looking what HubSpot holds now …", lambda: undo_plan(hub, receipt), self._show_plan)

    def _complete(self) -> None:
        hub, receipt = self._hub, self.value
        if hub is not None and receipt is not None:
            self.work("Looking what is left to do …", lambda: plan_rest(hub, receipt.id), self._show_plan)

    def _show_plan(self, made: AnyPlan | None, staying: str = "") -> None:
        self._plan = made
        self.said.value = ""
        self._remarks.clear()
        if made is None:
            self.plan.clear()
        else:
            self.plan.show(made, [staying])
            needed = made.confirmation
            self.said.description = "Type the portal's id" if needed.kind == "portal id" else "Type yes or y"
            # The question without its last words, which stand above the field.
            question = needed.question.partition("Type ")[0].strip()
            self._asking.show(*([text(question, "warn")] if self._can_be_done else []))
            self.write.description = verb(made)
        self._advise()
        self.refresh()

    def _write(self) -> None:
        hub, made = self._hub, self._plan
        # A click that was made while the browser still showed an earlier answer does not count.
        if hub is None or made is None or not self.allowed(self.write):
            return
        self._plan = None
        self.work("Writing …", lambda: start_carry_out(hub, made, confirm=made.confirmation.confirm), self._follow)

    def _follow(self, handle: Any) -> None:
        self._handle = handle
        self.watch(handle, lambda: self._tick(handle), self._came)
        self._advise()

    def _tick(self, handle: Handle[Any]) -> None:
        self._bar.max, self._bar.value = max(1, handle.progress.total or 1), handle.progress.done

    def ended(self) -> None:
        """Show what can be done after a push that ended well or not."""
        if self._handle is not None and self._handle.done:
            self._handle = None
        self._advise()
        self.refresh()

    def _came(self, receipt: AnyReceipt) -> None:
        self._handle = None
        self._show_plan(None)
        self._list_past()
        self._opened(receipt)

    def _open(self) -> None:
        hub, chosen = self._hub, self.past.value
        if hub is not None and chosen:
            self.work("Opening the receipt …", lambda: open_receipt(hub, chosen), self._opened)

    def _opened(self, receipt: AnyReceipt) -> None:
        self._remarks.clear()
        self.receipt.show(receipt)
        self.value = receipt
        self._advise()

    def _keep_plan(self) -> None:
        if self._hub is not None and self._plan is not None:
            name = f"plan-{self._plan.undoes or self._plan.run_id or 'push'}.csv"
            path = self._plan.to_csv(self._hub.workspace.folder / name)
            self._remarks.show(text(f"Saved in {path}.", "good"))

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
        going, made, receipt = self._handle is not None, self._plan, self.value
        for control, there in (
            (self.approved_in, len(self.approved_in.options) > 1 and self.what.kind.value != "update"),
            (self.stop, going),
            (self._bar, going),
            (self.keep_plan, made is not None),
            (self._confirming, self._can_be_done),
            (self.undo, receipt is not None and receipt.record.kind != "undo" and not going),
            (self.complete, receipt is not None and is_unfinished(receipt) and not going),
            (self.export, receipt is not None and not going),
        ):
            show_if(control, there)
        self.next_step(self._advice_now(going=going))

    def _advice_now(self, *, going: bool) -> str:
        made = self._plan
        if self._hub is None:
            return "Connect first."
        if going:
            return "Writing in batches of 100. Stop ends it after the batch in flight."
        if self._can_be_done:
            return "Read what would be done and what is left alone. Nothing is done before you say so below."
        if made is not None and made.too_many:
            return "Too much at once: the reason stands below."
        if made is not None:
            return "Nothing would be done. The reasons stand below; approve something in the review first."
        if self.value is not None:
            return "Done. Look at the receipt; undo takes back what is still as it was written."
        if self._checked is None:
            return "Review answers first, or open a past receipt."
        return "Show the plan: what would be done, row by row, before anything is."
