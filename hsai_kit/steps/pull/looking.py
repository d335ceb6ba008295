"""What there is to pull: object types, properties, lists, and how many records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from hsai_kit import background
from hsai_kit.connection import Connection
from hsai_kit.errors import PullError
from hsai_kit.hubspot.lists import find_list, read_lists
from hsai_kit.hubspot.objects import ObjectType, read_object_types, resolve
from hsai_kit.hubspot.properties import Property, read_properties
from hsai_kit.hubspot.records import counted, listed
from hsai_kit.hubspot.where import filter_groups

__all__ = ["Where", "count", "lists", "object_types", "properties"]

Where: TypeAlias = str | Sequence[Mapping[str, Any]]


def object_types(hub: Connection) -> pd.DataFrame:
    """Return what can be pulled: `name`, `label`, `type_id` and `custom`, one object type a row.

    Custom objects are among them where the key has the scope crm.schemas.custom.read.
    """
    kinds = background.run(read_object_types(hub.hubspot))
    rows = [(kind.name, kind.label, kind.type_id, kind.custom) for kind in kinds]
    return pd.DataFrame(rows, columns=["name", "label", "type_id", "custom"])


def properties(hub: Connection, object_type: str, *, sample: int | None = None) -> pd.DataFrame:
    """Return the properties of an object type, one a row, by label.

    Columns: `name` (internal, as `pull` takes it), `label`, `type` (string, number, bool, enumeration, date,
    datetime), `field_type`, `options` (a dict of internal values and labels), `calculated`, `read_only`, `group`,
    `description`. With `sample`, the share of blanks (0 to 1) in that many records is `blank`.
    Raises UnknownObjectType with the nearest name.
    """
    _positive("sample", sample)

    async def read() -> pd.DataFrame:
        kind = await resolve(hub.hubspot, object_type)
        known = await read_properties(hub.hubspot, kind.name)
        frame = pd.DataFrame([_described(one) for one in known.values()])
        if sample:
            frame["blank"] = frame["name"].map(await _blanks(hub, kind, list(known), sample)).astype("Float64")
        return frame.sort_values("label", key=lambda label: label.str.casefold(), ignore_index=True)

    return background.run(read())


def lists(hub: Connection, object_type: str | None = None) -> pd.DataFrame:
    """Return the portal's lists, by name; with `object_type` those of its records.

    Columns: `id`, `name`, `object_type`, `kind` (manual, dynamic, snapshot), `size` (members as HubSpot counted them
    last), `updated_at`. Needs the scope crm.lists.read. Raises UnknownObjectType with the nearest name.
    """

    async def read() -> pd.DataFrame:
        client = hub.hubspot
        if object_type is None:
            names = {kind.type_id: kind.name for kind in await read_object_types(client)}
        else:
            kind = await resolve(client, object_type)
            names = {kind.type_id: kind.name}
        found = [one for one in await read_lists(client) if object_type is None or one.object_type_id in names]
        rows = [
            (one.id, one.name, names.get(one.object_type_id, one.object_type_id), one.kind, one.size, one.updated_at)
            for one in sorted(found, key=lambda one: one.name.casefold())
        ]
        frame = pd.DataFrame(rows, columns=["id", "name", "object_type", "kind", "size", "updated_at"])
        updated = pd.to_datetime(frame["updated_at"], utc=True, format="ISO8601", errors="coerce")
        return frame.astype({"size": "Int64"}).assign(updated_at=updated.astype("datetime64[us, UTC]"))

    return background.run(read())


def count(
    hub: Connection,
    object_type: str,
    *,
    where: Where | None = None,
    list: str | int | None = None,  # noqa: A002 -- HubSpot's own word
) -> int:
    """Return how many records a pull with the same arguments would read, without reading them.

    HubSpot counts by search, which sees changes a few moments late, and a list's members as it counted them last.
    Raises UnknownObjectType, UnknownList, UnknownProperty and WhereError as `pull` does.
    """

    async def read() -> int:
        client = hub.hubspot
        kind = await resolve(client, object_type)
        known = await read_properties(client, kind.name)
        groups = [] if where is None else filter_groups(where, known, kind.name)  # type: ignore[arg-type]
        if list is not None:
            members = await find_list(client, str(list), kind)
            return members.size or 0
        return await counted(client, kind.name, groups)

    return background.run(read())


def _described(one: Property) -> dict[str, object]:
    return {
        "name": one.name,
        "label": one.label,
        "type": one.type,
        "field_type": one.field_type,
        "options": {option.value: option.label for option in one.options},
        "calculated": one.calculated,
        "read_only": one.read_only,
        "group": one.group,
        "description": one.description,
    }


async def _blanks(hub: Connection, kind: ObjectType, names: Sequence[str], sample: int) -> dict[str, float]:
    there = dict.fromkeys(names, 0)
    looked = 0
    async for page in listed(hub.hubspot, kind.name, names):
        for record in page[: sample - looked]:
            looked += 1
            for name in names:
                there[name] += bool(record.properties.get(name))
        if looked >= sample:
            break
    return {name: 1 - filled / looked for name, filled in there.items()} if looked else {}


def _positive(name: str, value: int | None) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        message = f"{name} is {value!r}; it is a number of records, so it starts at 1."
        raise PullError(message)
