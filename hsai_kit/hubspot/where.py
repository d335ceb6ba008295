"""`where` in plain words: parsed into the filter groups of HubSpot's search, and built from a form's fields.

`state is known`, `state is CA or "New York"`, `lifecyclestage is not lead`, `amount >= 1000`,
`createdate after 2026-01-01`, `jobtitle contains sales`; joined by `and`, and by `or` between whole conditions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from hsai_kit.errors import WhereError
from hsai_kit.hubspot.dates import DAY, parse_moment, parse_relative_time, to_milliseconds
from hsai_kit.hubspot.dtypes import BOOLEANS
from hsai_kit.hubspot.filter_groups import Filter, Groups, check_limits
from hsai_kit.hubspot.properties import Property, PropertyOption, PropertyType, pick
from hsai_kit.runtime.console import advise

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
        raise WhereError(f"The condition on {name} has no value. Write one, or choose 'is unknown'.")
    if '"' in text and "'" in text:
        way = advise("Filter the DataFrame", "Pull more, and filter the file")
        message = f"{text!r} has both kinds of quotes, which a condition cannot hold. {way} instead."
        raise WhereError(message)
    quote = "'" if '"' in text else '"'
    return f"{name} {verb} {quote}{text}{quote}"


def parse_where(where: str, known: Mapping[str, Property], object_type: str, zone: str = "UTC") -> Groups:
    """Return the groups (any of them) of filters (all of them) that `where` means.

    In `createdate after yesterday` a day begins at midnight in `zone`; a date that is written out is UTC.

    Raises WhereError with the part that was not understood, UnknownProperty with the nearest name.
    """
    if not isinstance(where, str):
        raise WhereError(f"where is {where!r}. Write it in words, as a text: 'state is known'.")
    parser = _WhereParser(_split_words(where), known, object_type, zone)
    if not parser.words:
        raise WhereError(f"where is empty. Leave it out to read all {object_type}.")
    groups: Groups = [[parser.parse_condition()]]
    while parser.words:
        joint = parser.words.pop(0)
        if joint.casefold() not in {"and", "or"} or not parser.words:
            raise _syntax_error(joint)
        if joint.casefold() == "or":
            groups.append([])
        groups[-1].append(parser.parse_condition())
    check_limits(groups)
    return groups


@dataclass
class _WhereParser:
    """Takes conditions off the front of `words`."""

    words: list[str]
    known: Mapping[str, Property]
    object_type: str
    zone: str

    def parse_condition(self) -> Filter:
        if len(self.words) < 2:
            raise _syntax_error(" ".join(self.words))
        name, verb = _unquote(self.words.pop(0)), self.words.pop(0).casefold()
        if "." in name and name not in self.known:
            raise WhereError(
                f"where takes properties of {self.object_type} alone, and {name} is of another record. "
                f"Pull it as a column and filter the {advise('DataFrame', 'file')}."
            )
        definition = pick(self.known, [name], self.object_type)[0]
        if verb in _ORDER:
            return _build_filter(definition, _ORDER[verb], value=self._parse_value(definition, self.zone))
        if verb == "contains":
            return _build_filter(definition, "CONTAINS_TOKEN", value=self._parse_value(definition))
        if verb not in _EQUAL or not self.words:
            raise _syntax_error(f"{definition.name} {verb}")
        negative = verb == "!="
        if verb == "is":
            if negative := self.words[0].casefold() == "not":
                self.words.pop(0)
            if self.words and self.words[0].casefold() in {"known", "unknown"}:
                has_value = (self.words.pop(0).casefold() == "known") is not negative
                return _build_filter(definition, "HAS_PROPERTY" if has_value else "NOT_HAS_PROPERTY")
        return self._parse_equality(definition, negative=negative)

    def _parse_equality(self, definition: Property, *, negative: bool) -> Filter:
        is_moment = definition.type == PropertyType.DATETIME
        day = is_moment and bool(self.words) and len(_unquote(self.words[0])) == len("2026-01-31")
        values = [self._parse_value(definition)]
        while len(self.words) >= 2 and self.words[0].casefold() == "or" and not self._is_condition(*self.words[1:3]):
            self.words.pop(0)
            values.append(self._parse_value(definition))
        if day and not negative and len(values) == 1:
            # A time of day belongs to every moment: what is meant is that day, in UTC.
            return _build_filter(definition, "BETWEEN", value=values[0], highValue=str(int(values[0]) + DAY - 1))
        if day:
            raise WhereError(
                f"{definition.name} holds a time too, so it is compared with one day at a time. Write, for example: "
                f"{definition.name} before 2026-01-31 or {definition.name} >= 2026-02-01"
            )
        if len(values) > 1:
            if definition.type == PropertyType.STRING:
                # HubSpot's search compares text in lower case, but takes the values of IN as they are.
                values = [value.lower() for value in values]
            return _build_filter(definition, "NOT_IN" if negative else "IN", values=values)
        return _build_filter(definition, "NEQ" if negative else "EQ", value=values[0])

    def _is_condition(self, word: str, verb: str = "") -> bool:
        return verb.casefold() in _VERBS and (word in self.known or word[0] not in _QUOTES)

    def _parse_value(self, definition: Property, zone: str | None = None) -> str:
        name = definition.name
        if not self.words:
            raise WhereError(f"where ends after {name!r}: a value is missing. These forms are: {_FORMS}.")
        word = self.words.pop(0)
        text = _unquote(word).strip()
        meant = process.extractOne(text.casefold(), ("known", "unknown"), scorer=fuzz.ratio, score_cutoff=80)
        if meant and text.casefold() != meant[0] and text == word:
            raise WhereError(
                f"where compares {name} with {text!r}. Was {meant[0]!r} meant? Otherwise write it in quotes."
            )
        if not text:
            raise WhereError(f"where compares {name} with nothing. Write: {name} is unknown")
        if definition.is_time:
            moment = parse_moment(text) or (parse_relative_time(text, zone) if zone else None)
            if moment is None:
                raise WhereError(f"{name} is a {definition.type}, and {text!r} is none. Write it as 2026-01-31.")
            return to_milliseconds(moment)
        if definition.type == PropertyType.NUMBER and not re.fullmatch(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)", text):
            raise WhereError(f"{name} is a number, and {text!r} is none. Write it as 1000 or 2.5.")
        if definition.options:
            option = definition.option_for(text) or _find_by_initials(text, definition)
            if option is None:
                labels = ", ".join(one.label for one in definition.options[:30])
                raise WhereError(f"{name} has no option {text!r}. It has: {labels}.")
            return option.value
        if definition.type == PropertyType.BOOL:
            word = {"yes": "true", "no": "false"}.get(text.casefold(), text.casefold())
            if word not in BOOLEANS:
                raise WhereError(f"{name} is yes or no, and {text!r} is neither.")
            return word
        return text


def _find_by_initials(text: str, definition: Property) -> PropertyOption | None:
    """Return the one option whose label has these initials: MQL is the Marketing Qualified Lead."""
    initials = [("".join(word[0] for word in one.label.split()).casefold(), one) for one in definition.options]
    found = [one for letters, one in initials if len(letters) > 1 and letters == text.casefold()]
    return found[0] if len(found) == 1 else None


def _build_filter(definition: Property, operator: str, **rest: Any) -> Filter:
    return {"propertyName": definition.name, "operator": operator, **rest}


def _split_words(where: str) -> list[str]:
    words, place = [], 0
    while where[place:].strip():
        match = _TOKEN.match(where, place)
        if match is None:
            raise _syntax_error(where[place:].strip())
        words.append(match.group(1))
        place = match.end()
    return words


def _unquote(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] in _QUOTES else word


def _syntax_error(part: str) -> WhereError:
    return WhereError(
        f"where was not understood at {part!r}. These forms are: {_FORMS}. Join them with 'and' or 'or', "
        "and put a value of several words in quotes."
    )
