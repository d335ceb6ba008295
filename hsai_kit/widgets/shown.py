"""How a notebook shows the results of verbs."""

from __future__ import annotations

from IPython.display import display

from hsai_kit.steps.review import Checked
from hsai_kit.widgets.grid import ReviewGrid

__all__ = ["show"]


def show(checked: Checked) -> None:
    """Show a review as a grid."""
    display(ReviewGrid(checked))  # type: ignore[no-untyped-call]
