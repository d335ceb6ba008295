"""The models on offer. Their ids begin with "sandbox-", so that nobody takes them for OpenAI's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CONTEXT_TOKENS = 128_000
DECISIONS_VOICE = "sandbox-luna"  # whose answers all decisions are


@dataclass(frozen=True)
class Model:
    """One model: what it accepts, and how long it stays.

    `efforts` are the reasoning efforts it takes, the first being its default; a model without any refuses
    `reasoning.effort`. `shutdown_date` is YYYY-MM-DD or None. A fickle one thinks anew whenever it is asked the same,
    as most real models do; the others give one answer for ever. `voice` is the scripted model whose answers it gives,
    its own where that is empty.
    """

    id: str
    created: int
    takes_temperature: bool = True
    takes_logprobs: bool = True
    efforts: tuple[str, ...] = ()
    shutdown_date: str | None = None
    is_over: bool = False
    is_fickle: bool = False
    takes_decisions: bool = False
    voice: str = ""

    def to_json(self) -> dict[str, Any]:
        """Show the model as the API lists it."""
        return {
            "id": self.id,
            "object": "model",
            "created": self.created,
            "owned_by": "sandbox",
            "shutdown_date": self.shutdown_date,
        }


MODELS: dict[str, Model] = {
    model.id: model
    for model in (
        Model("sandbox-luna", 1_788_220_800, takes_decisions=True),
        # As OpenAI's own default model is: it thinks before it answers, which counts against `max_output_tokens`, and
        # tells no log probabilities. Its answers are sandbox-luna's; the thinking is counted, not done.
        Model(
            "sandbox-nova",
            1_788_480_000,
            takes_temperature=False,
            takes_logprobs=False,
            efforts=("medium", "none", "minimal", "low", "high", "xhigh"),
            takes_decisions=True,
            voice="sandbox-luna",
        ),
        Model("sandbox-sol", 1_788_307_200),
        Model(
            "sandbox-astra",
            1_788_393_600,
            takes_temperature=False,
            takes_logprobs=False,
            efforts=("medium", "none", "low", "high"),
        ),
        Model(
            "sandbox-comet",
            1_767_225_600,
            takes_temperature=False,
            takes_logprobs=False,
            efforts=("low", "minimal", "medium", "high", "xhigh", "max"),
            shutdown_date="2028-06-30",
        ),
        Model("sandbox-fickle", 1_785_542_400, is_fickle=True),
        Model("sandbox-legacy", 1_704_067_200, shutdown_date="2027-01-14"),
        Model("sandbox-relic", 1_640_995_200, shutdown_date="2026-08-26", is_over=True),
    )
}
