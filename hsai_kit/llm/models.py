"""Which models this key may use, when they end, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import genai_prices
from openai.types.responses import ResponseUsage
from rapidfuzz import process

from hsai_kit.errors import UnknownModel
from hsai_kit.llm.client import LLMClient

__all__ = ["Model", "check", "price", "read_models", "roughly"]

SANDBOX_PREFIX = "sandbox-"


@dataclass(frozen=True)
class Model:
    """A model that the key may use; `ends` is the day on which OpenAI shuts it down, if that is known."""

    id: str
    ends: date | None = None

    @property
    def ended(self) -> bool:
        """True where that day has come."""
        return self.ends is not None and self.ends <= datetime.now(UTC).date()

    @property
    def is_general(self) -> bool:
        """True unless the name says that it is for sound, pictures or vectors, which cannot answer here."""
        special = (
            "embedding",
            "tts",
            "whisper",
            "dall-e",
            "image",
            "audio",
            "realtime",
            "moderation",
            "transcribe",
            "sora",
        )
        return not any(word in self.id for word in special)


async def read_models(client: LLMClient) -> list[Model]:
    """Return the models that the key's project may use and that can answer a question, sorted by id."""
    models = [Model(model.id, _day(model.shutdown_date)) for model in await client.models()]
    return sorted((model for model in models if model.is_general), key=lambda model: model.id)


def check(models: Sequence[Model], wanted: str) -> Model:
    """Return the model `wanted`; raises UnknownModel where the key or the workspace does not let it be used."""
    by_id = {model.id: model for model in models}
    live = [model.id for model in models if not model.ended]
    found = by_id.get(wanted)
    if found is None:
        near = process.extractOne(wanted, live)
        hint = f" Did you mean {near[0]!r}?" if near and near[1] >= 60 else ""
        message = (
            f"The model {wanted!r} may not be used with this key here.{hint} These may: {', '.join(live) or 'none'}."
        )
        raise UnknownModel(message)
    if found.ended:
        message = f"OpenAI shut {wanted} down on {found.ends}. Choose another: {', '.join(live) or 'none'}."
        raise UnknownModel(message)
    return found


def price(model: str, usage: ResponseUsage | None) -> float | None:
    """Return the price of `usage` in USD, or None where the model's price is not known.

    Prices are those that the installed `genai-prices` carries, cached input tokens at their own price.
    The sandbox's scripted models really cost nothing.
    """
    if model.startswith(SANDBOX_PREFIX):
        return 0.0
    if usage is None:
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.input_tokens_details.cached_tokens,
        output_tokens=usage.output_tokens,
    )
    try:
        return float(genai_prices.calc_price(counted, model, provider_id="openai").total_price)
    except LookupError:
        return None


def roughly(model: str, characters: int, requests: int, output_tokens: int) -> float | None:
    """Return about what `requests` of `characters` in all would cost in USD, at four characters a token.

    Counting tokens exactly would need a vocabulary from the network. None where the price is not known.
    """
    if model.startswith(SANDBOX_PREFIX):
        return 0.0
    counted = genai_prices.Usage(input_tokens=characters // 4, output_tokens=requests * output_tokens)
    try:
        return float(genai_prices.calc_price(counted, model, provider_id="openai").total_price)
    except LookupError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
