"""`where` in plain words: parsed into the filter groups of HubSpot's search, and built from a form's fields.

`state is known`, `state is CA or "New York"`, `lifecyclestage is not lead`, `amount >= 1000`,
`createdate after 2026-01-01`, `jobtitle contains sales`; joined by `and`, and by `or` between whole conditions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rapidfuzz import fuzz, process

from hsai_kit.errors import WhereError
from hsai_kit.hubspot.dates import DAY, parse_moment, parse_relative_time, to_milliseconds
from hsai_kit.hubspot.filter_groups import Filter, Groups, check_limits
from hsai_kit.hubspot.properties import Property, PropertyOption, PropertyType, pick

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
_WITHOUT_VALUE = ("is known", "is unknown")


def list_verbs(property_type: str) -> tuple[str, ...]:
    """Return the verbs that make sense for a property of this type, as HubSpot names its types."""
    always = (*_WITHOUT_VALUE, "is", "is not")
    if property_type in {"date", "datetime"}:
        return (*always, "after", "before")
    if property_type == "number":
        return (*always, ">", ">=", "<", "<=")
    return (*always, "contains") if property_type == "string" else always


def build_condition(name: str, verb: str, value: str = "") -> str:
    """Return one condition of a `where`; raises WhereError where the value is missing or cannot be quoted.

    >>> build_condition("state", "is", "New York")
    'state is "New York"'
    """
    if verb in _WITHOUT_VALUE:
        return f"{name} {verb}"
    text = value.strip()
    if not text:
        message = f"The condition on {name} has no value. Write one, or choose 'is unknown'."
        raise WhereError(message)
    if '"' in text and "'" in text:
        message = f"{text!r} has both kinds of quotes, which a condition cannot hold. Filter the DataFrame instead."
        raise WhereError(message)
    quote = "'" if '"' in text else '"'
    return f"{name} {verb} {quote}{text}{quote}"


def parse_where(where: str, known: Mapping[str, Property], object_type: str, zone: str = "UTC") -> Groups:
    """Return the groups (any of them) of filters (all of them) that `where` means.

    In `createdate after yesterday` a day begins at midnight in `zone`; a date that is written out is UTC.

    Raises WhereError with the part that was not understood, UnknownProperty with the nearest name.
    """
    if not isinstance(where, str):
        message = f"where is {where!r}. Write it in words, as a text: 'state is known'."
        raise WhereError(message)
    words = _split_words(where)
    if not words:
        message = f"where is empty. Leave it out to read all {object_type}."
        raise WhereError(message)
    groups: Groups = [[]]
    while words:
        groups[-1].append(_parse_condition(words, known, object_type, zone))
        if words:
            joint = words.pop(0)
            if joint.casefold() not in {"and", "or"} or not words:
                raise WhereError(_explain_syntax(joint))
            if joint.casefold() == "or":
                groups.append([])
    check_limits(groups)
    return groups


def _parse_condition(words: list[str], known: Mapping[str, Property], object_type: str, zone: str) -> Filter:
    if len(words) < 2:
        raise WhereError(_explain_syntax(" ".join(words)))
    name = _unquote(words.pop(0))
    if "." in name and name not in known:
        message = (
            f"where takes properties of {object_type} alone, and {name} is of another record. "
            "Pull it as a column and filter the DataFrame."
        )
        raise WhereError(message)
    definition = pick(known, [name], object_type)[0]
    verb = words.pop(0).casefold()
    if verb in _ORDER:
        return _build_filter(definition, _ORDER[verb], value=_parse_value(words, definition, zone))
    if verb == "contains":
        return _build_filter(definition, "CONTAINS_TOKEN", value=_parse_value(words, definition))
    if verb not in _EQUAL or not words:
        raise WhereError(_explain_syntax(f"{definition.name} {verb}"))
    negative = verb == "!="
    if verb == "is":
        negative = words[0].casefold() == "not"
        if negative:
            words.pop(0)
        if words and words[0].casefold() in {"known", "unknown"}:
            there = (words.pop(0).casefold() == "known") is not negative
            return _build_filter(definition, "HAS_PROPERTY" if there else "NOT_HAS_PROPERTY")
    return _parse_equality(words, definition, known, negative=negative)


def _parse_equality(words: list[str], definition: Property, known: Mapping[str, Property], *, negative: bool) -> Filter:
    day = bool(words) and definition.type == PropertyType.DATETIME and len(_unquote(words[0])) == len("2026-01-31")
    values = [_parse_value(words, definition)]
    while len(words) >= 2 and words[0].casefold() == "or" and not _is_condition(words[1:], known):
        words.pop(0)
        values.append(_parse_value(words, definition))
    if day and not negative and len(values) == 1:
        # A time of day belongs to every moment: what is meant is that day, in UTC.
        return _build_filter(definition, "BETWEEN", value=values[0], highValue=str(int(values[0]) + DAY - 1))
    if day:
        message = (
            f"{definition.name} holds a time too, so it is compared with one day at a time. Write, for example: "
            f"{definition.name} before 2026-01-31 or {definition.name} >= 2026-02-01"
        )
        raise WhereError(message)
    if len(values) > 1:
        if definition.type == PropertyType.STRING:
            # HubSpot's search compares text in lower case, but takes the values of IN as they are.
            values = [value.lower() for value in values]
        return _build_filter(definition, "NOT_IN" if negative else "IN", values=values)
    return _build_filter(definition, "NEQ" if negative else "EQ", value=values[0])


def _is_condition(words: list[str], known: Mapping[str, Property]) -> bool:
    return len(words) >= 2 and words[1].casefold() in _VERBS and (words[0] in known or words[0][0] not in _QUOTES)


def _parse_value(words: list[str], definition: Property, zone: str | None = None) -> str:
    if not words:
        message = f"where ends after {definition.name!r}: a value is missing. These forms are: {_FORMS}."
        raise WhereError(message)
    word = words.pop(0)
    text = _unquote(word).strip()
    meant = process.extractOne(text.casefold(), ("known", "unknown"), scorer=fuzz.ratio, score_cutoff=80)
    if meant and text.casefold() != meant[0] and text == word:
        message = (
            f"where compares {definition.name} with {text!r}. Was {meant[0]!r} meant? Otherwise write it in quotes."
        )
        raise WhereError(message)
    if not text:
        message = f"where compares {definition.name} with nothing. Write: {definition.name} is unknown"
        raise WhereError(message)
    if definition.is_time:
        moment = parse_moment(text) or (parse_relative_time(text, zone) if zone else None)
        if moment is None:
            message = f"{definition.name} is a {definition.type}, and {text!r} is none. Write it as 2026-01-31."
            raise WhereError(message)
        return to_milliseconds(moment)
    if definition.type == PropertyType.NUMBER and not re.fullmatch(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)", text):
        message = f"{definition.name} is a number, and {text!r} is none. Write it as 1000 or 2.5."
        raise WhereError(message)
    if definition.options:
        option = definition.option_for(text) or _find_by_initials(text, definition)
        if option is None:
            labels = ", ".join(o.label for o in definition.options[:30])
            message = f"{definition.name} has no option {text!r}. It has: {labels}."
            raise WhereError(message)
        return option.value
    if definition.type == PropertyType.BOOL:
        truth = {"yes": "true", "true": "true", "no": "false", "false": "false"}.get(text.casefold())
        if truth is None:
            message = f"{definition.name} is yes or no, and {text!r} is neither."
            raise WhereError(message)
        return truth
    return text


def _find_by_initials(text: str, definition: Property) -> PropertyOption | None:
    """Return the one option whose label has these initials: MQL is the Marketing Qualified Lead."""
    wanted = text.casefold()
    found = [
        option
        for option in definition.options
        if len(initials := "".join(word[0] for word in option.label.split())) > 1 and initials.casefold() == wanted
    ]
    return found[0] if len(found) == 1 else None


def _build_filter(definition: Property, operator: str, **rest: Any) -> Filter:
    return {"propertyName": definition.name, "operator": operator, **rest}


def _split_words(where: str) -> list[str]:
    words, place = [], 0
    while where[place:].strip():
        match = _TOKEN.match(where, place)
        if match is None:
            raise WhereError(_explain_syntax(where[place:].strip()))
        words.append(match.group(1))
        place = match.end()
    return words


def _unquote(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] in _QUOTES else word


def _explain_syntax(part: str) -> str:
    return (
        f"where was not understood at {part!r}. These forms are: {_FORMS}. Join them with 'and' or 'or', "
        "and put a value of several words in quotes."
    )
