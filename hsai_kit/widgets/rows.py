"""Rows to look through a page at a time: a plan's, a receipt's, those of an evaluation that flipped."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import pandas as pd

from hsai_kit.paging.frame_source import FrameSource
from hsai_kit.widgets.grid import Grid

__all__ = ["RowsView"]

_PAGE = 25


class RowsView(ipywidgets.VBox):
    """A frame as a grid without anything to decide; nothing of it is in a trait. It is empty until `show`."""

    children: tuple[Grid, ...]

    def show(
        self,
        frame: pd.DataFrame,
        label: str,
        *,
        compare: tuple[str, str] | None = None,
        filters: Sequence[str] = (),
    ) -> None:
        """Show the rows of a frame, its index as the records, its column `link` as their addresses.

        `compare` are two columns to be compared word by word, `filters` those whose filters stand first.
        """
        links = frame["link"].to_dict()
        rows = frame.drop(columns="link")
        source = FrameSource(rows, compare=compare, filters=filters, link=lambda one: str(links.get(one, "")))
        self._put(Grid(source, label=label, page=_PAGE))

    def clear(self) -> None:
        """Show nothing."""
        self._put()

    def _put(self, *grids: Grid) -> None:
        before, self.children = self.children, grids
        for one in before:
            one.close()
