"""What is to be pushed: which fields of a run's answers go to which properties, with what was decided about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.runtime.console import advise
from hsai_kit.steps.plans.reviews import ReviewLike, as_reviews, refuse_elsewhere
from hsai_kit.steps.push.plan_builder import PropertyTarget, PushSource

Destination: TypeAlias = str | Mapping[str, str] | None
"""The property that answers go to, or properties by field; None for those that the assistant names."""


def destination_in(words: str) -> Destination:
    """Return where answers go as somebody typed it: a property, or `field: property, field: property`.

    >>> destination_in("urgency: hs_priority, why: reason"), destination_in("state"), destination_in(" ")
    ({'urgency': 'hs_priority', 'why': 'reason'}, 'state', None)
    """
    if ":" not in words:
        return words.strip() or None
    pairs = (part.partition(":") for part in words.split(",") if part.strip())
    return {field.strip(): name.strip() for field, _, name in pairs}


def select_with_destination(reviewed: Sequence[ReviewLike], to: Destination) -> list[ReviewLike]:
    """Return those of several reviews whose answers go to a property; the others stay in the run."""
    named = to if isinstance(to, Mapping) else {}
    return [one for one in reviewed if named.get(one.field) or one.to]


def read_source(hub: Connection, checked: ReviewLike | Sequence[ReviewLike], to: Destination) -> PushSource:
    """Gather what was decided about each field that is pushed.

    Raises PushRefused where it is not told what goes where, and for runs of other places.
    """
    reviewed = as_reviews(checked, "push(hub, checked)")
    run = reviewed[0].run
    destinations = _destinations(reviewed, to)
    refuse_elsewhere(hub, run)
    pull = hub.store.pulls.get(run.record.pull_id) if run.record.pull_id else None
    targets = [
        PropertyTarget(
            field=field,
            name=name,
            decisions=hub.store.decisions.current(run.id, field),
            pulled=hub.store.pulls.values(pull.id, name) if pull and name in pull.properties else None,
            ours=(
                hub.store.pushes.read_written_since(pull.at, run.record.portal_id, pull.object_type, name)
                if pull
                else {}
            ),
        )
        for field, name in destinations.items()
    ]
    return PushSource(run.id, run.record.object_type, run.results(), targets)


def _destinations(reviewed: Sequence[ReviewLike], to: Destination) -> dict[str, str]:
    """Return the property of each field."""
    fields = [one.field for one in reviewed]
    if isinstance(to, str) and len(fields) > 1:
        example = advise(f"to={{{fields[0]!r}: {to!r}, …}}", f"--to {fields[0]}={to}")
        message = f"Several fields cannot go to one property. Say which goes where: {example}."
        raise PushRefused(message)
    given = {fields[0]: to} if isinstance(to, str) else dict(to or {})
    known = reviewed[0].run.fields
    if unknown := [field for field in given if field not in known]:
        message = f"This run has no field {unknown[0]!r}. It has: {', '.join(known)}."
        raise PushRefused(message)
    found = {one.field: given.get(one.field) or one.to for one in reviewed} | given
    for field, name in found.items():
        if not name:
            code = "to='…'" if len(found) == 1 else f"to={{{field!r}: '…'}}"
            what = "the answers go" if len(found) == 1 else f"{field} goes"
            example = advise(f"push(hub, checked, {code})", f"hsai push --to {field}=PROPERTY")
            message = f"Say which property {what} to: {example}."
            raise PushRefused(message)
    names = {field: name for field, name in found.items() if name}
    for name in names.values():
        if len(sharing := [field for field, other in names.items() if other == name]) > 1:
            message = f"{' and '.join(sharing)} would both go to {name}. Give each field a property of its own."
            raise PushRefused(message)
    return names
