"""Which models a panel offers: those that may be used, with a mark on those that end."""

from __future__ import annotations

from collections.abc import Iterable

from hsai_kit.llm.models import Model

__all__ = ["offered"]


def offered(models: Iterable[Model]) -> list[tuple[str, str]]:
    """Return what is said of each model that has not ended, and its id."""
    return [(f"{one.id} (ends {one.ends})" if one.ends_soon else one.id, one.id) for one in models if not one.has_ended]
