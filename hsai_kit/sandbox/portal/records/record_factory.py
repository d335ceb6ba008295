"""Where the seeded records come together: numbered, dated and linked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hsai_kit.sandbox.portal.account import OWNER_SHARES, TODAY_MOMENT
from hsai_kit.sandbox.portal.definitions import FIRST_IDS, date_properties
from hsai_kit.sandbox.portal.links import link_records
from hsai_kit.sandbox.portal.model import Association, Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

NOW = datetime.fromisoformat(TODAY_MOMENT)


@dataclass(slots=True)
class RecordFactory:
    """The records, associations and truths made so far.

    `employers` maps a contact's id to its company, `dealings` pairs contacts with deals about them.
    """

    records: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in FIRST_IDS})
    associations: list[Association] = field(default_factory=list)
    truth: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    next_ids: dict[str, int] = field(default_factory=lambda: dict(FIRST_IDS))
    employers: dict[str, Record] = field(default_factory=dict)
    dealings: list[tuple[Record, Record]] = field(default_factory=list)

    def add(self, object_type: str, properties: Mapping[str, str], created: datetime, updated: datetime) -> Record:
        """Add a record under the next id; blank values are left out, as HubSpot leaves unset ones null."""
        number = self.next_ids[object_type]
        self.next_ids[object_type] = number + 1
        record = Record(str(number), {}, format_moment(created), format_moment(updated))
        record.properties.update({name: value for name, value in properties.items() if value})
        created_name, updated_name = date_properties(object_type)
        record.properties["hs_object_id"] = record.id
        record.properties[created_name] = record.created_at
        record.properties[updated_name] = record.updated_at
        self.records[object_type].append(record)
        return record

    def link(self, one_type: str, one: Record, other_type: str, other: Record | None, *, primary: bool = False) -> None:
        """Link two records both ways; nothing to do where there is no other one."""
        if other is None:
            return
        self.associations += link_records(one_type, one.id, other_type, other.id, primary=primary)
        if (one_type, other_type) == ("contacts", "companies"):
            self.employers[one.id] = other
        if (one_type, other_type) == ("deals", "contacts"):
            self.dealings.append((other, one))

    def note_truth(self, object_type: str, name: str, record: Record, value: str) -> None:
        """Keep the right value of a record's property."""
        self.truth.setdefault((object_type, name), {})[record.id] = value

    def work_out(self) -> None:
        """Fill in what HubSpot calculates: how many are associated, and when something last happened."""
        self._count()
        self._date_last_activity()

    def _count(self) -> None:
        counted = {("contacts", "deals"): "num_associated_deals", ("companies", "contacts"): "num_associated_contacts"}
        pairs: dict[tuple[str, str], set[tuple[str, str]]] = {pair: set() for pair in counted}
        for link in self.associations:
            if (link.from_type, link.to_type) in pairs:
                pairs[link.from_type, link.to_type].add((link.from_id, link.to_id))
        for (object_type, other), name in counted.items():
            totals = Counter(one for one, _ in pairs[object_type, other])
            for record in self.records[object_type]:
                record.properties[name] = str(totals[record.id])

    def _date_last_activity(self) -> None:
        happened = {
            (kind, record.id): record.properties.get("hs_timestamp") or ""
            for kind in ("notes", "calls", "emails", "meetings")
            for record in self.records[kind]
        }
        latest: dict[tuple[str, str], str] = {}
        for link in self.associations:
            moment = happened.get((link.to_type, link.to_id), "")
            key = (link.from_type, link.from_id)
            latest[key] = max(latest.get(key, ""), moment)
        for object_type in ("contacts", "companies"):
            for record in self.records[object_type]:
                if last := latest.get((object_type, record.id)):
                    record.properties["notes_last_updated"] = last


def format_moment(moment: datetime) -> str:
    """Write a moment as HubSpot's API does, in UTC with milliseconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def pick_days_ago(rng: Random, most: float, least: float = 0.0) -> datetime:
    """Pick a moment between that many days before now and that few."""
    return NOW - timedelta(milliseconds=int(rng.uniform(least, most) * 86_400_000))


def pick_later(rng: Random, moment: datetime) -> datetime:
    """Pick when a record was last changed: often soon after it was made, never after now."""
    return moment + (NOW - moment) * (rng.random() ** 3)


def pick_owner_id(rng: Random) -> str:
    """Pick an owner; some have far more records than others, and some records have none."""
    return rng.choices(tuple(OWNER_SHARES), tuple(OWNER_SHARES.values()))[0]
