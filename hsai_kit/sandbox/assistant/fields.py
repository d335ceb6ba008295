"""Answers of several named fields: each by its name, its description and its type."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.assistant.choices import answer_choice
from hsai_kit.sandbox.assistant.estimates import estimate_levels, estimate_probability
from hsai_kit.sandbox.assistant.hostile import REFUSAL, must_refuse
from hsai_kit.sandbox.assistant.record import clean_text, read_record
from hsai_kit.sandbox.assistant.region_names import make_key
from hsai_kit.sandbox.assistant.regions import locate
from hsai_kit.sandbox.assistant.reply import MARK, FieldReply, FieldsReply
from hsai_kit.sandbox.assistant.sentences import without_orders
from hsai_kit.sandbox.assistant.state_field import NOWHERE
from hsai_kit.sandbox.assistant.text_answers import summarize
from hsai_kit.sandbox.assistant.topics import count_terms, stem

if TYPE_CHECKING:
    from collections.abc import Mapping

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\(?\d[\d ().-]{6,18}\d")
_URL = re.compile(r"\bhttps?://[^\s<>\"']+|\bwww\.[^\s<>\"']+")
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:, \d{4})?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])[$€£]?\s?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?(k|m|%)?(?!\w)", re.IGNORECASE)
_PROSE = re.compile(
    r"summar|reason|rational|explan|note|descri|comment|why|detail|overview|gist|recap|text|message|next.?step|action"
)
_SHAPES = (("email", _EMAIL), ("e-mail", _EMAIL), ("phone", _PHONE), ("url", _URL), ("website", _URL), ("date", _DATE))
_MONEY = frozenset(stem(word) for word in ("amount", "price", "budget", "cost", "value", "revenue", "usd", "eur"))
_SCALED = re.compile(r"score|rating|confidence|likelihood|probabil|urgency|priority|sentiment|quality|fit")


def answer_fields(model: str, instructions: str, text: str, schema: Mapping[str, Any]) -> FieldsReply:
    """Fill the properties of a JSON schema of type object from the record in `text`.

    Closed properties are chosen as in `answer_choice`, booleans estimated, numbers and strings looked up in the
    record; what is not there is null where the schema allows it, and empty or zero otherwise.

    >>> schema = {"type": "object", "properties": {"seats": {"type": ["integer", "null"]}}}
    >>> answer_fields("sandbox-sol", "", "We need 40 seats.", schema).values
    {'seats': 40}
    """
    return _answer_all(model, instructions, text, json.dumps(schema, sort_keys=False))


@lru_cache(maxsize=16384)
def _answer_all(model: str, instructions: str, text: str, schema: str) -> FieldsReply:
    if must_refuse(text):
        return FieldsReply({}, REFUSAL)
    return _fill(model, instructions, text, json.loads(schema), {})


def _fill(model: str, instructions: str, text: str, schema: dict[str, Any], definitions: dict[str, Any]) -> FieldsReply:
    definitions = schema.get("$defs") or schema.get("definitions") or definitions
    fields = {}
    for name, part in schema.get("properties", {}).items():
        # A definition is not followed into itself: such a schema has no end.
        left = {key: known for key, known in definitions.items() if f'/{key}"' not in json.dumps(part)}
        fields[name] = _answer_field(model, instructions, text, name, _resolve(part, definitions), left)
    return FieldsReply(fields)


def _resolve(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference; of several alternatives take the first that is not null."""
    if "$ref" in schema:
        return dict(definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {}))
    if "anyOf" in schema:
        parts = [_resolve(part, definitions) for part in schema["anyOf"]]
        chosen = next((part for part in parts if part.get("type") != "null"), {})
        nullable = any(part.get("type") == "null" for part in parts)
        return {**chosen, "description": schema.get("description", ""), "nullable": nullable}
    return schema


def _answer_field(
    model: str, instructions: str, text: str, name: str, schema: dict[str, Any], definitions: dict[str, Any]
) -> FieldReply:
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    nullable = "null" in kinds or bool(schema.get("nullable"))
    kind = next((kind for kind in kinds if kind != "null"), "string")
    asked = f"{name.replace('_', ' ')}. {schema.get('description', '')}"
    options = [option for option in schema.get("enum", ()) if option is not None]
    if "const" in schema:
        return FieldReply(schema["const"], 1.0)
    if options:
        return _choose(model, f"{asked}\n{instructions}", text, options)
    if kind == "boolean":
        probability = estimate_probability(model, asked, text)
        sure = max(probability, 1 - probability)
        return FieldReply(probability >= 0.5, sure, ((probability < 0.5, 1 - sure),))
    if kind == "object":
        return FieldReply(_fill(model, instructions, text, schema, definitions), 0.9)
    if kind == "array":
        return _list_values(model, instructions, text, name, _resolve(schema.get("items", {}), definitions))
    is_number = kind in ("number", "integer")
    found = _find_number(model, asked, text, schema) if is_number else _answer_string(name, asked, text)
    if found is None:
        empty: Any = None if nullable else 0 if is_number else ""
        return FieldReply(empty, 0.8 if nullable else 0.5)
    value, confidence = found
    return FieldReply(round(value) if kind == "integer" and not isinstance(value, str) else value, confidence)


def _choose(model: str, asked: str, text: str, options: list[Any]) -> FieldReply:
    names = {_name_of(option): option for option in options}
    if len(names) == 1:
        return FieldReply(options[0], 1.0)
    reply = answer_choice(model, asked, text, list(names))
    others = tuple((names[name], share) for name, share in reply.alternatives)
    return FieldReply(names[reply.text], reply.confidence or 0.5, others)


def _name_of(option: Any) -> str:
    return option if isinstance(option, str) else json.dumps(option)


def _list_values(model: str, instructions: str, text: str, name: str, items: dict[str, Any]) -> FieldReply:
    if items.get("enum"):
        return FieldReply([_choose(model, f"{name}\n{instructions}", text, items["enum"]).value], 0.7)
    if items.get("type", "string") != "string":
        return FieldReply([], 0.5)
    counted = count_terms(clean_text(without_orders(read_record(text).text)))
    words = [word for word, _ in counted.most_common(40) if " " not in word and len(word) > 4 and word.isalpha()]
    return FieldReply(words[:3], 0.6)


def _find_number(model: str, asked: str, text: str, schema: dict[str, Any]) -> tuple[float, float] | None:
    """Find a figure whose label or neighbors speak of what is asked, or a place on a scale."""
    wanted = {word for word in count_terms(asked) if " " not in word and len(word) > 2}
    record = read_record(text)
    for label, value in record.fields:
        match = _NUMBER.search(value)
        if match and wanted & count_terms(label).keys():
            return _value_of(match), 0.95
    body = clean_text(record.text)
    best: tuple[int, float] | None = None
    for match in _NUMBER.finditer(body[:20_000]):
        hits = _closeness(wanted, match, body)
        if hits and (best is None or hits > best[0]):
            best = (hits, _value_of(match))
    if best is not None:
        return best[1], min(0.9, 0.6 + 0.15 * best[0])
    if _SCALED.search(asked.lower()):
        low, high = schema.get("minimum", 0), schema.get("maximum", 1 if "confidence" in asked.lower() else 10)
        shares = estimate_levels(model, asked, text, [str(step) for step in range(5)])
        position = sum(index * share for index, share in enumerate(shares)) / 4
        return round(low + (high - low) * position, 2), max(shares)
    return None


def _closeness(wanted: set[str], match: re.Match[str], body: str) -> int:
    """Count the wanted words around a figure; right behind it they count three times, money its own sign."""
    around = count_terms(body[max(0, match.start() - 50) : match.end() + 30])
    behind = count_terms(" ".join(body[match.end() : match.end() + 40].split()[:2]))
    is_money = match[0][0] in "$€£" and bool(wanted & _MONEY)
    return len(wanted & around.keys()) + 2 * len(wanted & behind.keys()) + 3 * is_money


def _value_of(match: re.Match[str]) -> float:
    value = float(match[1].replace(",", ""))
    factor = {"k": 1_000, "m": 1_000_000}.get((match[2] or "").lower(), 1)
    return int(value * factor) if (value * factor).is_integer() else value * factor


def _answer_string(name: str, asked: str, text: str) -> tuple[str, float] | None:
    record = read_record(text)
    key = make_key(name)
    body = clean_text(without_orders(record.text))
    if _PROSE.search(name.lower()):
        written = summarize(text, 1)
        return (f"{written} {MARK}", 0.75) if written else None
    if key in ("state", "statecode", "usstate", "region", "regioncode"):
        code, weight = locate(text).codes[0]
        return (code, weight) if code != NOWHERE else None
    for shape, pattern in _SHAPES:
        if shape in asked.lower():
            match = pattern.search(body)
            return (match[0].rstrip(".,"), 0.95) if match else None
    for label, value in record.fields:
        if value and (make_key(label) == key or (len(key) > 3 and key in make_key(label))):
            return clean_text(without_orders(value)), 0.95
    wanted = {word for word in count_terms(name.replace("_", " ")) if len(word) > 3}
    for label, value in record.fields:
        if value and wanted & count_terms(label).keys():
            return clean_text(without_orders(value)), 0.8
    return None
