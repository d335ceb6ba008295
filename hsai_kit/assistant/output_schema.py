"""What an assistant may answer: text, one choice, or named fields; its schema, and reading it back safely."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, model_validator

Value: TypeAlias = str | float | bool | None
_TAG_OR_LINK = re.compile(r"<\s*/?\s*[a-z!][^<>]*>?|(?:https?://|www\.|javascript:)\S*", re.IGNORECASE)
# What a run's answers say of each row, under names of their own.
_TAKEN = {"record_id", "confidence", "status", "flags", "reason", "usd", "seconds", "question"}
# The largest float is about 1.8e308.
_MOST = 10**308
_YES_NO = {"true": True, "yes": True, "y": True, "1": True, "false": False, "no": False, "n": False, "0": False}


@dataclass(frozen=True)
class AnswerValue:
    """An answer as read: the value (None: blank or not usable) and why it wants eyes."""

    value: Value | dict[str, Value]
    flags: tuple[str, ...] = ()


class _OutputKind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    to: str | None = None
    """The property that the answer is meant for; `push(..., to=)` may name another."""

    def read(self, value: object, source: str) -> AnswerValue:  # noqa: ARG002 -- text alone looks at its source
        """Read one value, whatever the model wrote; what this kind does not allow is flagged and never passed on."""
        if value is None:
            return AnswerValue(None, ("blank",))
        return AnswerValue(value) if self._allows(value) else AnswerValue(None, ("not allowed",))

    def _allows(self, value: object) -> TypeGuard[Value]:
        raise NotImplementedError


class Text(_OutputKind):
    """Free text; one longer than `max_characters` is passed on with a flag."""

    kind: Literal["text"] = "text"
    max_characters: Annotated[int | None, Field(ge=1)] = None

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON schema of one value."""
        return {"type": ["string", "null"]}

    def read(self, value: object, source: str) -> AnswerValue:
        """Read one value; markup or links that the record's own text lacks are flagged `unsafe`."""
        # Models write half an emoji now and then, which no file and no API takes.
        text = value.strip().encode("utf-8", "replace").decode() if isinstance(value, str) else ""
        if not text:
            return AnswerValue(None, ("blank",))
        flags = ("unsafe",) if _find_tags_and_links(text) - _find_tags_and_links(source) else ()
        if self.max_characters is not None and len(text) > self.max_characters:
            flags = (*flags, "too long")
        return AnswerValue(text, flags)


class Number(_OutputKind):
    """A number."""

    kind: Literal["number"]

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON schema of one value."""
        return {"type": ["number", "null"]}

    def _allows(self, value: object) -> TypeGuard[Value]:
        # JSON as Python reads it knows NaN and Infinity, and whole numbers of any length.
        return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST


class YesNo(_OutputKind):
    """True or false; `statement` is what is true or false, where the instructions are no such statement themselves."""

    kind: Literal["yes_no"]
    statement: str | None = None

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON schema of one value."""
        schema: dict[str, Any] = {"type": ["boolean", "null"]}
        return schema if self.statement is None else {**schema, "description": f"Is this true: {self.statement}"}

    def _allows(self, value: object) -> TypeGuard[Value]:
        return isinstance(value, bool)


class Choice(_OutputKind):
    """One of a closed set of options; `none_option` is the one that means: no value.

    `descriptions` say of some or all options what they mean, where the option itself does not. `ordered` says that the
    options are levels, the lowest first.
    """

    kind: Literal["choice"]
    options: tuple[str, ...] = Field(min_length=2)
    none_option: str | None = None
    descriptions: Mapping[str, str] = {}
    ordered: bool = False

    @model_validator(mode="after")
    def _check_options(self) -> Choice:
        message = ""
        if not all(option.strip() for option in self.options):
            message = "an option is blank; for 'no value' add an option such as UNKNOWN and name it in none_option"
        elif len(self._by_text) < len(self.options):
            message = "two options are the same but for case or spaces"
        elif self.none_option not in {None, *self.options}:
            message = f"none_option {self.none_option!r} is not among the options"
        elif unknown := [option for option in self.descriptions if option not in self.options]:
            message = f"{unknown[0]!r} is described and is not among the options"
        if message:
            raise ValueError(message)
        return self

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON schema of one value."""
        schema: dict[str, Any] = {"type": "string", "enum": list(self.options)}
        if self.descriptions:
            schema["description"] = "; ".join(f"{option}: {meaning}" for option, meaning in self.descriptions.items())
        return schema

    def read(self, value: object, source: str) -> AnswerValue:  # noqa: ARG002 -- text alone looks at its source
        """Read one value; case and spaces do not count, and what is not an option is `not allowed`."""
        wanted = value.strip().casefold() if isinstance(value, str) else ""
        option = self._by_text.get(wanted)
        if option is None:
            return AnswerValue(None, ("not allowed",) if wanted else ("blank",))
        return AnswerValue(None, ("blank",)) if option == self.none_option else AnswerValue(option)

    @functools.cached_property
    def _by_text(self) -> Mapping[str, str]:
        # Worked out once: an answer is looked up, and not compared with each of 255 options.
        return {option.strip().casefold(): option for option in self.options}


Kind: TypeAlias = Text | Number | YesNo | Choice
Single: TypeAlias = Annotated[Kind, Field(discriminator="kind")]


class Fields(BaseModel):
    """Several named values in one answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["fields"]
    fields: Mapping[str, Single] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_names(self) -> Fields:
        for name in self.fields:
            if name in _TAKEN:
                message = f"a field cannot be called {name!r}, which is a column of every run; choose another name"
                raise ValueError(message)
            if not re.fullmatch(r"\w[\w -]*", name):
                message = f"a field cannot be called {name!r}; use letters, digits, '_', '-' and spaces"
                raise ValueError(message)
        return self


class Output(BaseModel):
    """The `[output]` section of an assistant, whichever kind it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shape: Annotated[Kind | Fields, Field(discriminator="kind")]

    @property
    def fields(self) -> Mapping[str, Kind]:
        """The named values; a single one is called `answer`."""
        return self.shape.fields if isinstance(self.shape, Fields) else {"answer": self.shape}

    @property
    def has_fields(self) -> bool:
        """True for named values, which a person sees as columns of those names."""
        return isinstance(self.shape, Fields)

    @property
    def is_plain_text(self) -> bool:
        """True where the answer is the text itself, not JSON."""
        return isinstance(self.shape, Text)

    @property
    def is_closed(self) -> bool:
        """True for a single choice: its confidence is the model's own for that option."""
        return isinstance(self.shape, Choice)

    def explain_too_large(self) -> str:
        """Say why OpenAI would refuse the schema, and the way out; "" where it takes it.

        At most 1,000 options in all, and at most 15,000 characters in a field of more than 250 (OpenAI's guide to
        structured outputs). No output here is nested beyond its limit of five levels.
        """
        sizes = [
            (len(kind.options), sum(map(len, kind.options)))
            for kind in self.fields.values()
            if isinstance(kind, Choice)
        ]
        count, longest = sum(size for size, _ in sizes), max((text for size, text in sizes if size > 250), default=0)
        if count <= 1_000 and longest <= 15_000:
            return ""
        problem = f"it has {count:,} options and may have 1,000."
        if count <= 1_000:
            problem = f"its options have {longest:,} characters and may have 15,000 where there are more than 250."
        fits = all(size <= 255 for size, _ in sizes) and len(sizes) == len(self.fields)
        way = 'Ask with engine="decisions", which takes up to 255 options a field; or leave' if fits else "Leave"
        return f"{problem} {way} some options out, or ask in two steps: first for a group, then for one of its options."

    def json_schema(self) -> dict[str, Any]:
        """Return the strict JSON schema that the model is held to."""
        return {
            "type": "object",
            "properties": {name: field.schema_of() for name, field in self.fields.items()},
            "required": list(self.fields),
            "additionalProperties": False,
        }

    def read(self, text: str, source: str) -> AnswerValue:
        """Read what the model wrote, checked whatever it said; `source` is the question's own text.

        Several fields give a dict and flags such as `urgency: not allowed`.
        """
        if self.is_plain_text:
            return self.fields["answer"].read(text, source)
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            return AnswerValue(None, ("not allowed",))
        read = {name: field.read(values.get(name), source) for name, field in self.fields.items()}
        if not isinstance(self.shape, Fields):
            return read["answer"]
        flags = tuple(f"{name}: {flag}" for name, one in read.items() for flag in one.flags)
        return AnswerValue({name: one.value for name, one in read.items() if not isinstance(one.value, dict)}, flags)


def as_words(value: Value | dict[str, Value]) -> str:
    """Return an answer's value as a person reads it; "" for a blank.

    >>> as_words({"urgency": "high", "spam": False})
    'urgency: high; spam: no'
    """
    if isinstance(value, dict):
        return "; ".join(f"{name}: {as_words(one)}" for name, one in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def parse_value(kind: Kind, text: str) -> Value:
    """Return what somebody typed as a value of `kind`; what does not fit stays text, and `kind.read` refuses it.

    >>> parse_value(YesNo(kind="yes_no"), "TRUE"), parse_value(Number(kind="number"), "1.5"), parse_value(Text(), "1.5")
    (True, 1.5, '1.5')
    """
    if isinstance(kind, YesNo):
        return _YES_NO.get(text.strip().casefold(), text)
    if isinstance(kind, Number):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text


def _find_tags_and_links(text: str) -> set[str]:
    return {match.group().casefold().rstrip(".,;:!?)]}'\"") for match in _TAG_OR_LINK.finditer(text)}
