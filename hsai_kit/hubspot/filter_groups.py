"""HubSpot's own filter groups: checked before they are sent, and cut so that search can be read to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from hsai_kit.errors import WhereError
from hsai_kit.hubspot.dates import to_aware, to_milliseconds
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.hubspot.properties import Property, pick
from hsai_kit.runtime.console import advise
from hsai_kit.runtime.suggestion import find_nearest

Filter: TypeAlias = dict[str, Any]
Groups: TypeAlias = list[list[Filter]]

# HubSpot's own limits of one search.
_MOST_GROUPS, _MOST_IN_GROUP, _MOST_IN_ALL = 5, 6, 18
# What each operator compares with.
_OPERANDS = {
    **dict.fromkeys(("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"), ("value",)),
    "BETWEEN": ("value", "highValue"),
    "IN": ("values",),
    "NOT_IN": ("values",),
    "HAS_PROPERTY": (),
    "NOT_HAS_PROPERTY": (),
}
_SEVERAL = (list, tuple, set)
_FORM = "[{'filters': [{'propertyName': 'state', 'operator': 'EQ', 'value': 'CA'}]}]"


@dataclass(frozen=True)
class SearchQuery:
    """One search: its groups have room for one more filter each, the record's id, by which pages go.

    `rest` are the filters of a single group that had no room: what the search finds is looked up with them.
    """

    groups: tuple[tuple[Filter, ...], ...]
    rest: tuple[Filter, ...] = ()


def parse_filter_groups(given: Sequence[Mapping[str, Any]], known: Mapping[str, Property], object_type: str) -> Groups:
    """Return filter groups as the API takes them: a list of `{"filters": […]}`, or of filters that must all hold.

    Raises WhereError with the filter that is wrong, UnknownProperty with the nearest name.
    """
    if isinstance(given, Mapping):
        given = given.get("filterGroups") or [given]
    if not isinstance(given, Sequence) or not given or not all(isinstance(one, Mapping) for one in given):
        message = f"where is neither words nor a list of filter groups. Write them as the API takes them: {_FORM}"
        raise WhereError(message)
    groups: Groups = []
    for group in given if all("filters" in one for one in given) else [{"filters": given}]:
        filters = group.get("filters")
        if not isinstance(filters, Sequence) or not filters or not all(isinstance(one, Mapping) for one in filters):
            raise WhereError(f"A filter group of where has no filters. Write them as the API takes them: {_FORM}")
        groups.append([_parse_filter(one, known, object_type) for one in filters])
    check_limits(groups)
    return groups


def check_limits(groups: Groups) -> None:
    """Raise WhereError where there are more conditions than HubSpot's search takes."""
    if len(groups) > _MOST_GROUPS or max(map(len, groups)) > _MOST_IN_GROUP or sum(map(len, groups)) > _MOST_IN_ALL:
        raise WhereError(
            f"where has more conditions than HubSpot's search takes: at most {_MOST_GROUPS} joined by 'or', "
            f"each of at most {_MOST_IN_GROUP} joined by 'and', and {_MOST_IN_ALL} in all. "
            f"Pull with fewer and filter the {advise('DataFrame', 'file')}."
        )


def pack_queries(groups: Groups, also: Filter | None = None) -> list[SearchQuery]:
    """Return the searches that together find what the groups mean, with `also` in every group.

    No groups mean all records. A record may be found by more than one search.
    """
    queries: list[SearchQuery] = []
    packed: list[tuple[Filter, ...]] = []
    for group in groups or [[]]:
        filters = (*group, also) if also else tuple(group)
        if len(filters) >= _MOST_IN_GROUP:
            queries.append(SearchQuery((filters[: _MOST_IN_GROUP - 1],), filters[_MOST_IN_GROUP - 1 :]))
            continue
        if len(packed) == _MOST_GROUPS or sum(len(one) + 1 for one in packed) + len(filters) + 1 > _MOST_IN_ALL:
            queries.append(SearchQuery(tuple(packed)))
            packed = []
        packed.append(filters)
    return [*queries, SearchQuery(tuple(packed))] if packed else queries


def _parse_filter(one: Mapping[str, Any], known: Mapping[str, Property], object_type: str) -> Filter:
    name = str(one.get("propertyName") or "")
    if not name:
        raise WhereError(f"A filter of where names no property: {dict(one)!r}. Write it as the API takes it: {_FORM}")
    pick(known, [name], object_type)
    operator = str(one.get("operator") or "").upper()
    if operator not in _OPERANDS:
        near = find_nearest(operator, _OPERANDS)
        hint = f" Did you mean {near}?" if near else ""
        raise WhereError(f"where has no operator {operator!r} for {name}.{hint} There are: {', '.join(_OPERANDS)}.")
    parsed: Filter = {"propertyName": name, "operator": operator}
    for operand in _OPERANDS[operator]:
        value = one.get(operand)
        several = operand == "values"
        if value in (None, "", [], (), set()) or isinstance(value, dict) or isinstance(value, _SEVERAL) != several:
            what = "a list of values" if several else f"a {operand}"
            message = f"The operator {operator} compares {name} with {what}, and there is none. Add it as {operand!r}."
            raise WhereError(message)
        parsed[operand] = [_format_operand(each) for each in value] if several else _format_operand(value)
    return parsed


def _format_operand(value: Any) -> str:
    if isinstance(value, datetime):
        return to_milliseconds(to_aware(value))
    return as_hubspot(value)
