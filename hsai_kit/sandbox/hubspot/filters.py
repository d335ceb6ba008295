"""Search conditions: the JSON of `filterGroups`, `query` and `sorts` → a predicate and a sort key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from hsai_kit.sandbox.hubspot.clock import format_moment
from hsai_kit.sandbox.hubspot.errors import invalid
from hsai_kit.sandbox.hubspot.values import read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hsai_kit.sandbox.hubspot.catalog import Definition

    Predicate = Callable[[dict[str, str]], bool]
    Comparable = float | str
MOST_GROUPS, MOST_PER_GROUP, MOST_FILTERS = 5, 6, 18
OPERATORS = (
    *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN"),
    *("HAS_PROPERTY", "NOT_HAS_PROPERTY", "CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"),
)
WORD = re.compile(r"\w+")
# What `query` looks through, where a type has it (HubSpot's guide names these per type).
SEARCHABLE = (
    *("firstname", "lastname", "email", "phone", "mobilephone", "company", "name", "domain", "website"),
    *("dealname", "description", "subject", "content", "hs_note_body", "hs_task_subject", "hs_task_body"),
    *("hs_email_subject", "hs_call_title", "hs_call_body", "hs_meeting_title"),
)


def build_predicate(groups: Any, definitions: Mapping[str, Definition]) -> Predicate:
    """Whether a record's properties fit one of the groups, all filters of it; no groups fit everything.

    Raises a 400 for more groups or filters than HubSpot takes, unknown properties and operators, and
    operators without the operands that they need.
    """
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise invalid("Invalid input JSON: filterGroups has to be a list of objects.")
    sizes = [len(group.get("filters") or []) for group in groups]
    if len(groups) > MOST_GROUPS:
        raise invalid(f"There are {len(groups)} filterGroups, at most {MOST_GROUPS} are allowed.")
    if any(size > MOST_PER_GROUP for size in sizes):
        raise invalid(f"A filterGroup has {max(sizes)} filters, at most {MOST_PER_GROUP} are allowed.")
    if sum(sizes) > MOST_FILTERS:
        raise invalid(f"There are {sum(sizes)} filters in all, at most {MOST_FILTERS} are allowed.")
    either = [_match_all([_read_condition(one, definitions) for one in group.get("filters") or []]) for group in groups]
    if len(either) == 1:
        return either[0]
    return lambda properties: not either or any(fits(properties) for fits in either)


def _match_all(tests: list[Predicate]) -> Predicate:
    def fits(properties: dict[str, str]) -> bool:
        for test in tests:  # noqa: SIM110  # all() takes twice the time, and this runs for every record
            if not test(properties):
                return False
        return True

    return fits


def list_filter_names(groups: list[dict[str, Any]]) -> set[str]:
    """Return the names of the properties that checked `filterGroups` ask about."""
    return {one["propertyName"] for group in groups for one in group.get("filters") or []}


def list_searchable_names(definitions: Mapping[str, Definition]) -> set[str]:
    """Return the names of the properties that `query` looks through."""
    return {name for name in SEARCHABLE if name in definitions}


def build_text_predicate(query: str, definitions: Mapping[str, Definition]) -> Predicate:
    """Whether every word of a query begins a word of one of the searchable properties."""
    names = list_searchable_names(definitions)
    words = WORD.findall(query.lower())

    def fits(properties: dict[str, str]) -> bool:
        text = " ".join(properties[name] for name in names if name in properties).lower()
        if not all(word in text for word in words):
            return False
        found = WORD.findall(text)
        return all(any(one.startswith(word) for one in found) for word in words)

    return fits


class Sort(NamedTuple):
    """By which property to sort, by which key, and whether backwards."""

    name: str
    key: Callable[[dict[str, str]], tuple[bool, Comparable]]
    reverse: bool


def read_sort(sorts: Any, definitions: Mapping[str, Definition]) -> Sort:
    """Read `sorts`, which may hold one; values that are not set come last either way."""
    if not isinstance(sorts, list):
        raise invalid("Invalid input JSON: sorts has to be a list.")
    if len(sorts) > 1:
        raise invalid(f"There are {len(sorts)} sorts, only 1 is allowed.")
    (sort,) = sorts
    if isinstance(sort, str):
        name, reverse = sort.removeprefix("-"), sort.startswith("-")
    elif isinstance(sort, dict) and isinstance(sort.get("propertyName"), str):
        name, reverse = sort["propertyName"], sort.get("direction") == "DESCENDING"
    else:
        raise invalid("A sort is a property name or an object with propertyName and direction.")
    read = _choose_reader(_require_definition(name, definitions))

    def key(properties: dict[str, str]) -> tuple[bool, Comparable]:
        value = read(properties[name]) if name in properties else None
        return (value is None) is not reverse, "" if value is None else value

    return Sort(name, key, reverse)


def _read_condition(given: Any, definitions: Mapping[str, Definition]) -> Predicate:
    if not isinstance(given, dict):
        raise invalid("Invalid input JSON: a filter has to be an object.")
    operator = str(given.get("operator"))
    if operator not in OPERATORS:
        raise invalid(f"{operator} is no operator. There are: {', '.join(OPERATORS)}")
    definition = _require_definition(given.get("propertyName"), definitions)
    name = definition.name
    if operator == "HAS_PROPERTY":
        return lambda properties: name in properties
    if operator == "NOT_HAS_PROPERTY":
        return lambda properties: name not in properties
    test = _test_value(operator, given, definition)
    if operator == "NOT_CONTAINS_TOKEN":
        return lambda properties: name not in properties or not test(properties[name])
    # [?] A record without the property fits neither NEQ nor NOT_IN.
    wanted = operator not in {"NEQ", "NOT_IN"}
    return lambda properties: name in properties and test(properties[name]) is wanted


def _test_value(operator: str, given: Mapping[str, Any], definition: Definition) -> Callable[[str], bool]:
    if operator.endswith("CONTAINS_TOKEN"):
        return _test_tokens(_read_operand(given, "value", operator))
    read = _choose_reader(definition)
    if operator in {"IN", "NOT_IN"}:
        values = given.get("values")
        if not isinstance(values, list) or not values:
            raise invalid(f"The operator {operator} needs a list of values.")
        return _test_membership(definition, [str(value) for value in values])
    low = _read_value(definition, _read_operand(given, "value", operator))
    if operator == "BETWEEN":
        high = _read_value(definition, _read_operand(given, "highValue", operator))
        return lambda text: (value := read(text)) is not None and low <= value <= high  # type: ignore[operator]
    if operator in {"EQ", "NEQ"}:
        return _test_membership(definition, [str(given["value"])], any_case=True)
    compare: dict[str, Callable[[Any], bool]] = {
        "LT": lambda value: value < low,
        "LTE": lambda value: value <= low,
        "GT": lambda value: value > low,
        "GTE": lambda value: value >= low,
    }
    ordered = compare[operator]
    return lambda text: (value := read(text)) is not None and ordered(value)


def _test_membership(definition: Definition, values: list[str], *, any_case: bool = False) -> Callable[[str], bool]:
    if definition.field_type == "checkbox":
        chosen = set(values)
        return lambda text: not chosen.isdisjoint(text.split(";"))
    if definition.type in {"enumeration", "bool"}:
        return set(values).__contains__
    if definition.type == "string":
        # Search compares text in lower case, yet takes the values of IN as they are: `IN ["Texas"]` finds
        # nothing, `IN ["texas"]` and `EQ "Texas"` find Texas.
        lowered = {value.lower() for value in values} if any_case else set(values)
        return lambda text: text.lower() in lowered
    read = _choose_reader(definition)
    wanted = {_read_value(definition, value) for value in values}
    return lambda text: read(text) in wanted


def _test_tokens(value: str) -> Callable[[str], bool]:
    patterns = [re.compile(re.escape(part).replace(r"\*", ".*"), re.DOTALL) for part in value.lower().split()]

    def fits(text: str) -> bool:
        text = text.lower()
        tokens = {*text.split(), *WORD.findall(text)}
        return all(any(pattern.fullmatch(token) for token in tokens) for pattern in patterns)

    return fits


def _choose_reader(definition: Definition) -> Callable[[str], Comparable | None]:
    """Read a stored value for comparing; dates are stored so that their text sorts as they do."""
    if definition.type == "number":
        return _as_float
    return str.lower if definition.type == "string" else str


def _read_value(definition: Definition, text: str) -> Comparable:
    if definition.type in {"date", "datetime"} and (moment := read_moment(text)) is not None:
        return format_moment(moment) if definition.type == "datetime" else moment.date().isoformat()
    value = None if definition.type in {"date", "datetime"} else _choose_reader(definition)(text)
    if value is None:
        raise invalid(f"{text} is no value of type {definition.type} for the property {definition.name}.")
    return value


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_operand(given: Mapping[str, Any], field: str, operator: str) -> str:
    value = given.get(field)
    if value is None or value == "" or isinstance(value, list | dict):
        raise invalid(f"The operator {operator} needs a {field}.")
    return str(value)


def _require_definition(name: Any, definitions: Mapping[str, Definition]) -> Definition:
    if not isinstance(name, str) or name not in definitions:
        raise invalid(f"There is no property {name} to filter or sort by.")
    return definitions[name]
