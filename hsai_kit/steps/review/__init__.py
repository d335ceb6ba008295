"""A run into decisions: every proposal beside the old value, approved, edited or rejected by somebody."""

from __future__ import annotations

from hsai_kit.errors import ReviewError
from hsai_kit.run import Run
from hsai_kit.steps.review.review_result import Review, Rows

__all__ = ["Review", "Rows", "review"]


def review(run: Run, field: str | None = None, *, to: str | None = None) -> Review:
    """Return the proposals of `run` for review; decisions made before, by anybody, are there again.

    In a notebook the result shows as a grid to decide in. `field` names which of several fields is reviewed. `to` is
    the property that the answers are meant for, whose value at the time of the pull is shown as `before`; without it
    the assistant's own `to` is used.

    Raises ReviewError where the run has several fields and none is named.
    """
    names = run.fields
    if field is None and len(names) > 1:
        message = (
            f"This run answers several fields: {', '.join(names)}. "
            f"Review them one by one, such as review(run, {names[0]!r})."
        )
        raise ReviewError(message)
    chosen = field or names[0]
    if chosen not in names:
        message = f"This run has no field {chosen!r}. It has: {', '.join(names)}."
        raise ReviewError(message)
    return Review(run, chosen, to or run.assistant.output.fields[chosen].to)
