"""What a connection may do: scopes for each step, models, calls left today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hsai_kit import background
from hsai_kit.connection import Connection
from hsai_kit.errors import HsaiError
from hsai_kit.hubspot.account import Portal, missing_scopes, read_daily_usage, read_scopes

__all__ = ["Status", "status"]

_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Status:
    """What a connection may do.

    `missing` holds for each step the scopes that the key lacks (None where HubSpot does not tell), `models` the models
    that may be used, `ending` those that end within 60 days and when, `daily` the calls made and allowed today.
    """

    portal: Portal
    scopes: tuple[str, ...] | None
    missing: Mapping[str, tuple[str, ...]] | None
    daily: tuple[int, int] | None
    models: tuple[str, ...]
    ending: Mapping[str, date]
    model_problem: str = ""


def status(hub: Connection) -> Status:
    """Ask both sides what this connection may do; raises what HubSpot raises, and notes what the model's side says."""
    scopes = background.run(read_scopes(hub.hubspot))
    daily = background.run(read_daily_usage(hub.hubspot))
    try:
        models, problem = hub.models(), ""
    except HsaiError as error:
        models, problem = [], str(error)
    soon = datetime.now(UTC).date() + _SOON
    return Status(
        portal=hub.portal,
        scopes=None if scopes is None else tuple(sorted(scopes)),
        missing=None if scopes is None else missing_scopes(scopes),
        daily=daily,
        models=tuple(model.id for model in models if not model.ended),
        ending={model.id: model.ends for model in models if model.ends and not model.ended and model.ends <= soon},
        model_problem=problem,
    )
