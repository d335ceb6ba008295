"""Whether a key or a token works, for both doubles."""

from __future__ import annotations

from enum import StrEnum


class CredentialState(StrEnum):
    """The state of a key or a token."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @classmethod
    def parse(cls, text: str, what: str) -> CredentialState:
        """Read a state; ValueError, which says what there is, for another word. `what` begins the sentence."""
        try:
            return cls(text)
        except ValueError:
            message = f"{what} is one of {', '.join(cls)}, not {text!r}."
            raise ValueError(message) from None
