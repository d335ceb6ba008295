"""What is never overwritten: protected and read-only properties, and any value by a blank."""

from __future__ import annotations

from collections.abc import Mapping

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.properties import Property
from hsai_kit.steps.push.plan import PushRow, PushVerdict


def refuse_protected(hub: Connection, definition: Property) -> None:
    """Raise PushRefused for a property that this workspace protects, or that HubSpot lets nobody write."""
    if definition.name in hub.workspace.settings.hubspot.protected_properties:
        message = (
            f"{definition.name} is protected in this workspace (protected_properties in hsai.toml), so nothing is "
            "written to it. Push to another property, or take it off that list."
        )
        raise PushRefused(message)
    refuse_read_only(definition)


def refuse_read_only(definition: Property) -> None:
    """Raise PushRefused for a property that HubSpot lets nobody write."""
    if not definition.writable:
        kind = "calculated by HubSpot" if definition.calculated else "read-only in HubSpot"
        message = (
            f"{definition.name} ({definition.label}) is {kind}, so it cannot be written. Push to another property."
        )
        raise PushRefused(message)


def protect_from_blank(record_id: str, name: str, pulled: Mapping[str, str | None] | None) -> PushRow:
    """Leave a value alone for a blank answer; where it was pulled blank, nothing would have changed anyhow."""
    before = None if pulled is None else pulled.get(record_id)
    if pulled is not None and record_id in pulled and not before:
        return PushRow(record_id, name, PushVerdict.SAME, "", "")
    reason = "the answer is blank, and a blank never overwrites"
    return PushRow(record_id, name, PushVerdict.BLANK, before or "", "", reason)
