"""All records by the list endpoint, several pages at a time.

The endpoint's cursor is the id of the next record, so any id can be one: the ids are cut into spans that are read side
by side, each record in the one span that its id lies in. So none is lost and none read twice, whatever is made, deleted
or merged meanwhile. Where a cursor turns out to be something else, the pages are read one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hsai_kit.errors import HsaiError, HubSpotError
from hsai_kit.hubspot.answers import MOST_IDLE, parse_id, refuse_repetition
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.records import Record, read_page

AT_ONCE = 8
# A span with fewer pages left than this is not cut any more: each cut costs half a page.
_WORTH_CUTTING = 4


class NotById(Exception):
    """The list endpoint's cursor is no record id."""


@dataclass
class Span:
    """The ids from `first` up to and without `end` (None: all that follow), read up to and without `next`."""

    first: int
    next: int
    end: int | None
    width: float = 0.0
    """How many ids a page covers there; 0 as long as no page was read."""
    idle: int = 0
    """Pages in a row that held nothing."""

    @property
    def is_done(self) -> bool:
        """True once nothing is left to read."""
        return self.end is not None and self.next >= self.end

    @property
    def pages_left(self) -> float:
        """An estimate: ids do not lie equally dense everywhere."""
        if self.is_done or self.end is None or not self.width:
            return 0.0
        return (self.end - self.next) / self.width


KeepPage = Callable[[list[Record], Sequence[Span]], None]
"""Takes a page's records and the spans as they are after it, to be kept together."""


async def read_spans(
    client: HubSpotClient,
    object_type: str,
    properties: Sequence[str],
    spans: list[Span],
    keep: KeepPage,
    go_on: Callable[[], Awaitable[bool]],
    *,
    at_once: int = AT_ONCE,
) -> None:
    """Read all records of `spans`, handing each page to `keep`, until `go_on` says no; idle readers cut spans in two.

    Raises NotById where the cursor is no record id.
    """
    flying: dict[asyncio.Task[Any], Span] = {}
    problem: HsaiError | None = None
    try:
        while True:
            while (
                problem is None
                and len(flying) < at_once
                and (span := _choose_span(spans, list(flying.values())))
                and await go_on()
            ):
                page = read_page(client, object_type, properties, span.next if span.next > 0 else None)
                flying[asyncio.create_task(page)] = span
            if not flying:
                break
            landed, _ = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            for task in landed:
                span = flying.pop(task)
                try:
                    records, after = _read_result(task, span)
                except HsaiError as met:
                    # What is in flight is waited for all the same: a pull goes on from there.
                    problem = problem or met
                else:
                    keep(_advance(span, records, after), spans)
    finally:
        for task in flying:
            task.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
    if problem is not None:
        raise problem


def _read_result(task: asyncio.Task[Any], span: Span) -> tuple[list[Record], str | None]:
    try:
        records, after = task.result()
    except HubSpotError as problem:
        if problem.status == 400 and span.next == span.first > 0:
            # An id of our own choice is no cursor there.
            raise NotById from problem
        raise
    return records, after


def _choose_span(spans: list[Span], busy: Sequence[Span]) -> Span | None:
    """Return a span that nobody reads, or half of the one with most left; what is beyond the last id comes last."""
    idle = [span for span in spans if not span.is_done and not any(span is one for one in busy)]
    bounded = [span for span in idle if span.end is not None]
    if bounded:
        return bounded[0]
    most = max(busy, key=lambda span: span.pages_left, default=None)
    if most is not None and most.end is not None and most.pages_left >= _WORTH_CUTTING:
        # The page in flight is counted as read.
        middle = int(most.next + most.width + (most.end - most.next - most.width) / 2)
        half = Span(middle, middle, most.end, most.width)
        most.end = middle
        spans.append(half)
        return half
    return idle[0] if idle and not busy else None


def _advance(span: Span, records: list[Record], after: str | None) -> list[Record]:
    """Move the span on behind a page, and return those of the page's records that lie in it."""
    ids = [int(record.id) for record in records]
    following = None if after is None else int(parse_id(after) or -1)
    span.idle = 0 if ids else span.idle + 1
    refuse_repetition(following is not None and span.idle == MOST_IDLE)
    ascending = all(one < other for one, other in pairwise(ids))
    if not ascending or (ids and ids[0] < span.next):
        raise NotById
    if following is not None:
        if following <= max([span.next, *ids[-1:]]):
            raise NotById
        span.width = float(following - (ids[0] if ids else span.next))
    own = [record for record, one in zip(records, ids, strict=True) if span.end is None or one < span.end]
    if following is None:
        span.end = span.end if span.end is not None else max([span.next, *(one + 1 for one in ids)])
        span.next = span.end
    else:
        span.next = following if span.end is None else min(following, span.end)
    return own
