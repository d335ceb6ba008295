"""Owners of a portal and their teams: whom a record or a task is assigned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import UnknownOwner
from hsai_kit.hubspot.answers import iterate_answers, list_items
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.runtime.suggestion import find_nearest, suggest

_PAGE = 500


@dataclass(frozen=True)
class Owner:
    """Somebody whom records can be assigned to; `teams` are the names of the teams that they are in."""

    id: str
    name: str
    email: str
    teams: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name or self.email or f"owner {self.id}"


async def read_owners(client: HubSpotClient, *, left: bool = False) -> list[Owner]:
    """Return the active owners of the portal, in order of their ids, or with `left` those who left.

    Somebody who left may own records still.
    """
    pages = iterate_answers(client, client.paths.owners, {"limit": _PAGE, "archived": "true" if left else "false"})
    return [_parse_owner(raw) async for page in pages for raw in page]


def find_owner(owners: Sequence[Owner], wanted: str) -> Owner:
    """Return the owner of that name, e-mail address or owner id.

    Raises UnknownOwner with the nearest name, and where a name is not one person's alone.
    """
    name = wanted.strip().casefold()
    ways = (
        [one for one in owners if name in {one.email.casefold(), one.id}],
        [one for one in owners if name == one.name.casefold()],
        [one for one in owners if name in one.name.casefold().split()],
    )
    fitting = next((way for way in ways if way), [])
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnknownOwner(
            f"{wanted!r} could be {' or '.join(f'{one.name} ({one.email})' for one in fitting)}. "
            "Name one of them by the e-mail address."
        )
    spellings = {text: one for one in owners for text in (one.name, one.email) if text}
    near = find_nearest(wanted, spellings)
    hint = f" Did you mean {spellings[near].name} ({spellings[near].email})?" if near else ""
    message = f"This portal has no active owner {wanted!r}.{hint} Owners are named by name, e-mail address or owner id."
    raise UnknownOwner(message)


def find_team(owners: Sequence[Owner], wanted: str) -> list[Owner]:
    """Return the active owners in a team; raises UnknownOwner with the nearest team's name."""
    teams = sorted({team for one in owners for team in one.teams})
    for name in teams:
        if name.casefold() == wanted.strip().casefold():
            return [one for one in owners if name in one.teams]
    known = f" Teams with active owners: {', '.join(teams)}." if teams else " No active owner is in a team."
    raise UnknownOwner(f"This portal has no team {wanted!r} with active owners.{suggest(wanted, teams)}{known}")


def _parse_owner(raw: Mapping[str, Any]) -> Owner:
    name = " ".join(str(part) for part in (raw.get("firstName"), raw.get("lastName")) if part)
    teams = tuple(str(team.get("name") or "") for team in list_items(raw, "teams"))
    return Owner(str(raw["id"]), name, str(raw.get("email") or ""), teams)
