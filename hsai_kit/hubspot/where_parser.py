"""`where` in plain words, as the filter groups of HubSpot's search.

`state is known`, `state is CA or "New York"`, `lifecyclestage is not lead`, `amount >= 1000`,
`createdate after 2026-01-01`, `jobtitle contains sales`; joined by `and`, and by `or` between whole conditions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process

from hsai_kit.errors import WhereError
from hsai_kit.hubspot.filter_groups import Filter, Groups, milliseconds, within_limits
from hsai_kit.hubspot.properties import Property, PropertyOption, pick
from hsai_kit.hubspot.relative_dates import parse_relative_time
from hsai_kit.hubspot.value_conversion import as_moment

__all__ = ["filter_groups"]

# Word processors turn straight quotes into curly ones.
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|\u201c[^\u201d]*\u201d|>=|<=|!=|=|>|<|[^\s"'\u201c\u201d=<>!]+)""")
_QUOTES = "\"'\u201c"
_EQUAL = {"is", "=", "!="}
_ORDER = {">": "GT", ">=": "GTE", "<": "LT", "<=": "LTE", "after": "GT", "before": "LT"}
_VERBS = {*_EQUAL, *_ORDER, "contains"}
_FORMS = (
    'state is known · state is CA or "New York" · state is not CA · createdate after 2026-01-01 · '
    "amount >= 1000 · jobtitle contains sales"
)
_DAY = 24 * 60 * 60 * 1000


def filter_groups(where: str, known: Mapping[str, Property], object_type: str, zone: str = "UTC") -> Groups:
    """Return the groups (any of them) of filters (all of them) that `where` means.

    In `createdate after yesterday` a day begins at midnight in `zone`; a date that is written out is UTC.

    Raises WhereError with the part that was not understood, UnknownProperty with the nearest name.
    """
    if not isinstance(where, str):
        message = f"where is {where!r}. Write it in words, as a text: 'state is known'."
        raise WhereError(message)
    words = _words(where)
    if not words:
        message = f"where is empty. Leave it out to read all {object_type}."
        raise WhereError(message)
    groups: Groups = [[]]
    while words:
        groups[-1].append(_condition(words, known, object_type, zone))
        if words:
            joint = words.pop(0)
            if joint.casefold() not in {"and", "or"} or not words:
                raise WhereError(_not_understood(joint))
            if joint.casefold() == "or":
                groups.append([])
    within_limits(groups)
    return groups


def _condition(words: list[str], known: Mapping[str, Property], object_type: str, zone: str) -> Filter:
    if len(words) < 2:
        raise WhereError(_not_understood(" ".join(words)))
    name = _bare(words.pop(0))
    if "." in name and name not in known:
        message = (
            f"where takes properties of {object_type} alone, and {name} is of another record. "
            "Pull it as a column and filter the DataFrame."
        )
        raise WhereError(message)
    definition = pick(known, [name], object_type)[0]
    verb = words.pop(0).casefold()
    if verb in _ORDER:
        return _filter(definition, _ORDER[verb], value=_value(words, definition, zone))
    if verb == "contains":
        return _filter(definition, "CONTAINS_TOKEN", value=_value(words, definition))
    if verb not in _EQUAL or not words:
        raise WhereError(_not_understood(f"{definition.name} {verb}"))
    negative = verb == "!="
    if verb == "is":
        negative = words[0].casefold() == "not"
        if negative:
            words.pop(0)
        if words and words[0].casefold() in {"known", "unknown"}:
            there = (words.pop(0).casefold() == "known") is not negative
            return _filter(definition, "HAS_PROPERTY" if there else "NOT_HAS_PROPERTY")
    return _equal(words, definition, known, negative=negative)


def _equal(words: list[str], definition: Property, known: Mapping[str, Property], *, negative: bool) -> Filter:
    day = bool(words) and definition.type == "datetime" and len(_bare(words[0])) == len("2026-01-31")
    values = [_value(words, definition)]
    while len(words) >= 2 and words[0].casefold() == "or" and not _begins_condition(words[1:], known):
        words.pop(0)
        values.append(_value(words, definition))
    if day and not negative and len(values) == 1:
        # A time of day belongs to every moment: what is meant is that day, in UTC.
        return _filter(definition, "BETWEEN", value=values[0], highValue=str(int(values[0]) + _DAY - 1))
    if day:
        message = (
            f"{definition.name} holds a time too, so it is compared with one day at a time. Write, for example: "
            f"{definition.name} before 2026-01-31 or {definition.name} >= 2026-02-01"
        )
        raise WhereError(message)
    if len(values) > 1:
        if definition.type == "string":
            # HubSpot's search compares text in lower case, but takes the values of IN as they are.
            values = [value.lower() for value in values]
        return _filter(definition, "NOT_IN" if negative else "IN", values=values)
    return _filter(definition, "NEQ" if negative else "EQ", value=values[0])


def _begins_condition(words: list[str], known: Mapping[str, Property]) -> bool:
    return len(words) >= 2 and words[1].casefold() in _VERBS and (words[0] in known or words[0][0] not in _QUOTES)


def _value(words: list[str], definition: Property, zone: str | None = None) -> str:
    if not words:
        message = f"where ends after {definition.name!r}: a value is missing. These forms are: {_FORMS}."
        raise WhereError(message)
    word = words.pop(0)
    text = _bare(word).strip()
    meant = process.extractOne(text.casefold(), ("known", "unknown"), scorer=fuzz.ratio, score_cutoff=80)
    if meant and text.casefold() != meant[0] and text == word:
        message = (
            f"where compares {definition.name} with {text!r}. Was {meant[0]!r} meant? Otherwise write it in quotes."
        )
        raise WhereError(message)
    if not text:
        message = f"where compares {definition.name} with nothing. Write: {definition.name} is unknown"
        raise WhereError(message)
    if definition.type in {"date", "datetime"}:
        moment = as_moment(text) or (parse_relative_time(text, zone) if zone else None)
        if moment is None:
            message = f"{definition.name} is a {definition.type}, and {text!r} is none. Write it as 2026-01-31."
            raise WhereError(message)
        return milliseconds(moment)
    if definition.type == "number" and not re.fullmatch(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)", text):
        message = f"{definition.name} is a number, and {text!r} is none. Write it as 1000 or 2.5."
        raise WhereError(message)
    if definition.options:
        option = definition.option_for(text) or _by_initials(text, definition)
        if option is None:
            labels = ", ".join(o.label for o in definition.options[:30])
            message = f"{definition.name} has no option {text!r}. It has: {labels}."
            raise WhereError(message)
        return option.value
    if definition.type == "bool":
        truth = {"yes": "true", "true": "true", "no": "false", "false": "false"}.get(text.casefold())
        if truth is None:
            message = f"{definition.name} is yes or no, and {text!r} is neither."
            raise WhereError(message)
        return truth
    return text


def _by_initials(text: str, definition: Property) -> PropertyOption | None:
    """Return the one option whose label has these initials: MQL is the Marketing Qualified Lead."""
    wanted = text.casefold()
    found = [
        option
        for option in definition.options
        if len(initials := "".join(word[0] for word in option.label.split())) > 1 and initials.casefold() == wanted
    ]
    return found[0] if len(found) == 1 else None


def _filter(definition: Property, operator: str, **rest: Any) -> Filter:
    return {"propertyName": definition.name, "operator": operator, **rest}


def _words(where: str) -> list[str]:
    words, place = [], 0
    while where[place:].strip():
        match = _TOKEN.match(where, place)
        if match is None:
            raise WhereError(_not_understood(where[place:].strip()))
        words.append(match.group(1))
        place = match.end()
    return words


def _bare(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] in _QUOTES else word


def _not_understood(part: str) -> str:
    return (
        f"where was not understood at {part!r}. These forms are: {_FORMS}. Join them with 'and' or 'or', "
        "and put a value of several words in quotes."
    )
