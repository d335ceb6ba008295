"""What a model costs: as hsai.toml says, else as the installed `genai-prices` does; unknown is unknown, never 0."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import StartDateConstraint

from hsai_kit.workspace import OwnPrice

SANDBOX_PREFIX = "sandbox-"
# OpenAI gives these away and serves none; the list has what somebody else asks for them.
_OPEN_WEIGHTS = "gpt-oss"
_MILLION = 1_000_000
# Ten times what the largest models take: more is no count of one question's tokens.
_MOST_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as counted by the model's API: cached ones are among the input, reasoning ones among the output."""

    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None

    @classmethod
    def read(cls, usage: object) -> Usage:
        """Read the `usage` of an answer; what it does not tell, or tells as no count of tokens, is None."""
        told = usage if isinstance(usage, dict) else {}
        cached, reasoning = (
            _read_count(details.get(name)) if isinstance(details := told.get(within), dict) else None
            for within, name in (
                ("input_tokens_details", "cached_tokens"),
                ("output_tokens_details", "reasoning_tokens"),
            )
        )
        read = cls(_read_count(told.get("input_tokens")), cached, _read_count(told.get("output_tokens")), reasoning)
        # More of a part than of the whole: neither can be believed.
        is_whole = (cached or 0) <= (read.input_tokens or 0) and (reasoning or 0) <= (read.output_tokens or 0)
        return read if is_whole else cls()


def _read_count(told: object) -> int | None:
    """Return a finite whole number from 0 up to what no model takes, else None."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= _MOST_TOKENS:
        return None
    return int(told) if told == int(told) else None


@lru_cache(maxsize=100_000)
def price(model: str, usage: Usage, own: OwnPrice | None = None) -> float | None:
    """Return the price of `usage` in USD, or None where the model's price or the usage is not known.

    `own` is what hsai.toml says of the model. Cached input tokens have their own price; reasoning tokens are priced as
    output, among which they are counted.
    The sandbox's scripted models really cost nothing.
    """
    if own is None or model.startswith(SANDBOX_PREFIX) or usage.input_tokens is None or usage.output_tokens is None:
        return _list_price(model, usage, "openai")
    cached = usage.cached_tokens or 0
    cached_price = own.input if own.cached_input is None else own.cached_input
    new = usage.input_tokens - cached
    return (new * own.input + cached * cached_price + usage.output_tokens * own.output) / _MILLION


@lru_cache(maxsize=100_000)
def decision_price(model: str, usage: Usage, own: OwnPrice | None = None) -> float | None:
    """Return the price of `usage` at the Decisions API in USD, or None where it is not known.

    It bills the input alone, cached or not: 0.10 USD per million tokens of gpt-6-luna, twice that for inputs above
    272,000 tokens (OpenAI's guide to decisions, as `genai-prices` has it).
    """
    known = None if own is None else own.decisions
    if known is None or model.startswith(SANDBOX_PREFIX) or usage.input_tokens is None:
        return _list_price(model, usage, "openai-decisions")
    return usage.input_tokens * known / _MILLION


def _list_price(model: str, usage: Usage, provider: str) -> float | None:
    if model.startswith(SANDBOX_PREFIX):
        return 0.0
    if model.startswith(_OPEN_WEIGHTS):
        return None
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens, cache_read_tokens=usage.cached_tokens or 0, output_tokens=usage.output_tokens
    )
    try:
        return float(genai_prices.calc_price(counted, model, provider_id=provider).total_price)
    except LookupError:
        return None


def per_million(model: str, own: OwnPrice | None = None) -> tuple[float, float] | None:
    """Return what a million tokens of input and of output cost in USD, or None where that is not known."""
    # Of short questions: some models cost more for inputs of hundreds of thousands of tokens.
    paid = price(model, Usage(1000, 0, 0), own), price(model, Usage(0, 0, 1000), own)
    return None if paid[0] is None or paid[1] is None else (paid[0] * 1000, paid[1] * 1000)


@lru_cache(maxsize=1)
def price_list() -> str:
    """Say which list the prices come from: its version, and the day of the newest OpenAI price in it."""
    models = next(provider.models for provider in get_snapshot().providers if provider.id == "openai")
    dated = [
        one.constraint
        for model in models
        for one in (*(model.price_variants or ()), *(model.prices if isinstance(model.prices, list) else ()))
    ]
    days = [one.start_date for one in dated if isinstance(one, StartDateConstraint)]
    newest = f", newest price of {max(days)}" if days else ""
    return f"genai-prices {version('genai-prices')}{newest}"


def estimate_price(model: str, characters: int, requests: int, output_tokens: int) -> float | None:
    """Return about what `requests` of `characters` in all would cost in USD, at four characters a token.

    Counting tokens exactly would need a vocabulary from the network. None where the price is not known.
    """
    if not requests:
        return 0.0
    # By the request, since long requests have prices of their own.
    one = price(model, Usage(input_tokens=characters // 4 // requests, output_tokens=output_tokens))
    return None if one is None else one * requests
