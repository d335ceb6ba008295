"""How a notebook shows the results of verbs."""

from __future__ import annotations

from IPython.display import display

from hsai_kit.steps.review import Review
from hsai_kit.widgets.grid import ReviewGrid

__all__ = ["show"]


def show(checked: Review) -> None:
    """Show a review as a grid."""
    display(ReviewGrid(checked))  # type: ignore[no-untyped-call]
