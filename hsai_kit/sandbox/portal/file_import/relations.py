"""Associations between records that were loaded, from the columns in which exports list the other ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.definitions import OBJECT_TYPES
from hsai_kit.sandbox.portal.links import OWN_TYPE_IDS, TYPE_IDS, link_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hsai_kit.sandbox.portal.model import Association, ObjectType, Portal

_HEADING = re.compile(r"(primary )?associated (\w+) ids?( \(primary\))?")


def associations_in(portal: Portal) -> Iterator[Association]:
    """Read columns such as `Associated Company IDs`; ids of records that were not loaded are left alone."""
    loaded = {name: {record.id for record in records} for name, records in portal.records.items()}
    seen: set[Association] = set()
    for object_type in portal.object_types:
        for name, other, primary in _columns(object_type):
            for record in portal.records[object_type.name]:
                for other_id in re.findall(r"\d+", record.properties.get(name) or ""):
                    if other_id not in loaded[other]:
                        continue
                    links = link_records(object_type.name, record.id, other, other_id, primary=primary)
                    yield from (link for link in links if link not in seen)
                    seen.update(links)


def _columns(object_type: ObjectType) -> Iterator[tuple[str, str, bool]]:
    """Find the properties that list ids: name, other object type, and whether it is the primary one."""
    types = {word: one.name for one in OBJECT_TYPES for word in (one.name, one.singular)}
    for definition in object_type.properties:
        found = _HEADING.fullmatch(definition.label.casefold())
        other = types.get(found.group(2)) if found else None
        pair = (object_type.name, other or "")
        if found and other and (pair in TYPE_IDS or pair in OWN_TYPE_IDS):
            yield definition.name, other, bool(found.group(1) or found.group(3))
