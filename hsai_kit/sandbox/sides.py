"""What the server asks of its two sides, HubSpot's double and OpenAI's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.applications import Starlette
    from starlette.responses import Response

    from hsai_kit.sandbox.portal import Portal


class Side(Protocol):
    """One double: its routes, and the handles that the control address turns.

    `set_limits` and the likes raise ValueError or TypeError with a sentence where a name or value is wrong.
    """

    @property
    def app(self) -> Starlette:
        """The routes, as they stand under the side's own host."""

    def fault(self, kind: str, retry_after: float) -> Response:
        """Make the answer for a fault kind that only this side has."""

    def set_limits(self, **limits: Any) -> None:
        """Change some of the side's limits."""

    def reset(self) -> None:
        """Forget all that is not in the database: windows, counters, extra keys, changed limits."""


class CRMSide(Side, Protocol):
    """HubSpot's double."""

    def fill(self, portal: Portal) -> None:
        """Write a portal's data into the empty database."""

    def add_token(self, token: str, scopes: Sequence[str] | None, state: str) -> None:
        """Accept another token; all scopes where none are given."""

    def set_account(self, **details: Any) -> None:
        """Change what account details tell, by HubSpot's own field names."""


class ModelSide(Side, Protocol):
    """OpenAI's double."""

    def add_key(self, key: str, models: Sequence[str] | None, state: str) -> None:
        """Accept another key; all models where none are given."""
