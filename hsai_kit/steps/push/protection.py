"""Which properties may be written at all."""

from __future__ import annotations

from hsai_kit.connection import Connection
from hsai_kit.errors import PushRefused
from hsai_kit.hubspot.properties import Property


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
