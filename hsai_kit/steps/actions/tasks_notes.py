"""Tasks and notes: marked, looked up, then created, so that a row never gets two."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hsai_kit.errors import HsaiError, HubSpotError, WriteUncertain
from hsai_kit.hubspot.associations import find_association_type
from hsai_kit.hubspot.create import Draft, archive_batch, create_batch, find_marked
from hsai_kit.hubspot.records import BATCH, Record
from hsai_kit.steps.actions.build_plan import KEPT
from hsai_kit.steps.actions.executor import ATTEMPTS, ActionExecutor
from hsai_kit.steps.actions.html_body import matches_sent
from hsai_kit.steps.actions.plan import DONE, ActionRow

__all__ = ["CreateExecutor"]


class CreateExecutor(ActionExecutor):
    """Creates the records of a plan, each with its mark, in batches of 100."""

    size = BATCH

    async def before(self) -> None:
        """Settle what the plan found by its mark: an earlier session made it and died before it could say so."""
        found = [row for row in self.plan.rows if row.verdict == DONE]
        await self._settle(found)
        known = self.journal.find_standing([row.mark for row in found])
        self.note([row for row in found if row.mark not in known], "done", "found in HubSpot by its mark")
        self._link = await find_association_type(self.hub.hubspot, self.plan.target.id, self.plan.object_type)

    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Claim the rows in the journal, then create."""
        await self._settle(rows)
        acts = [self.act(row, "sending", content=json.dumps(dict(row.properties))) for row in rows]
        claimed = {act.record_id for act in self.journal.claim(self.id, acts)}
        self.note([row for row in rows if row.record_id not in claimed], "left alone", "it was done meanwhile")
        ours = [row for row in rows if row.record_id in claimed]
        # A colleague's session of the same recipe has a journal of its own, and may have been quicker.
        await self._create(await self._look(ours) if self.plan.once else ours)

    async def _create(self, rows: Sequence[ActionRow], attempt: int = 1, *, lost: bool = False) -> None:
        """Create once; `lost` says that an earlier attempt may have been carried out after it was looked for."""
        if not rows:
            return
        drafts = [Draft(row.mark, row.record_id, row.properties) for row in rows]
        try:
            created = await create_batch(self.hub.hubspot, self.plan.target.id, drafts, self._link, attempt=attempt)
        except WriteUncertain as problem:
            left = await self._look(rows) if problem.maybe_done else rows
            if attempt == ATTEMPTS:
                if not problem.maybe_done:
                    self.note(left, "not sent", str(problem))
                raise problem.problem from None
            await self._create(left, attempt + 1, lost=lost or problem.maybe_done)
        except HsaiError as problem:
            if not _about_one_record(problem):
                self.note(rows, "not sent", str(problem))
                raise
            await self._apart(rows, str(problem), lost=lost)
        else:
            self._created(rows, created.records, created.reasons)
            if lost:
                await self._only_one(rows)

    async def _apart(self, rows: Sequence[ActionRow], reason: str, *, lost: bool) -> None:
        """HubSpot refused a batch as a whole: halve it until the bad rows stand alone."""
        if len(rows) == 1:
            self.note(rows, "refused", reason)
            return
        middle = len(rows) // 2
        for half in (rows[:middle], rows[middle:]):
            await self._create(half, lost=lost)

    def _created(self, rows: Sequence[ActionRow], made: Mapping[str, Record], reasons: Mapping[str, str]) -> None:
        acts = []
        for row in rows:
            record = made.get(row.mark)
            if record is None:
                reason = reasons.get(row.mark) or "HubSpot left it out of its answer"
                acts.append(self.act(row, "refused", reason))
            else:
                held = {name: record.properties.get(name) or "" for name in row.properties}
                acts.append(self.act(row, "done", made_id=record.id, content=json.dumps(held)))
        self.journal.note(self.id, acts)

    async def _look(self, rows: Sequence[ActionRow]) -> list[ActionRow]:
        """Note which rows were created although the answer was lost, and return those that were not."""
        there = await self._marked(rows)
        for row in rows:
            if row.mark in there:
                self._keep(row.mark, there[row.mark][0], row.properties)
        return [row for row in rows if row.mark not in there]

    async def _settle(self, rows: Sequence[ActionRow]) -> None:
        """Find out what became of what a session was sending when it died; this one holds the lock, so it is dead."""
        standing = self.journal.find_standing([row.mark for row in rows])
        unsure = [row for row in rows if row.mark in standing and standing[row.mark][1].outcome != "done"]
        there = await self._marked(unsure)
        for row in unsure:
            if row.mark in there:
                sent = json.loads(standing[row.mark][1].content or "{}")
                self._keep(row.mark, there[row.mark][0], sent)
        lost = [row.mark for row in unsure if row.mark not in there]
        self.journal.settle(lost, "not sent", reason="its answer was lost, and HubSpot does not have it")

    def _keep(self, mark: str, record: Record, sent: Mapping[str, str]) -> None:
        held = {name: record.properties.get(name) or "" for name in sent}
        content = json.dumps(held if matches_sent(held, sent) else dict(sent))
        self.journal.settle([mark], "done", made_id=record.id, content=content)

    async def _only_one(self, rows: Sequence[ActionRow]) -> None:
        """Keep one where HubSpot carried out both a write whose answer was lost and the one after it."""
        there = await self._marked(rows)
        kept = {mark: act.made_id for mark, (_, act) in self.journal.find_standing([row.mark for row in rows]).items()}
        extra = [one.id for mark, found in there.items() if mark in kept for one in found if one.id != kept[mark]]
        for start in range(0, len(extra), BATCH):
            await archive_batch(self.hub.hubspot, self.plan.target.id, extra[start : start + BATCH])

    async def _marked(self, rows: Sequence[ActionRow]) -> dict[str, list[Record]]:
        ids, makes = [row.record_id for row in rows], self.plan.target.id
        return await find_marked(self.hub.hubspot, self.plan.object_type, ids, makes, KEPT[makes])


def _about_one_record(problem: HsaiError) -> bool:
    # 400: HubSpot's validation, or a record that is not there to be associated with.
    return isinstance(problem, HubSpotError) and problem.status in {400, 409}
