"""The panel that reviews: charts of what was answered, and the grid in which it is decided."""

from __future__ import annotations

import asyncio
import threading

import ipywidgets

from hsai_kit.run import Run
from hsai_kit.runtime.background import start
from hsai_kit.steps.review import Review, review
from hsai_kit.steps.review.review_result import tally
from hsai_kit.store import Decision
from hsai_kit.widgets.blocks import bars, text
from hsai_kit.widgets.grid import ReviewGrid
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.view import MessageView

__all__ = ["ReviewPanel"]


class ReviewPanel(Panel):
    """Shows a run's proposals and takes decisions; `value` is what `review()` returns.

    `run` is a Run, or an AskPanel. Where a run answers several fields, `value` is a list with the review of each, as
    `push()` takes it; one of them is shown at a time.
    """

    value: Review | list[Review] | None

    def __init__(self, run: Panel | Run | None) -> None:
        super().__init__("Review")
        self._reviews: dict[str, Review] = {}
        self._grids: dict[str, ReviewGrid] = {}
        self._charts = MessageView()
        self._grid = ipywidgets.VBox()
        self._counting = threading.Lock()
        self._again = False
        self.which = field(ipywidgets.Dropdown(options=[""], description="Field"))
        self.export = self.button("Save as Excel", self._export)
        self._bottom = row(self.export)
        self.fill(row(self.which), self._charts, self._grid, self._bottom)
        self.which.observe(lambda _: self.attempt(self._show), "value")
        self._advise()
        self.take(run, self._take_run)

    @property
    def shown(self) -> Review | None:
        """The review of the field that is shown."""
        return self._reviews.get(self.which.value)

    def allowed(self, control: ipywidgets.Widget) -> bool:  # noqa: ARG002 -- there is one
        """Let something be saved once there is something."""
        return not self.busy and self.shown is not None

    def _take_run(self, run: Run | None) -> None:
        if run is None:
            return
        self.work("Reading the answers …", lambda: {name: review(run, name) for name in run.fields}, self._came)

    def _came(self, reviews: dict[str, Review]) -> None:
        self._remarks.clear()
        self._reviews = reviews
        before, self._grids = self._grids, {name: ReviewGrid(one) for name, one in reviews.items()}
        for one in reviews.values():
            one.on_change(self._count)
        first = next(iter(reviews))
        self.which.options = list(reviews)
        self.which.value = first
        self._show()
        for one in before.values():
            one.close()
        self.value = list(reviews.values()) if len(reviews) > 1 else reviews[first]

    def _show(self) -> None:
        checked = self.shown
        self._grid.children = [] if checked is None else [self._grids[self.which.value]]
        self._advise()
        self.refresh()
        self._count()

    def _count(self) -> None:
        """Draw the charts anew on a thread of their own; decisions that are made meanwhile are counted once more."""
        self._again = True
        start(lambda _: asyncio.to_thread(self._count_all))

    def _count_all(self) -> None:
        with self._counting:
            if not self._again or (checked := self.shown) is None:
                return
            self._again = False
            found = tally(checked.frame)
            charts = [
                ("Decisions so far", found.decisions),
                ("Flags", found.flags),
                ("Confidence", found.confidence),
                ("Most common changes", found.changes),
            ]
            self._charts.show(*(bars(title, items) for title, items in charts if items))
            self._advise(dict(found.decisions).get(Decision.PENDING, 0))

    def _advise(self, pending: int | None = None) -> None:
        several = len(self._reviews) > 1
        (self.which.remove_class if several else self.which.add_class)("hsai-hidden")
        (self._bottom.remove_class if self._reviews else self._bottom.add_class)("hsai-hidden")
        if not self._reviews:
            self.next_step("Ask first, or open an earlier run there.")
        elif pending == 0:
            self.next_step("Everything is decided. Go on to the push.")
        else:
            self.next_step(
                "Rows that want eyes come first. Approve, edit or reject; every decision is kept as it is made, "
                "and a push writes only what is approved."
            )

    def _export(self) -> None:
        checked = self.shown
        if checked is not None:
            path = checked.run.store.path.parent / f"{checked.run.id}-{checked.field}.xlsx"
            self.work(
                "Saving …",
                lambda: checked.to_excel(path),
                lambda made: self._remarks.show(text(f"Saved in {made}.", "good")),
            )
