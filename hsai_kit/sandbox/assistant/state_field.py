"""What the state field of a record says by itself, however it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from hsai_kit.sandbox.assistant import abroad
from hsai_kit.sandbox.assistant.record import clean_text
from hsai_kit.sandbox.assistant.region_names import CODE_BY_NAME, CODE_BY_SHORT, NAME_OF, REGIONS, make_key
from hsai_kit.sandbox.assistant.us_places import build_city_table, find_zip_region

NOWHERE = ""  # stands for: no region of the United States, or none that can be told

_BLANK_WORDS = """
apo fpo dpo na n none null nil unknown unk tbd tba other misc test asdf xxx xx x zz notapplicable notavailable
notprovided pleaseselect select state choose selectone selectastate intl international remote all multiple various
worldwide nationwide global outsideus outsideusa nonus private undefined nan blank empty
"""
_BLANKS = frozenset(_BLANK_WORDS.split())
_ZIP = re.compile(r"^\d{4,5}(?:-\d{4})?$")
_PLACE = re.compile(r"^(.{2,}?)[,\s]+([A-Za-z][A-Za-z. ]{1,24}?)\.?(?:[,\s]+(\d{5}(?:-\d{4})?))?$")
_ISO = re.compile(r"^USA?[-_ /]([A-Za-z]{2})$", re.IGNORECASE)
_CODE_AND_ZIP = re.compile(r"^([A-Za-z]{2})[.,]? \d{5}(?:-\d{4})?$")
_TWO = re.compile(r"\s*(?:[/|;&+]|,|\bor\b|\band\b|\bund\b|-)\s*", re.IGNORECASE)
_DRESS = re.compile(
    r"\b(?:the|state of|commonwealth of|territory of|state|estado de|greater|metro|upstate|downstate|northern|southern"
    r"|eastern|western|central|area|region|usa|u\.s\.a\.|united states(?: of america)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StateGuess:
    """What the state field alone says."""

    codes: tuple[tuple[str, float], ...]
    difficulty: float
    is_firm: bool = False  # a code or a name as the books have it


def read_state(state: str, country: str | None) -> StateGuess:
    """Read the field; `country` is what `abroad.standing` says of the country beside it."""
    value = "".join(c for c in state if c.isalnum() or c in " .,-/&|;+'()#").strip(" .,-/&|;+'#")
    if is_left_blank(value):
        return StateGuess(((NOWHERE, 1.0),), 0.015)
    for reader in (_read_exactly, _read_foreign, _read_place, _read_two, _read_loosely):
        reading = reader(value, country)
        if reading is not None:
            return reading
    return StateGuess(((NOWHERE, 1.0),), 0.06)


def is_left_blank(state: str) -> bool:
    """Whether the field holds nothing, a word for nothing, or only the United States as a whole."""
    key = make_key(state)
    return not key or key in _BLANKS or abroad.is_home_name(state)


def _read_exactly(value: str, country: str | None) -> StateGuess | None:
    key = make_key(value)
    is_bare = country is None
    if key == "la":  # as many write it for Los Angeles
        return StateGuess((("LA", 0.88), ("CA", 0.12)), 0.01, is_firm=True)
    if key.upper() in REGIONS:
        is_clean = value.upper() == key.upper()
        return StateGuess(((key.upper(), 1.0),), (0.004 if is_clean else 0.012) + 0.008 * is_bare, is_firm=True)
    if key in CODE_BY_NAME:
        return StateGuess(((CODE_BY_NAME[key], 1.0),), 0.003 + 0.005 * is_bare, is_firm=True)
    if key in CODE_BY_SHORT:
        return StateGuess(((CODE_BY_SHORT[key], 1.0),), 0.02 + 0.01 * is_bare)
    match = _ISO.match(value) or _CODE_AND_ZIP.match(value)
    if match and match[1].upper() in REGIONS:
        return StateGuess(((match[1].upper(), 1.0),), 0.015, is_firm=True)
    if _ZIP.match(value):
        code = find_zip_region(value)
        return StateGuess(((code, 1.0),) if code else ((NOWHERE, 1.0),), 0.05 if code else 0.1)
    return None


def _read_foreign(value: str, country: str | None) -> StateGuess | None:
    if make_key(value) in build_city_table() and (country == abroad.HOME or not abroad.is_well_known(value)):
        return None
    if abroad.is_country(value):
        return StateGuess(((NOWHERE, 1.0),), 0.03)
    if abroad.is_foreign_region(value) or abroad.is_foreign_city(value):
        return StateGuess(((NOWHERE, 1.0),), 0.08 if country == abroad.HOME else 0.05)
    return None


def _read_place(value: str, country: str | None) -> StateGuess | None:
    """Read a city, alone or with its region: "New York, NY", "Austin TX 78701", "Chicago"."""
    match = _PLACE.match(value)
    if match:
        tail = make_key(match[2])
        code = tail.upper() if tail.upper() in REGIONS else CODE_BY_NAME.get(tail) or CODE_BY_SHORT.get(tail)
        head = _read_exactly(match[1], country)
        if code and (head is None or head.codes[0][0] == code or match[1].casefold() in ("new york", "washington")):
            return StateGuess(((code, 1.0),), 0.02)
    regions = find_city_regions(value.split(",")[0])
    if not regions:
        return None
    if len(regions) == 1:
        return StateGuess(tuple(regions.items()), 0.04)
    shared = {code: 0.75 * share for code, share in regions.items()} | {NOWHERE: 0.25}
    return StateGuess(tuple(sorted(shared.items(), key=lambda pair: -pair[1])), 0.08)


def _read_two(value: str, country: str | None) -> StateGuess | None:
    """Two values in one field, which nobody can decide without more evidence; twice the same is one."""
    parts = [part for part in _TWO.split(value) if part]
    if len(parts) < 2:
        return None
    found: list[str] = []
    for part in parts:
        reading = _read_exactly(part.strip(" ()."), country)
        if reading is not None and reading.codes[0][0] not in found:
            found.append(reading.codes[0][0])
    if len(found) > 1:
        return StateGuess(((NOWHERE, 0.6), *((code, 0.4 / len(found)) for code in found)), 0.1)
    return StateGuess(((found[0], 1.0),), 0.025) if found else None


def _read_loosely(value: str, country: str | None) -> StateGuess | None:
    """Read a name inside other words, or one that is misspelled."""
    bare = re.sub(r"\s+", " ", _DRESS.sub(" ", value.replace("(", " ").replace(")", " "))).strip(" ,.-")
    if bare != value and bare:
        reading = _read_exactly(bare, country)
        if reading is not None:
            return StateGuess(reading.codes, 0.025)
    words = f" {' '.join(re.findall(r'[a-z]+', value.casefold()))} "
    inside = [code for code, name in _LONGEST_FIRST if f" {name} " in words]
    if inside:
        return StateGuess(((inside[0], 1.0),), 0.04)
    key = make_key(value)
    if len(key) < 4 or len(key) > 26:
        return None
    close = process.extract(key, _FUZZY_NAMES, scorer=fuzz.ratio, limit=2, score_cutoff=72)
    if not close:
        return None
    (_, score, code), margin = close[0], close[0][1] - (close[1][1] if len(close) > 1 else 60)
    if score >= 90 and margin >= 4:
        return StateGuess(((code, 1.0),), 0.03)
    if score >= 82 and margin >= 4:
        return StateGuess(((code, 0.98), (NOWHERE, 0.02)), 0.06)
    second = close[1][2] if len(close) > 1 else NOWHERE
    return StateGuess(((code, 0.7), (second, 0.2), *([(NOWHERE, 0.1)] if second else [])), 0.12)


def find_city_regions(city: str) -> dict[str, float]:
    """Tell the regions that have a city of this name, with how likely each is meant."""
    if not city:
        return {}
    key = make_key(clean_text(city))
    table = build_city_table()
    return table.get(key) or table.get(key.removesuffix("city"), {})


_FUZZY_NAMES = {code: make_key(name) for code, name in NAME_OF.items()}
_LONGEST_FIRST = sorted(((code, name.casefold()) for code, name in NAME_OF.items()), key=lambda pair: -len(pair[1]))
