"""Reading the records of a pull: all of them, those that match, the members of a list, or certain ones.

Every page is kept in the store as it comes, with the place where the pull goes on if it breaks off.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from hsai_kit.errors import HubSpotError, ScopesMissing
from hsai_kit.hubspot import search
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.hubspot.filter_groups import SearchQuery
from hsai_kit.hubspot.list_endpoint import AT_ONCE, NotById, Span, read_spans
from hsai_kit.hubspot.lists import RecordList, iterate_members
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.hubspot.records import BATCH, Record, find_survivor, iterate_records, read_batch
from hsai_kit.runtime.background import Control
from hsai_kit.steps.pull.association_columns import AssociationColumns
from hsai_kit.steps.pull.selection import list_ids_if_few
from hsai_kit.store import Store

# A limit beyond this is worth finding out where its last record lies, so that many pages are read at once.
_FAR = 1_000
# Whether an id was merged is asked one by one, so not for more than these.
_MOST_FOLLOWED = 500


@dataclass
class PullReader:
    """One pull's records on their way into the store, from where it broke off if it did."""

    client: HubSpotClient
    store: Store
    control: Control
    pull_id: str
    kind: ObjectType
    names: Sequence[str]
    queries: Sequence[SearchQuery]
    """The searches that tell which records match; of [] all do."""
    associations: AssociationColumns
    limit: int | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    """Ids that were asked for and are not among the records, with the reason."""
    kept: set[str] = field(init=False)
    """Ids that an earlier attempt has read."""
    _places: list[tuple[int, int, int | None]] = field(init=False)

    def __post_init__(self) -> None:
        self._places = self.store.pulls.places(self.pull_id)
        self._look_at_kept()
        self.associations.add(self.kept)

    def _look_at_kept(self) -> None:
        self.kept = set(self.store.pulls.ids(self.pull_id))
        self.control.progress.done = len(self.kept)

    async def read_all(self) -> None:
        """Read all records by the list endpoint, the first ones only where there is a limit."""
        spans = [Span(*place) for place in self._places]
        if self.limit is None or self.limit > _FAR:
            spans = await self._plan_spans(spans)
        at_once = AT_ONCE if spans else 1
        spans = spans or [Span(0, 0, None)]
        client, kind, names = self.client, self.kind.name, self.names
        try:
            await read_spans(client, kind, names, spans, self._keep_spans, self._may_go_on, at_once=at_once)
        except NotById:
            self._look_at_kept()
            async for page in iterate_records(client, kind, names):
                self._keep([record for record in page if record.id not in self.kept])
                if not await self._may_go_on():
                    return

    async def _plan_spans(self, spans: list[Span]) -> list[Span]:
        """Return the spans of ids to read side by side, or none where HubSpot's search does not know such records."""
        try:
            total, top = await search.read_extent(self.client, self.kind.name)
            self.control.progress.total = min(total, self.limit or total)
            if spans:
                return spans
            if self.limit is not None and self.limit < total:
                last = await search.read_ids_at(self.client, self.kind.name, SearchQuery(((),)), [self.limit - 1])
                return [Span(0, 0, int(last[0]) + 1 if last else top + 1)]
        except (HubSpotError, ScopesMissing):
            return spans
        # The last one is for what is made while the others are read.
        return [Span(0, 0, top + 1), *([] if self.limit else [Span(top + 1, top + 1, None)])]

    async def read_matches(self) -> None:
        """Read the records that any of the searches finds, by id."""
        if not await self._may_go_on():
            return
        ends = {part: following for part, following, _ in self._places}
        seen = set(self.kept)
        for number, query in enumerate(self.queries):
            last = ends.get(number, 0)
            pages = search.iterate_pages(self.client, self.kind.name, self.names, query, last)
            async for records, reached, left in pages:
                new = [record for record in records if record.id not in seen]
                if len(self.queries) > 1:
                    seen.update(record.id for record in new)
                room = new if self.limit is None else new[: self.limit - self.control.progress.done]
                # Not beyond what was kept, so that a record that the limit cut off is not skipped later.
                place = reached if len(room) == len(new) else int(room[-1].id)
                total = self.control.progress.done + len(room) + left
                self.control.progress.total = min(total, self.limit or total)
                self._keep(room, [(number, place, None)])
                if not await self._may_go_on():
                    return

    async def read_members(self, of: RecordList) -> None:
        """Read the members of a list that match, and report those that are gone."""
        self.control.progress.total = of.size if self.limit is None else min(of.size or self.limit, self.limit)
        allowed = await self._list_allowed(of.size or 0)
        pages = iterate_members(self.client, of.id)
        chosen = ([one for one in page if allowed is None or one in allowed] async for page in pages)
        await self._read_pages(chosen, allowed)

    async def read_ids(self, ids: Sequence[str]) -> list[str]:
        """Read these records as far as they match, and return the ids in the order given, merged ones under their new.

        Ids that are not in the portal are reported.
        """
        self.control.progress.total = len(ids) if self.limit is None else min(len(ids), self.limit)
        ids = ids[: self.limit] if not self.queries else ids
        allowed = await self._list_allowed(len(ids))

        async def one_page() -> AsyncIterator[Sequence[str]]:
            yield ids

        merged = await self._read_pages(one_page(), allowed)
        kept = set(self.store.pulls.ids(self.pull_id))
        return [one for one in dict.fromkeys(merged.get(one, one) for one in ids) if one in kept]

    async def _read_pages(self, pages: AsyncIterator[Sequence[str]], allowed: set[str] | None) -> dict[str, str]:
        gone: list[str] = []

        async def batches() -> AsyncIterator[list[str]]:
            waiting: list[str] = []
            async for page in pages:
                waiting += [one for one in page if one not in self.kept]
                while len(waiting) >= BATCH:
                    yield waiting[:BATCH]
                    waiting = waiting[BATCH:]
            if waiting:
                yield waiting

        async def read(ids: list[str]) -> None:
            found = await read_batch(self.client, self.kind.name, ids, self.names, with_odd=True)
            gone.extend(one for one in ids if one not in found)
            fits = await self._filter_ids(list(found), allowed)
            self._keep([record for one, record in found.items() if one in fits])

        await _run_side_by_side(batches(), read, self._may_go_on)
        return await self._follow_merges(gone, allowed)

    async def _filter_ids(self, ids: list[str], allowed: set[str] | None) -> set[str]:
        if allowed is not None:
            return allowed & set(ids)
        if not self.queries or not ids:
            return set(ids)
        return set(await search.find_matching(self.client, self.kind.name, (), self.queries, ids))

    async def _follow_merges(self, gone: Sequence[str], allowed: set[str] | None) -> dict[str, str]:
        """Find out where records went that were not there, and read those that others were merged into."""
        merged: dict[str, str] = {}
        for place, one in enumerate(gone):
            into = None
            if place < _MOST_FOLLOWED and await self.control.gate():
                into = await find_survivor(self.client, self.kind.name, one)
            if into is None:
                self.left_out[one] = f"not among the {self.kind.name} of this portal: deleted, or never there"
                continue
            if into != one:
                self.left_out[one] = f"merged into {into}, which was read instead"
                merged[one] = into
            if not self.store.pulls.records(self.pull_id, [into]) and await self._filter_ids([into], allowed):
                found = await read_batch(self.client, self.kind.name, [into], self.names)
                self._keep(list(found.values()))
        return merged

    async def _list_allowed(self, candidates: int) -> set[str] | None:
        return await list_ids_if_few(self.client, self.kind.name, self.queries, candidates) if self.queries else None

    def _keep_spans(self, records: list[Record], spans: Sequence[Span]) -> None:
        places = [(span.first, span.next, span.end) for span in spans]
        new = [record for record in records if record.id not in self.kept]
        self._keep(new, list(set(places) - set(self._places)))
        self._places = places

    def _keep(self, records: list[Record], places: Sequence[tuple[int, int, int | None]] = ()) -> None:
        self.associations.raise_failure()
        self.left_out |= {record.id: record.problem for record in records if record.problem}
        records = [record for record in records if not record.problem]
        self.store.pulls.add(self.pull_id, ((record.id, record.properties) for record in records), places)
        self.control.progress.done += len(records)
        self.associations.add(record.id for record in records)

    async def _may_go_on(self) -> bool:
        enough = self.limit is not None and self.control.progress.done >= self.limit
        return not enough and await self.control.gate()


async def _run_side_by_side(
    jobs: AsyncIterator[list[str]],
    work: Callable[[list[str]], Awaitable[None]],
    go_on: Callable[[], Awaitable[bool]],
) -> None:
    """Do the jobs as they come, several at a time, until `go_on` says no."""
    flying: set[asyncio.Future[None]] = set()

    async def settle(most: int) -> None:
        while len(flying) > most:
            done, _ = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
            flying.difference_update(done)
            for one in done:
                one.result()

    try:
        async for job in jobs:
            await settle(AT_ONCE - 1)
            if not await go_on():
                break
            flying.add(asyncio.ensure_future(work(job)))
        await settle(0)
    finally:
        for one in flying:
            one.cancel()
        await asyncio.gather(*flying, return_exceptions=True)
