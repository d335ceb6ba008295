"""Messages to people outside of HubSpot: one a record, one an owner, or one digest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence

from hsai_kit.connection import Connection
from hsai_kit.credentials.notify_addresses import OWNER_EMAIL, deliver, find_address
from hsai_kit.errors import HsaiError, PushRefused
from hsai_kit.steps.actions.action import Notify
from hsai_kit.steps.actions.approved_rows import ApprovedRows
from hsai_kit.steps.actions.build_plan import build_action_plan
from hsai_kit.steps.actions.executor import ActionExecutor
from hsai_kit.steps.actions.plan import NOBODY, NOT_ALLOWED, WILL, ActionPlan, ActionRow, ActionTarget
from hsai_kit.tabular.cell_text import format_line

__all__ = ["NotifyExecutor", "plan_notify"]

# How many records a message names; a channel with thousands of lines tells nobody anything.
_SHOWN = 50
# What calls everybody in a channel together, in Slack, Teams and Discord: a record may say it too.
_CALLS = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[!@])", re.IGNORECASE)


def plan_notify(hub: Connection, source: ApprovedRows, action: Notify) -> ActionPlan:
    """Plan messages; raises MissingAddress, and PushRefused for more messages than `most`."""
    found = find_address(action.to)
    personal = OWNER_EMAIL in found.secret.get_secret_value()
    emails = {one.id: one.email for one in source.owners} if personal or action.per == "owner" else {}

    def draft(ids: list[str]) -> dict[str, ActionRow]:
        texts = source.render(action.message, ids)
        rows = {}
        for one in ids:
            owner = source.present[one]
            group = {"record": one, "owner": emails.get(owner, "") or owner, "digest": ""}[action.per]
            text = _CALLS.sub(lambda call: f"{call[0]}\u200b", texts[one].strip())
            title = format_line(action.title or f"{source.run.record.assistant}: {source.kind.name}", 200)
            verdict, reason = (WILL, "") if text else (NOT_ALLOWED, "the message is blank")
            if personal and "@" not in emails.get(owner, ""):
                verdict, reason = NOBODY, "the address is the owner's own, and the record has no active owner"
            to = emails.get(owner, "") if personal or action.per == "owner" else ""
            rows[one] = ActionRow(one, verdict, title, text, to, reason, source.mark(action, one), group)
        return rows

    what = {"record": "a message for each record", "owner": "a message for each owner", "digest": "one message"}
    said = f"Send {what[action.per]} to {action.to!r}"
    plan = build_action_plan(
        hub, source, action, draft, ActionTarget(action.to, said, "A message cannot be taken back.")
    )
    count = len({row.group for row in plan.to_do})
    if count > action.most:
        message = (
            f"That would be {count:,} messages, and at most {action.most:,} are sent at once. Send a digest "
            f"(per='digest'), or allow more: notify(…, most={count})."
        )
        raise PushRefused(message)
    return plan


class NotifyExecutor(ActionExecutor):
    """Sends the messages of a plan; one whose fate is not known is never sent again by itself."""

    async def before(self) -> None:
        """Look the address up once; a message goes out even where the key ring is locked later."""
        self._address = find_address(self.plan.target.id).secret

    def batches(self) -> Iterator[Sequence[ActionRow]]:
        """Return the rows of each message."""
        groups: dict[str, list[ActionRow]] = {}
        for row in self.plan.to_do:
            groups.setdefault(row.group, []).append(row)
        yield from groups.values()

    async def batch(self, rows: Sequence[ActionRow]) -> None:
        """Claim the rows in the journal, then send their message."""
        claimed = {act.record_id for act in self.journal.claim(self.id, [self.act(row, "sending") for row in rows])}
        self.note([row for row in rows if row.record_id not in claimed], "left alone", "it was sent meanwhile")
        ours = [row for row in rows if row.record_id in claimed]
        if not ours:
            return
        try:
            await asyncio.to_thread(
                deliver, self._address, ours[0].what, self._body(ours), owner_email=ours[0].assignee
            )
        except HsaiError as problem:
            self.note(ours, "refused", str(problem))
            raise
        self.note(ours, "done")

    def _body(self, rows: Sequence[ActionRow]) -> str:
        portal, kind = self.plan.portal, self.plan.object_type_id
        told = [f"{row.text}\n{portal.record_link(kind, row.record_id)}" for row in rows[:_SHOWN]]
        if len(rows) > _SHOWN:
            told.append(f"and {len(rows) - _SHOWN:,} more")
        return "\n\n".join(told)
