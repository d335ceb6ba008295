"""The panel that pulls: which records, which properties, how many, and the frame."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.where import build_condition, list_verbs
from hsai_kit.runtime.background import Handle
from hsai_kit.steps.pull import count, lists, object_types, properties, start_pull
from hsai_kit.widgets.blocks import frame_table, text
from hsai_kit.widgets.panel import Panel, field, row
from hsai_kit.widgets.view import MessageView

__all__ = ["RecordsPanel"]

_ALL = "all of them"
# Enough to tell a property that nobody fills in from one that everybody does.
_SAMPLE = 100


class RecordsPanel(Panel):
    """Chooses and pulls records; `value` is the DataFrame that `pull()` returns.

    `hub` is a Connection or a ConnectPanel; `object_type`, `chosen` (properties) and `where` are what is shown first.
    """

    value: pd.DataFrame | None

    def __init__(
        self,
        hub: Panel | Connection | None,
        object_type: str = "contacts",
        chosen: tuple[str, ...] | list[str] = (),
        where: str = "",
    ) -> None:
        super().__init__("Records")
        self._hub: Connection | None = None
        self._wanted, self._first = object_type, list(chosen)
        self._properties = pd.DataFrame(columns=["name", "label", "type", "options"])
        self._handle: Handle[pd.DataFrame] | None = None
        self.kind = field(ipywidgets.Dropdown(options=[("connect first", "")], description="Records"))
        self.in_list = field(ipywidgets.Dropdown(options=[(_ALL, "")], description="In the list"))
        self.limit = field(ipywidgets.Text(description="At most", placeholder="no limit"))
        self.search = field(ipywidgets.Text(description="Search properties", placeholder="label, name or type"))
        self.found = field(ipywidgets.SelectMultiple(description="Properties", rows=9))
        self.found.add_class("hsai-broad")
        self.chosen = field(ipywidgets.SelectMultiple(description="Columns to pull", rows=9))
        self.other = field(ipywidgets.Text(description="Or by name", placeholder="such as company.name"))
        self.add = self.button("Add →", self._add)
        self.remove = self.button("← Remove", self._remove)
        self.on = field(ipywidgets.Combobox(description="Only where", placeholder="property"))
        self.verb = field(ipywidgets.Dropdown(options=list_verbs("string"), description="Condition"))
        self.what = field(ipywidgets.Combobox(description="Value", placeholder="value"))
        self.also = self.button("Add the condition", self._add_condition)
        self.where = field(
            ipywidgets.Text(value=where, description="Conditions in words", placeholder="none: all records"), wide=True
        )
        self.count = self.button("Count", self._count)
        self.pull = self.button("Pull", self._pull, style="primary")
        self.stop = self.button("Stop", self._stop, style="warning")
        self._bar = ipywidgets.IntProgress(max=1)
        self._bar.add_class("hsai-hidden")
        self._shown = MessageView()
        self.fill(
            row(self.kind, self.in_list, self.limit),
            row(self.search, self.other),
            row(self.found, self._between(), self.chosen),
            row(self.on, self.verb, self.what, self.also),
            self.where,
            row(self.pull, self.count, self.stop),
            self._bar,
            self._shown,
        )
        self.kind.observe(lambda _: self.attempt(self._look), "value")
        self.search.observe(lambda _: self._list_found(), "value")
        self.on.observe(lambda _: self._fit_condition(), "value")
        self._advise()
        self.refresh()
        self.take(hub, self._take_hub)

    def allowed(self, control: ipywidgets.Widget) -> bool:
        """Let a pull be stopped while it goes on, and begin with at least one column."""
        if control is self.stop:
            return self._handle is not None and not self._handle.done
        if self.busy or self._hub is None:
            return False
        return bool(self.chosen.options) if control is self.pull else True

    def _between(self) -> ipywidgets.Widget:
        box = ipywidgets.VBox([self.add, self.remove])
        box.add_class("hsai-between")
        return box

    def _take_hub(self, hub: Connection | None) -> None:
        self._hub = hub
        if hub is None:
            self.next_step("Connect first.")
            self.refresh()
            return
        self.work("Reading what there is …", lambda: object_types(hub), self._kinds)

    def _kinds(self, kinds: pd.DataFrame) -> None:
        self._remarks.clear()
        names = list(kinds["name"])
        with self.hold_trait_notifications():
            self.kind.options = [(str(one.label or one.name), one.name) for one in kinds.itertuples()]
        wanted = self._wanted if self._wanted in names else names[0]
        if self.kind.value == wanted:
            self._look()
        self.kind.value = wanted

    def _look(self) -> None:
        hub, kind = self._hub, self.kind.value
        if hub is None or not kind:
            return
        self.search.value = ""
        if kind == self._wanted:
            self._choose(self._first)
        else:
            self._choose([])
            self.where.value = ""
        self.work("Reading properties and lists …", lambda: self._read(hub, kind), self._known)
        self._advise()

    @staticmethod
    def _read(hub: Connection, kind: str) -> tuple[str, pd.DataFrame, list[tuple[str, str]]]:
        known = properties(hub, kind, sample=_SAMPLE)
        try:
            there = lists(hub, kind)
        except HsaiError:
            # A key without the scope for lists pulls records all the same.
            return kind, known, []
        named = [(f"{one.name} ({_counted(one.size)})", str(one.id)) for one in there.itertuples()]
        return kind, known, named

    def _known(self, read: tuple[str, pd.DataFrame, list[tuple[str, str]]]) -> None:
        kind, self._properties, named = read
        if kind != self.kind.value:
            return
        self._remarks.clear()
        self.in_list.options = [(_ALL, ""), *named]
        self.on.options = list(self._properties["name"])
        self._list_found()
        self._advise()

    def _list_found(self) -> None:
        wanted = self.search.value.strip().casefold()
        lines = [(_described(one), one.name) for one in self._properties.itertuples()]
        self.found.options = [line for line in lines if wanted in line[0].casefold()]

    def _choose(self, names: list[str]) -> None:
        self.chosen.options = list(dict.fromkeys(names))
        self.refresh()
        self._advise()

    def _add(self) -> None:
        typed = [one.strip() for one in self.other.value.split(",") if one.strip()]
        self.other.value = ""
        self._choose([*self.chosen.options, *self.found.value, *typed])

    def _remove(self) -> None:
        gone = set(self.chosen.value)
        self._choose([one for one in self.chosen.options if one not in gone])

    def _fit_condition(self) -> None:
        known = self._properties[self._properties["name"] == self.on.value]
        if known.empty:
            return
        fitting = list_verbs(str(known["type"].iloc[0]))
        if tuple(self.verb.options) != fitting:
            self.verb.options = fitting
        self.what.options = list(known["options"].iloc[0] or {})

    def _add_condition(self) -> None:
        name = self.on.value.strip()
        if not name:
            message = "Choose the property of the condition first."
            raise HsaiError(message)
        made = build_condition(name, self.verb.value, self.what.value)
        before = self.where.value.strip()
        self.where.value = f"{before} and {made}" if before else made
        self.on.value = self.what.value = ""

    def _asked(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"where": self.where.value.strip() or None}
        if self.in_list.value:
            asked["list"] = self.in_list.value
        return asked

    def _limit(self) -> int | None:
        said = self.limit.value.strip().replace(",", "")
        if not said:
            return None
        if not said.isdigit() or int(said) < 1:
            message = f"{said!r} is no number of records. Write one such as 100, or leave it empty for no limit."
            raise HsaiError(message)
        return int(said)

    def _count(self) -> None:
        hub, kind, asked = self._hub, self.kind.value, self._asked()
        if hub is not None:
            self.work(
                "Counting …",
                lambda: count(hub, kind, **asked),
                lambda n: self._remarks.show(text(f"{n:,} {kind} are there to pull.", "good")),
            )

    def _pull(self) -> None:
        hub, kind, asked, limit = self._hub, self.kind.value, self._asked(), self._limit()
        columns = list(self.chosen.options)
        if hub is not None:
            self.work("Pulling …", lambda: start_pull(hub, kind, columns, limit=limit, **asked), self._follow)

    def _follow(self, handle: Handle[pd.DataFrame]) -> None:
        self._handle = handle
        self._bar.remove_class("hsai-hidden")
        self.watch(handle, lambda: self._tick(handle), self._came)
        self._advise()

    def _tick(self, handle: Handle[pd.DataFrame]) -> None:
        done, total = handle.progress.done, handle.progress.total
        self._bar.max, self._bar.value = max(1, total or done or 1), done
        of = f" of {total:,}" if total is not None else ""
        self._remarks.show(text(f"{done:,}{of} {self.kind.value} are here.", "muted"))

    def _came(self, frame: pd.DataFrame) -> None:
        self._handle = None
        self._bar.add_class("hsai-hidden")
        self._remarks.clear()
        if frame.empty:
            self._shown.show(text("No record matches. Loosen the conditions, or choose another list.", "warn"))
        else:
            self._shown.show(frame_table(frame, title=f"{len(frame):,} {self.kind.value}", most=8, index="record"))
        self.value = frame
        self._advise()

    def ended(self) -> None:
        """Show what can be done after a pull that ended well or not."""
        if self._handle is not None and self._handle.done:
            self._handle = None
            self._bar.add_class("hsai-hidden")
        self._advise()
        self.refresh()

    def _stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _advise(self) -> None:
        going = self._handle is not None
        (self.stop.remove_class if going else self.stop.add_class)("hsai-hidden")
        if self._hub is None:
            self.next_step("Connect first.")
        elif going:
            self.next_step("Pulling. Stop keeps what is here already.")
        elif not self.chosen.options:
            self.next_step("Choose the properties that the question needs, and the one that is to be written.")
        elif self.value is None or self.value.empty:
            self.next_step("Count what matches, then pull.")
        else:
            self.next_step("Go on with the assistant, or pull others.")


def _described(one: Any) -> str:
    blank = getattr(one, "blank", None)
    share = "" if blank is None or pd.isna(blank) else f", {blank:.0%} blank"
    return f"{one.label} · {one.name} · {one.type}{share}"


def _counted(size: Any) -> str:
    return "size unknown" if pd.isna(size) else f"{int(size):,}"
