"""The answers of HubSpot's own faults, given on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hsai_kit.sandbox.hubspot.errors import HubSpotError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hsai_kit.sandbox.hubspot.rate_limits import RateWindows

# Those come from whatever stands before HubSpot, which answers in HTML.
PAGES: Mapping[str, str] = {
    "414": "Request-URI Too Large",
    "521": "Web server is down",
    "524": "A timeout occurred",
}
KINDS = ("ten_secondly", "secondly", "daily", "423", "477", *PAGES)


def fault_error(kind: str, retry_after: float, windows: RateWindows) -> HubSpotError:
    """Make the refusal of a fault kind that answers in JSON; ValueError for a kind that is none."""
    if kind == "ten_secondly":
        return windows.build_refusal("TEN_SECONDLY_ROLLING")
    if kind == "secondly":
        return windows.build_refusal("SECONDLY")
    if kind == "daily":
        return windows.build_refusal("DAILY")
    if kind == "423":
        return HubSpotError(423, "The resource is locked by another change. Try again in two seconds.", "LOCKED")
    if kind == "477":
        message = "This account is moving to another data center. Try again later."
        return HubSpotError(477, message, "MIGRATION_IN_PROGRESS", headers={"Retry-After": f"{retry_after:g}"})
    message = f"There is no HubSpot fault {kind!r}. There are: {', '.join(KINDS)}."
    raise ValueError(message)


def page(kind: str) -> str:
    """Write the HTML of a fault that does not come from HubSpot itself."""
    title = f"{kind} {PAGES[kind]}"
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
