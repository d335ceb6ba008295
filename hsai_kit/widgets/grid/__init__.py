"""A table to go through by mouse or by keyboard alone; Python owns the rows, the browser gets a page at a time."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import anywidget
import traitlets

from hsai_kit.errors import HsaiError
from hsai_kit.paging.table_source import RowPlaces, TableQuery, TableSource
from hsai_kit.steps.review import Review
from hsai_kit.widgets.assets import joined

__all__ = ["Grid", "ReviewGrid"]

_SCRIPTS = ("parts", "cells", "tools", "editor", "card", "keys", "grid")
# A notebook can show the same grid in a few places; those that are gone never say so.
_MOST_VIEWS = 8


@dataclass
class _View:
    query: TableQuery = field(default_factory=TableQuery)
    found: RowPlaces | None = None
    number: int = 0


class Grid(anywidget.AnyWidget):
    """Any `Source` as a table: search, filters, sort, groups, and what can be done with its rows.

    Rows travel as messages, one page at a time, and are drawn as text: no cell is ever in a trait, so that none is
    saved into the notebook. `label` names the table for people who hear it instead of seeing it, `comeback` is the code
    that shows it again after a restart of the kernel.
    """

    _esm = joined(*(f"grid/{name}.js" for name in _SCRIPTS))
    _css = joined("grid/grid.css")

    label = traitlets.Unicode("Records").tag(sync=True)
    page = traitlets.Int(50).tag(sync=True)
    comeback = traitlets.Unicode().tag(sync=True)

    def __init__(self, source: TableSource, **traits: Any) -> None:
        super().__init__(**traits)
        self.source = source
        self._views: dict[str, _View] = {}
        self._last = TableQuery()
        self._acting = False
        self._finds = 0
        self.on_msg(self._received)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source.summary()})"

    def refresh(self) -> None:
        """Have every place that shows this grid draw its page anew."""
        if not self._acting and self.comm is not None:
            self.send({"changed": True})

    def _received(self, _: Grid, content: Mapping[str, Any], __: list[Any]) -> None:
        answers: Mapping[str, Callable[[_View, Mapping[str, Any]], dict[str, Any]]] = {
            "open": self._open,
            "find": self._find,
            "page": self._page,
            "act": self._act,
            "undo": self._undo,
            "card": self._card,
        }
        asked = answers.get(str(content.get("kind")))
        if asked is None:
            return
        try:
            answer = asked(self._view(str(content.get("view"))), content)
        except HsaiError as problem:
            answer = {"problem": str(problem)}
        except Exception as problem:  # noqa: BLE001 -- an exception in a callback shows nowhere else
            where = traceback.extract_tb(problem.__traceback__)[-1]
            answer = {"problem": f"That went wrong: {type(problem).__name__} in {where.name}. Run the cell again."}
        self.send({"view": content.get("view"), "id": content.get("id"), **answer})

    def _view(self, name: str) -> _View:
        if name not in self._views:
            while len(self._views) >= _MOST_VIEWS:
                del self._views[next(iter(self._views))]
            self._views[name] = _View(self._last)
        return self._views[name]

    def _open(self, view: _View, _: Mapping[str, Any]) -> dict[str, Any]:
        self._look(view)
        return {
            "columns": [asdict(one) for one in self.source.columns],
            "group_columns": [asdict(one) for one in self.source.group_columns],
            "actions": [asdict(one) for one in self.source.actions],
            "query": asdict(view.query),
            **self._state(view, 0),
        }

    def _find(self, view: _View, content: Mapping[str, Any]) -> dict[str, Any]:
        view.query = self._last = _query(content["query"])
        self._look(view)
        return self._state(view, 0)

    def _page(self, view: _View, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._state(view, content["start"])

    def _act(self, view: _View, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._changing(
            view,
            content,
            lambda: self.source.act(content["action"], self._seen(view, content), content["rows"], content["value"]),
        )

    def _undo(self, view: _View, content: Mapping[str, Any]) -> dict[str, Any]:
        return self._changing(view, content, self.source.undo)

    def _card(self, view: _View, content: Mapping[str, Any]) -> dict[str, Any]:
        return {"card": asdict(self.source.card(self._seen(view, content), int(content["row"])))}

    def _changing(self, view: _View, content: Mapping[str, Any], change: Callable[[], str]) -> dict[str, Any]:
        # What is changed from here is answered here; only others have to be told.
        self._acting = True
        try:
            said = change()
        finally:
            self._acting = False
        return {"said": said, **self._state(view, content["start"])}

    def _found(self, view: _View) -> RowPlaces:
        return view.found if view.found is not None else self._look(view)

    def _look(self, view: _View) -> RowPlaces:
        self._finds += 1
        view.found, view.number = self.source.find(view.query), self._finds
        return view.found

    def _seen(self, view: _View, content: Mapping[str, Any]) -> RowPlaces:
        """Return what rows were meant in; raises HsaiError where it is no longer what the browser showed."""
        found = self._found(view)
        if content["found"] != view.number:
            message = "Other rows were looked for meanwhile, so nothing was done. Look at them and press it again."
            raise HsaiError(message)
        return found

    def _state(self, view: _View, start: int) -> dict[str, Any]:
        found = self._found(view)
        start = max(0, min(int(start), (found.size - 1) // self.page * self.page))
        return {
            "found": view.number,
            "facets": [asdict(one) for one in self.source.facets()],
            "summary": self.source.summary(),
            "size": found.size,
            "records": found.records,
            "start": start,
            "rows": self.source.rows(found, start, start + self.page),
        }


class ReviewGrid(Grid):
    """The review of a run as a grid; `value` is the review itself, with every decision made here in it."""

    def __init__(self, checked: Review, **traits: Any) -> None:
        label = f"Proposals for {checked.to or checked.field}"
        comeback = f"review(open_run(hub, {checked.run.id!r}), {checked.field!r})"
        super().__init__(checked.table, **{"label": label, "comeback": comeback, **traits})
        self.value = checked
        checked.on_change(self.refresh)


def _query(asked: Mapping[str, Any]) -> TableQuery:
    filters: dict[str, str | tuple[float | None, float | None]] = {}
    for name, value in asked["filters"].items():
        filters[str(name)] = (value[0], value[1]) if isinstance(value, list) else str(value)
    return TableQuery(
        search=str(asked["search"]),
        filters=filters,
        sort=str(asked["sort"]),
        descending=bool(asked["descending"]),
        grouped=bool(asked["grouped"]),
    )
