"""Messages to people outside of HubSpot: one a record, one an owner, or one digest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import SecretStr

from hsai_kit.connection import Connection
from hsai_kit.credentials.notify_addresses import OWNER_EMAIL, deliver, find_address
from hsai_kit.errors import ActionRefused, DeliveryUncertain, HsaiError
from hsai_kit.hubspot.objects import ObjectType
from hsai_kit.runtime.console import advise
from hsai_kit.steps.actions.action import Action, Checked, as_verb, describe
from hsai_kit.steps.actions.action_input import ActionInput, read_action_input
from hsai_kit.steps.actions.engagement import BODY_HELP
from hsai_kit.steps.actions.executor import ActionExecutor
from hsai_kit.steps.actions.plan import ActionPlan, ActionRow, ActionTarget, ActionVerdict
from hsai_kit.steps.actions.plan_builder import build_action_plan
from hsai_kit.steps.actions.registry import register
from hsai_kit.steps.plans.executor import Attempt, Batch
from hsai_kit.store import ActionOutcome
from hsai_kit.tabular.cell_text import format_line

# How many records a message names; a channel with thousands of lines tells nobody anything.
_SHOWN = 50
# What calls everybody in a channel together, in Slack, Teams and Discord: a record may say it too.
_CALLS = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[!@])", re.IGNORECASE)
_TITLES = {"record": "a message for each record", "owner": "a message for each owner", "digest": "one message"}


class NotifyExecutor(ActionExecutor[None]):
    """Sends the messages of a plan; one whose fate is not known is never sent again by itself."""

    taken_reason = "it was sent meanwhile"

    def __init__(self, hub: Connection, plan: ActionPlan) -> None:
        super().__init__(hub, plan)
        self._address = SecretStr("")

    async def prepare(self) -> None:
        """Look the address up once; a message goes out even where the key ring is locked later."""
        await super().prepare()
        perhaps = [row for row in self.plan.rows if row.verdict is ActionVerdict.PERHAPS_DONE]
        self.journal.note(self.id, [self.line(row, ActionOutcome.LEFT_ALONE, row.reason) for row in perhaps])
        self._address = find_address(self.plan.target.id).secret

    def batches(self) -> Iterator[Batch[ActionRow]]:
        """Return the rows of each message."""
        groups: dict[str, list[ActionRow]] = {}
        for row in self.plan.to_do:
            groups.setdefault(row.group, []).append(row)
        return map(Batch, groups.values())

    async def send(self, rows: Sequence[ActionRow], attempt: Attempt) -> None:  # noqa: ARG002 -- there is but one
        """Send the message of some rows."""
        title, owner = rows[0].what, rows[0].assignee
        await asyncio.to_thread(deliver, self._address, title, self._body(rows), owner_email=owner)

    async def read_answer(self, rows: Sequence[ActionRow], answer: None, *, lost: bool) -> None:  # noqa: ARG002 -- it was taken
        """Note that the message was sent."""
        self.note(rows, ActionOutcome.DONE)

    def read_failure(self, problem: HsaiError) -> ActionOutcome:
        """Tell a message that may have arrived from one that was refused, which is sent again when it is asked for."""
        return ActionOutcome.UNKNOWN if isinstance(problem, DeliveryUncertain) else ActionOutcome.REFUSED

    def _body(self, rows: Sequence[ActionRow]) -> str:
        portal, kind = self.plan.portal, self.plan.object_type_id
        parts = [f"{row.text}\n{portal.record_link(kind, row.record_id)}" for row in rows[:_SHOWN]]
        if len(rows) > _SHOWN:
            parts.append(f"and {len(rows) - _SHOWN:,} more")
        return "\n\n".join(parts)


@register
@dataclass(frozen=True)
class Notify(Action):
    """Send a message about the approved records; a message cannot be taken back.

    `to` is the name under which `hsai notify add NAME` has kept an address. `message` is a template, rendered for each
    record: `{{ answer }}`, the fields of the answer, the pulled columns, `{{ owner }}` and `{{ record_id }}`; the
    record's link is put behind it. `per` is "record" (a message each), "owner" (one for each owner, with their records)
    or "digest" (one in all). More than `most` messages are refused before any is sent. `only` leaves all records out
    but those with these values.
    """

    do: ClassVar[str] = "notify"
    kind: ClassVar[str] = "notify"
    thing: ClassVar[str] = "a message"
    can_look_up: ClassVar[bool] = False
    no_undo_reason: ClassVar[str] = "was a message, and what was sent cannot be taken back"
    executor: ClassVar[type[ActionExecutor[Any]]] = NotifyExecutor

    to: str = field(metadata=describe("The name under which hsai notify add has kept an address."))
    message: str = field(default="{{ answer }}", metadata=describe(BODY_HELP, is_template=True))
    _: KW_ONLY
    title: str = field(default="", metadata=describe("Default: the assistant's name."))
    per: Literal["record", "owner", "digest"] = field(
        default="digest", metadata=describe("One message per record, per owner, or one digest.")
    )
    most: int = field(default=50, metadata=describe("More messages than these are refused.", minimum=1))
    name: str = "message"

    def __post_init__(self) -> None:
        """Raise ActionRefused for a setting that cannot be meant."""
        super().__post_init__()
        if self.per not in _TITLES:
            message = f"per is {self.per!r}; it is 'record', 'owner' or 'digest'."
            raise ActionRefused(message)

    def check(self, hub: Connection, kind: ObjectType) -> None:  # noqa: ARG002 -- an address is of no portal
        """Raise AddressNotFound where no address of that name is kept."""
        find_address(self.to)

    def plan(self, hub: Connection, checked: Checked, frame: pd.DataFrame | None) -> ActionPlan:
        """Plan messages; raises AddressNotFound, and ActionRefused for more messages than `most`."""
        source = read_action_input(hub, checked, frame)
        is_personal = OWNER_EMAIL in find_address(self.to).secret.get_secret_value()
        emails = {one.id: one.email for one in source.owners} if is_personal or self.per == "owner" else {}

        def draft(ids: Sequence[str]) -> dict[str, ActionRow]:
            texts = source.render(self.message, ids)
            return {one: self._draft(source, one, texts[one], emails, is_personal=is_personal) for one in ids}

        target = ActionTarget(self.to, f"Send {_TITLES[self.per]} to {self.to!r}", "A message cannot be taken back.")
        plan = build_action_plan(source, self, draft, target)
        count = len({row.group for row in plan.to_do})
        if count > self.most:
            digest, more = advise("per='digest'", "--per digest"), advise(f"notify(…, most={count})", f"--most {count}")
            message = (
                f"That would be {count:,} messages, and at most {self.most:,} are sent at once. Send a digest "
                f"({digest}), or allow more: {more}."
            )
            raise ActionRefused(message)
        return plan

    def _draft(
        self, source: ActionInput, record_id: str, text: str, emails: dict[str, str], *, is_personal: bool
    ) -> ActionRow:
        owner = source.present[record_id]
        email = emails.get(owner, "")
        quiet = _CALLS.sub(lambda call: f"{call[0]}\u200b", text.strip())
        title = format_line(self.title or f"{source.run.record.assistant}: {source.kind.name}", 200)
        verdict, reason = (ActionVerdict.TO_DO, "") if quiet else (ActionVerdict.NOT_ALLOWED, "the message is blank")
        if is_personal and "@" not in email:
            verdict = ActionVerdict.NO_ASSIGNEE
            reason = "the address is the owner's own, and the record has no active owner"
        group = {"record": record_id, "owner": email or owner, "digest": ""}[self.per]
        return ActionRow(record_id, verdict, title, quiet, email, reason, self.mark(source, record_id), group)


notify = as_verb(Notify)
