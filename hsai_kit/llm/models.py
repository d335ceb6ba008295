"""Which models this key may use, when they end, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hsai_kit.errors import UnknownModel
from hsai_kit.llm.client import LLMClient
from hsai_kit.runtime.suggestion import suggest

_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Model:
    """A model that the key may use; `ends` is the day on which OpenAI shuts it down, if that is known."""

    id: str
    ends: date | None = None

    @property
    def has_ended(self) -> bool:
        """True where that day has come."""
        return self.ends is not None and self.ends <= datetime.now(UTC).date()

    @property
    def ends_soon(self) -> bool:
        """True where that day comes within 60 days."""
        return self.ends is not None and not self.has_ended and self.ends - datetime.now(UTC).date() <= _SOON

    @property
    def end_notice(self) -> str:
        """A sentence where the model ends soon, else nothing."""
        return f"{self.id} ends on {self.ends}: choose another for what is to go on." if self.ends_soon else ""

    @property
    def is_general(self) -> bool:
        """True unless the name says that it is for sound, pictures or vectors, which cannot answer here."""
        special = "embedding tts whisper dall-e image audio realtime moderation transcribe sora"
        return not any(word in self.id for word in special.split())


async def read_models(client: LLMClient) -> list[Model]:
    """Return the models that the key's project may use and that can answer a question, sorted by id."""
    models = [Model(model["id"], _parse_day(model.get("shutdown_date"))) for model in await client.models()]
    return sorted((model for model in models if model.is_general), key=lambda model: model.id)


def require_model(models: Sequence[Model], wanted: str) -> Model:
    """Return the model `wanted`; raises UnknownModel where the key or the workspace does not let it be used."""
    by_id = {model.id: model for model in models}
    live = [model.id for model in models if not model.has_ended]
    found = by_id.get(wanted)
    if found is None:
        message = (
            f"The model {wanted!r} may not be used with this key here.{suggest(wanted, live)} "
            f"These may: {', '.join(live) or 'none'}."
        )
        raise UnknownModel(message)
    if found.has_ended:
        message = f"OpenAI shut {wanted} down on {found.ends}. Choose another: {', '.join(live) or 'none'}."
        raise UnknownModel(message)
    return found


def _parse_day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
