"""Tasks and notes in HubSpot: looked up by their mark, then created, so that a row never gets two; and archived."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError, HubSpotError
from hsai_kit.hubspot.associations import AssociationType, find_association_type
from hsai_kit.hubspot.create import CreateResult, Draft, archive_batch, create_batch, find_marked
from hsai_kit.hubspot.dates import parse_moment
from hsai_kit.hubspot.records import BATCH, Record, read_many
from hsai_kit.hubspot.rich_text import strip_html
from hsai_kit.runtime.background import Control
from hsai_kit.runtime.clock import read_clock
from hsai_kit.runtime.progress import say
from hsai_kit.runtime.rate_limit import Room
from hsai_kit.steps.actions.executor import ActionExecutor, UndoExecutor
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionVerdict
from hsai_kit.steps.plans.executor import Attempt
from hsai_kit.store import Act, ActionOutcome
from hsai_kit.store.actions import LOST_ONCE


class CreateExecutor(ActionExecutor[CreateResult]):
    """Creates the records of a plan, each with its mark, in batches of 100."""

    size = BATCH

    def __init__(self, hub: Connection, plan: ActionPlan) -> None:
        super().__init__(hub, plan)
        self._link: AssociationType | None = None
        self._doubted: dict[str, ActionRow] = {}
        """Rows of which an answer was lost, by their mark: HubSpot may still carry out what it did not answer."""

    async def prepare(self) -> None:
        """Settle what the plan found by its mark: an earlier session made it and died before it could say so."""
        await super().prepare()
        found = [row for row in self.plan.rows if row.verdict is ActionVerdict.DONE]
        await self._settle(found)
        known = self.acts.find_standing([row.mark for row in found])
        self.note([row for row in found if row.mark not in known], ActionOutcome.DONE, "found in HubSpot by its mark")
        await self._archive_twins([*found, *self._read_doubted()])

    def _read_doubted(self) -> list[ActionRow]:
        """Return what earlier sessions made while an answer was lost; after a day nothing arrives any more."""
        plan, rows = self.plan, []
        yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        for at, act in self.acts.find_doubted(plan.portal.id, plan.object_type, plan.target.id):
            if at < yesterday:
                self.acts.settle([act.mark], ActionOutcome.DONE)
                continue
            sent = json.loads(act.content or "{}")
            rows.append(ActionRow(act.record_id, ActionVerdict.DONE, act.what, mark=act.mark, properties=sent))
        return rows

    async def finish(self, control: Control) -> None:
        """Wait for what HubSpot may still carry out of requests whose answer was lost, and keep one of each."""
        rows = list(self._doubted.values())
        if not rows:
            return
        seconds = self.hub.hubspot.settle_seconds
        until = read_clock() + seconds
        say(
            f"An answer of HubSpot was lost. In {seconds:.0f} seconds what it may have made twice is looked for; "
            "stop here and the next run does it."
        )
        while (left := until - read_clock()) > 0 and not control.is_stopping:
            control.progress.note = f"looking for what was made twice in {left:.0f} s"
            await asyncio.sleep(min(0.2, left))
        control.progress.note = ""
        if not control.is_stopping:
            await self._archive_twins(rows)

    async def check(self, rows: Sequence[ActionRow], room: Room | None, *, lost: bool) -> Sequence[ActionRow]:  # noqa: ARG002 -- a look needs several calls
        """Return the rows that are not made yet, and note those that are."""
        if lost:
            return await self._drop_made(rows)
        await self._settle(rows)
        if not self.plan.once:
            return rows
        # A colleague's session of the same recipe has a journal of its own, and may have been quicker.
        standing = self.acts.find_standing([row.mark for row in rows])
        unclaimed = await self._drop_made([row for row in rows if row.mark not in standing])
        return [row for row in rows if row.mark in standing or row in unclaimed]

    async def send(self, rows: Sequence[ActionRow], attempt: Attempt) -> CreateResult:
        """Create once."""
        client, target = self.hub.hubspot, self.plan.target.id
        if self._link is None:
            self._link = await find_association_type(client, target, self.plan.object_type)
        drafts = [Draft(row.mark, row.record_id, row.properties) for row in rows]
        return await create_batch(client, target, drafts, self._link, attempt=attempt.number)

    def doubt(self, rows: Sequence[ActionRow]) -> None:
        """Look for rows once more when all are through: HubSpot may carry them out after they were made again."""
        self._doubted |= {row.mark: row for row in rows}

    def is_about_rows(self, problem: HsaiError) -> bool:
        """Tell whether HubSpot's validation refused single rows, or a record is not there to be associated with."""
        return isinstance(problem, HubSpotError) and problem.status in {400, 409}

    async def read_answer(self, rows: Sequence[ActionRow], answer: CreateResult, *, lost: bool) -> None:
        """Note what was made; where two writes were carried out, keep one of each."""
        acts = []
        for row in rows:
            record = answer.records.get(row.mark)
            if record is None:
                reason = answer.reasons.get(row.mark) or "HubSpot left it out of its answer"
                acts.append(self.line(row, ActionOutcome.REFUSED, reason))
            else:
                content, reason = json.dumps(values_like(record, row.properties)), self._explain_doubt(row)
                acts.append(self.line(row, ActionOutcome.DONE, reason, made_id=record.id, content=content))
        self.acts.note(self.id, acts)
        if lost or self.plan.once:
            await self._archive_twins(rows)

    def _explain_doubt(self, row: ActionRow) -> str:
        return LOST_ONCE if row.mark in self._doubted else ""

    async def _drop_made(self, rows: Sequence[ActionRow]) -> list[ActionRow]:
        """Note which rows HubSpot has already, and return the others."""
        there = await self._find_marked(rows)
        acts: list[Act] = []
        for row in rows:
            if row.mark in there:
                record = there[row.mark][0]
                content = _content_of(record, row.properties)
                reason = self._explain_doubt(row)
                acts.append(self.line(row, ActionOutcome.DONE, reason, made_id=record.id, content=content))
        self.acts.note(self.id, acts)
        return [row for row in rows if row.mark not in there]

    async def _settle(self, rows: Sequence[ActionRow]) -> None:
        """Find out what became of what a session was sending when it died; this one holds the lock, so it is dead."""
        standing = self.acts.find_standing([row.mark for row in rows])
        unsure = [row for row in rows if row.mark in standing and standing[row.mark][1].outcome != ActionOutcome.DONE]
        there = await self._find_marked(unsure)
        self.doubt(unsure)
        for row in unsure:
            if row.mark in there:
                record, sent = there[row.mark][0], json.loads(standing[row.mark][1].content or "{}")
                content = _content_of(record, sent)
                self.acts.settle([row.mark], ActionOutcome.DONE, made_id=record.id, content=content, reason=LOST_ONCE)
        lost = [row.mark for row in unsure if row.mark not in there]
        self.acts.settle(lost, ActionOutcome.NOT_SENT, reason="its answer was lost, and HubSpot does not have it")

    async def _archive_twins(self, rows: Sequence[ActionRow]) -> None:
        """Keep one, of the lowest id, where HubSpot has several with one mark; what somebody changed stays."""
        there = await self._find_marked(rows) if rows else {}
        standing = self.acts.find_standing([row.mark for row in rows])
        extra: list[str] = []
        for row in rows:
            found = sorted(there.get(row.mark, ()), key=lambda one: int(one.id))
            if not found:
                continue
            known = standing[row.mark][1].made_id if row.mark in standing else ""
            if known != found[0].id:
                self._take_over(row, found[0], is_known=row.mark in standing)
            extra += [one.id for one in found[1:] if matches_sent(values_like(one, row.properties), row.properties)]
        for start in range(0, len(extra), BATCH):
            await archive_batch(self.hub.hubspot, self.plan.target.id, extra[start : start + BATCH])

    def _take_over(self, row: ActionRow, record: Record, *, is_known: bool) -> None:
        """Note that the one that stays is another than was thought, or that it was made after all."""
        content = _content_of(record, row.properties)
        if is_known:
            reason = self._explain_doubt(row)
            self.acts.settle([row.mark], ActionOutcome.DONE, made_id=record.id, content=content, reason=reason)
        else:
            line = self.line(row, ActionOutcome.DONE, LOST_ONCE, made_id=record.id, content=content)
            self.acts.note(self.id, [line])

    async def _find_marked(self, rows: Sequence[ActionRow]) -> dict[str, list[Record]]:
        ids, target = [row.record_id for row in rows], self.plan.target
        return await find_marked(self.hub.hubspot, self.plan.object_type, ids, target.id, target.properties)


class ArchiveExecutor(UndoExecutor):
    """Archives what an action made, after looking once more."""

    size = BATCH

    async def check(self, rows: Sequence[ActionRow], room: Room | None, *, lost: bool) -> Sequence[ActionRow]:  # noqa: ARG002 -- a look needs several calls
        """Return the rows that are still as the plan saw them, and note the others."""
        if lost:
            # What is archived already can be archived again, so there is nothing to look for.
            return rows
        target = self.plan.target
        present = await read_many(self.hub.hubspot, target.id, [row.made_id for row in rows], target.properties)
        still = [row for row in rows if _is_unchanged(row, present.get(row.made_id))]
        changed = [row for row in rows if row not in still]
        self.note(changed, ActionOutcome.LEFT_ALONE, "somebody changed or deleted it meanwhile")
        return still

    async def send(self, rows: Sequence[ActionRow], attempt: Attempt) -> None:
        """Archive once."""
        made = [row.made_id for row in rows]
        await archive_batch(self.hub.hubspot, self.plan.target.id, made, attempt=attempt.number)

    async def read_answer(self, rows: Sequence[ActionRow], answer: None, *, lost: bool) -> None:
        """Look what is left of each mark: what was made twice goes too, and what is still there is not taken back."""
        target = self.plan.target
        ids = [row.record_id for row in rows]
        there = await find_marked(self.hub.hubspot, self.plan.object_type, ids, target.id, target.properties)
        left = {row.mark: there.get(row.mark, []) for row in rows}
        twins = [one.id for row in rows for one in left[row.mark] if one.id != row.made_id and _is_unchanged(row, one)]
        for start in range(0, len(twins), BATCH):
            await archive_batch(self.hub.hubspot, target.id, twins[start : start + BATCH])
        still = [row for row in rows if row.made_id in {one.id for one in left[row.mark]}]
        self.note(still, ActionOutcome.REFUSED, "HubSpot answered with success and did not archive it")
        await super().read_answer([row for row in rows if row not in still], answer, lost=lost)


def values_like(record: Record, like: Iterable[str]) -> dict[str, str]:
    """Return what a record holds of some properties, "" where unset."""
    return {name: record.properties.get(name) or "" for name in like}


def matches_sent(held: Mapping[str, str], sent: Mapping[str, str]) -> bool:
    """Tell whether HubSpot holds what was sent, which it may write in its own way: dates, spaces, tags."""
    return all(_is_same_text(held.get(name, ""), value) for name, value in sent.items())


def _content_of(record: Record, sent: Mapping[str, str]) -> str:
    """Return what was made as JSON: as HubSpot writes it, but what was sent where somebody changed it since."""
    held = values_like(record, sent)
    return json.dumps(held if matches_sent(held, sent) else dict(sent))


def _is_unchanged(row: ActionRow, now: Record | None) -> bool:
    return now is not None and values_like(now, row.properties) == row.properties


def _is_same_text(one: str, other: str) -> bool:
    if one == other or strip_html(one).split() == strip_html(other).split():
        return True
    moment = parse_moment(one)
    return moment is not None and moment == parse_moment(other)
