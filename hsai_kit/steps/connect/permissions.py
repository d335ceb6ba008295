"""What a connection may do: scopes for each step, models, calls left today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.account import Portal, find_missing_scopes, read_daily_usage, read_scopes
from hsai_kit.llm.costs import format_usd
from hsai_kit.llm.prices import SANDBOX_PREFIX, per_million, price_list
from hsai_kit.runtime import background


@dataclass(frozen=True)
class Status:
    """What a connection may do.

    `missing` holds for each step the scopes that the key lacks (None where HubSpot does not tell), `models` the models
    that may be used, `ending` those that end within 60 days and when, `daily` the calls made and allowed today.
    `prices` are USD per million tokens of input and output (None: unknown) as `price_list` has them, but for the models
    of `own_prices`, which hsai.toml prices; `ends` is the day on which OpenAI shuts a model down, where that is known.
    `month` is what the workspace spent this month (UTC), what it holds, and what hsai.toml allows (None: any), in USD.
    """

    portal: Portal
    scopes: tuple[str, ...] | None
    missing: Mapping[str, tuple[str, ...]] | None
    daily: tuple[int, int] | None
    models: tuple[str, ...]
    ending: Mapping[str, date]
    model_problem: str = ""
    prices: Mapping[str, tuple[float, float] | None] = field(default_factory=dict)
    own_prices: frozenset[str] = frozenset()
    price_list: str = ""
    ends: Mapping[str, date] = field(default_factory=dict)
    month: tuple[float, float, float | None] = (0.0, 0.0, None)

    def describe_model(self, model: str) -> str:
        """Say what a model costs and when it ends, as far as that is known."""
        known = self.prices.get(model)
        if known is None:
            cost = "price unknown"
        elif model.startswith(SANDBOX_PREFIX):
            cost = "costs nothing (scripted)"
        else:
            whose = "; yours, from hsai.toml" if model in self.own_prices else ""
            cost = f"{known[0]:,.2f} in, {known[1]:,.2f} out (USD per million tokens{whose})"
        return f"{model}: {cost}" + (f", ends {self.ends[model]}" if model in self.ends else "")

    def describe_month(self) -> str:
        """Say what the workspace spent this month, and of how much."""
        spent, held, cap = self.month
        of = "no usd_per_month in hsai.toml" if cap is None else f"of {cap:,.2f} USD"
        return f"{format_usd(spent)} USD spent{f', {format_usd(held)} held' if held else ''} ({of})"


def status(hub: Connection) -> Status:
    """Ask both sides what this connection may do; raises what HubSpot raises, and notes what the model's side says."""
    scopes = background.run(read_scopes(hub.hubspot))
    daily = background.run(read_daily_usage(hub.hubspot))
    try:
        models, problem = hub.models(), ""
    except HsaiError as error:
        models, problem = [], str(error)
    own = hub.workspace.settings.openai.prices
    live = [model for model in models if not model.has_ended]
    return Status(
        portal=hub.portal,
        scopes=None if scopes is None else tuple(sorted(scopes)),
        missing=None if scopes is None else find_missing_scopes(scopes),
        daily=daily,
        models=tuple(model.id for model in live),
        ending={model.id: model.ends for model in live if model.ends and model.ends_soon},
        model_problem=problem,
        prices={model.id: per_million(model.id, own.get(model.id)) for model in live},
        own_prices=frozenset(own),
        price_list=price_list(),
        ends={model.id: model.ends for model in live if model.ends},
        month=(*hub.store.expenses.read_month(), hub.workspace.settings.budget.usd_per_month),
    )
