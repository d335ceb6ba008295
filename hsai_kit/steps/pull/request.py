"""What a pull was asked for, checked as far as it can be without HubSpot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from hsai_kit.errors import PullError
from hsai_kit.steps.pull.ids_input import IdsInput

__all__ = ["PullRequest", "Since", "Where", "as_names", "positive"]

Where: TypeAlias = str | Sequence[Mapping[str, Any]]
Since: TypeAlias = str | date | timedelta


@dataclass(frozen=True)
class PullRequest:
    """The arguments of one pull; raises PullError where they contradict each other."""

    object_type: str
    properties: tuple[str, ...]
    where: Where | None = None
    list: str | None = None
    given: IdsInput | None = None
    changed_since: Since | None = None
    limit: int | None = None
    sample: int | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.object_type, str):
            message = f"object_type is {self.object_type!r}. Write it as a text, such as 'contacts'."
            raise PullError(message)
        positive("limit", self.limit)
        positive("sample", self.sample)
        if self.limit is not None and self.sample is not None:
            message = "limit reads the first records and sample a random choice of all. Give one of them."
            raise PullError(message)
        if self.list is not None and self.given is not None:
            message = (
                "list and ids both say which records to read. Give one of them; to have the members of a list that are "
                "among certain ids, pull the list and filter the DataFrame: frame[frame.index.isin(ids)]."
            )
            raise PullError(message)
        if self.seed is not None and self.sample is None:
            message = "seed makes a sample the same again, and there is no sample. Give sample, the number of records."
            raise PullError(message)

    @property
    def has_filter(self) -> bool:
        """True where only records that match something are wanted."""
        return self.where is not None or self.changed_since is not None

    @property
    def condition(self) -> str | None:
        """`where` as it is kept in the store."""
        return self.where if self.where is None or isinstance(self.where, str) else json.dumps(self.where, default=str)

    @property
    def request(self) -> str:
        """The same text for the same arguments: a pull that broke off is found by it."""
        parts = (
            *(self.object_type, self.properties, self.condition, self.list, str(self.changed_since)),
            *(self.limit, self.sample, self.seed, self.given and self.given.ids),
        )
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def as_names(properties: object) -> tuple[str, ...]:
    """Return the names of the columns, each once; raises PullError for what is no list of names."""
    listed = [properties] if isinstance(properties, str) else properties
    names = list(listed) if isinstance(listed, Iterable) else [listed]
    if not all(isinstance(name, str) for name in names):
        message = f"properties is {properties!r}. Write the internal names as a list: ['state', 'company.name']."
        raise PullError(message)
    return tuple(dict.fromkeys(map(str, names)))


def positive(name: str, value: int | None) -> None:
    """Raise PullError unless `value` is None or a number of records."""
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        message = f"{name} is {value!r}; it is a number of records, so it starts at 1."
        raise PullError(message)
