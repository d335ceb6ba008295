"""Owners of a portal and their teams: whom a record or a task is assigned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import UnknownOwner
from hsai_kit.hubspot.client import HubSpotClient, read_cursor
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
    found: list[Owner] = []
    query: dict[str, Any] = {"limit": _PAGE, "archived": "true" if left else "false"}
    while True:
        answer = await client.get(client.paths.owners, query)
        found += [_parse_owner(raw) for raw in answer.get("results") or []]
        query["after"] = read_cursor(answer)
        if query["after"] is None:
            return found


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
    name = " ".join(filter(None, (raw.get("firstName"), raw.get("lastName"))))
    teams = tuple(str(team["name"]) for team in raw.get("teams") or [])
    return Owner(str(raw["id"]), name, str(raw.get("email") or ""), teams)
