"""API keys: which are accepted, in which state, and for which models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hsai_kit.sandbox.credential_state import CredentialState
from hsai_kit.sandbox.openai.catalog import MODELS, Model
from hsai_kit.sandbox.openai.wire import OpenAIError

if TYPE_CHECKING:
    from collections.abc import Sequence

_REASONS: dict[CredentialState | None, str] = {
    None: "The API key is not correct",
    CredentialState.EXPIRED: "The API key has expired",
    CredentialState.REVOKED: "The API key was revoked",
}


@dataclass(frozen=True)
class Key:
    """One key; `models` None means all of them, `scopes` None that it is not restricted."""

    secret: str = field(repr=False)
    models: frozenset[str] | None = None
    state: CredentialState = CredentialState.LIVE
    scopes: frozenset[str] | None = None

    def require(self, scope: str) -> None:
        """Raise the 401 of a restricted key without a permission; it has no code, as OpenAI's has none."""
        if self.scopes is not None and scope not in self.scopes:
            message = (
                f"This key may not do this. Missing scopes: {scope}. Give the restricted key this permission, or take "
                "another one."
            )
            raise OpenAIError(401, message)

    def allows(self, model: str) -> bool:
        """Whether the key's project may use a model."""
        return self.models is None or model in self.models

    def model(self, name: object, param: str = "model") -> Model:
        """Find the model of that name; 404 where it is unknown, over, or not for this key, 400 where none is named."""
        if not isinstance(name, str) or not name:
            message = "You have to name a model in 'model'."
            raise OpenAIError(400, message, code="missing_required_parameter", param=param)
        found = MODELS.get(name)
        if found is not None and found.is_over and self.allows(name):
            message = f"The model '{name}' was shut down on {found.shutdown_date}."
            raise OpenAIError(404, message, code="model_not_found")
        if found is None or not self.allows(name):
            message = f"The model '{name}' does not exist, or this key's project may not use it."
            raise OpenAIError(404, message, code="model_not_found")
        return found


class Keys:
    """All keys that the double knows."""

    def __init__(self, first: str) -> None:
        self._first = Key(first)
        self.reset()

    def reset(self) -> None:
        """Forget all keys but the first."""
        self._known = {self._first.secret: self._first}

    def add(self, secret: str, models: Sequence[str] | None, state: str, scopes: Sequence[str] | None = None) -> None:
        """Accept one more key, or change a known one; one with `scopes` is restricted to those.

        Raises ValueError for a state or a model that does not exist.
        """
        known_state = CredentialState.parse(state, "A key")
        unknown = sorted(set(models or ()) - set(MODELS))
        if unknown:
            message = f"There is no model {', '.join(unknown)}. Models: {', '.join(MODELS)}."
            raise ValueError(message)
        allowed = None if models is None else frozenset(models)
        self._known[secret] = Key(secret, allowed, known_state, None if scopes is None else frozenset(scopes))

    def check(self, authorization: bytes) -> Key:
        """Return the key that a request carries; 401 where there is none, or none that works."""
        scheme, _, secret = authorization.decode("latin-1").partition(" ")
        if not secret.strip() or scheme.lower() != "bearer":
            message = "This request carries no API key. Send one in the header 'Authorization: Bearer KEY'."
            raise OpenAIError(401, message, code="invalid_api_key")
        key = self._known.get(secret.strip())
        if key is None or key.state is not CredentialState.LIVE:
            raise build_key_error(None if key is None else key.state)
        return key


def build_key_error(state: CredentialState | None = None) -> OpenAIError:
    """Make the error for a key that does not work; the key itself is never repeated."""
    message = f"{_REASONS[state]}. Take a working one from your account's page of keys."
    return OpenAIError(401, message, code="invalid_api_key")
