"""Which region of the United States a record belongs to, from its state, country, city and ZIP code."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox.assistant import abroad
from hsai_kit.sandbox.assistant.hostile import gives_orders
from hsai_kit.sandbox.assistant.record import clean_text, read_record
from hsai_kit.sandbox.assistant.region_names import CODE_BY_NAME, NAME_OF, make_key
from hsai_kit.sandbox.assistant.state_field import NOWHERE, StateGuess, find_city_regions, is_left_blank, read_state
from hsai_kit.sandbox.assistant.us_places import find_zip_region

if TYPE_CHECKING:
    from hsai_kit.sandbox.assistant.record import RecordText


@dataclass(frozen=True)
class RegionEvidence:
    """The fields of a record that tell where somebody is, as plain text."""

    state: str = ""
    country: str = ""
    city: str = ""
    zip_code: str = ""
    is_whole: bool = False  # city or ZIP code were shown, even if blank


@dataclass(frozen=True)
class RegionGuess:
    """Region codes (NOWHERE among them) with their probabilities, best first, and how easily one errs."""

    codes: tuple[tuple[str, float], ...]
    difficulty: float


def read_evidence(record: RecordText) -> RegionEvidence:
    """Pick the telling fields by their labels; a text without labels is taken for the state field itself."""
    found: dict[str, Any] = {}
    for label, value in record.fields:
        kind = _classify_label(label)
        if kind and not found.get(kind):
            found[kind] = clean_text(value)
        if kind in ("city", "zip_code"):
            found["is_whole"] = True
    if not found.get("state") and record.rest and not record.fields:
        found["state"] = clean_text(record.rest)
    return RegionEvidence(**found)


@lru_cache(maxsize=8192)
def locate(text: str) -> RegionGuess:
    r"""Read a record's text and say where it belongs.

    >>> locate("State: Calif.\nCountry: United States").codes[0][0]
    'CA'
    """
    record = read_record(text)
    evidence = read_evidence(record)
    if gives_orders(record.text):
        return RegionGuess(((NOWHERE, 0.97),), 0.0)
    country = abroad.classify_country(evidence.country)
    if country is not None and country in NAME_OF:
        return _locate_territory(evidence, country)
    if country == abroad.ABROAD:
        return _locate_abroad(evidence)
    reading = read_state(evidence.state, country)
    return _weigh(reading, evidence, country)


def _classify_label(label: str) -> str | None:
    key = label.casefold()
    if "country" in key or "nation" in key:
        return "country"
    if "zip" in key or "postal" in key or "postcode" in key or "post code" in key:
        return "zip_code"
    if "city" in key or "town" in key or "locality" in key:
        return "city"
    if "state" in key.replace("statement", "") or "region" in key or "province" in key:
        return "state"
    return None


def _locate_territory(evidence: RegionEvidence, code: str) -> RegionGuess:
    said = read_state(evidence.state, abroad.HOME).codes[0][0] if evidence.state else NOWHERE
    if said in (NOWHERE, code):
        return RegionGuess(((code, 1.0),), 0.02)
    return RegionGuess(((code, 0.6), (said, 0.4)), 0.05)


def _locate_abroad(evidence: RegionEvidence) -> RegionGuess:
    """Another country decides, unless the rest of the record plainly speaks of the United States."""
    said, weight = read_state(evidence.state, abroad.HOME).codes[0] if evidence.state else (NOWHERE, 0.0)
    is_name = make_key(evidence.state) in CODE_BY_NAME and make_key(evidence.state) != "georgia"
    if said == NOWHERE or weight < 0.9 or not is_name:
        return RegionGuess(((NOWHERE, 1.0),), 0.012)
    is_backed = find_zip_region(evidence.zip_code) == said or said in find_city_regions(evidence.city)
    return RegionGuess(((NOWHERE, 0.6), (said, 0.4)) if is_backed else ((NOWHERE, 0.85), (said, 0.15)), 0.04)


def _weigh(reading: StateGuess, evidence: RegionEvidence, country: str | None) -> RegionGuess:
    """Hold the state field against city and ZIP code."""
    code, weight = reading.codes[0]
    by_zip = find_zip_region(evidence.zip_code)
    cities = find_city_regions(evidence.city)
    witnesses = ({by_zip} if by_zip else set()) | set(cities)
    if code == "GA" and country is None and make_key(evidence.state) == "georgia" and "GA" not in witnesses:
        return RegionGuess(((NOWHERE, 0.6), ("GA", 0.4)), 0.05)
    if code == NOWHERE and weight == 1.0:
        return _locate_without_state(reading, evidence, country, by_zip, cities)
    if country is None and code not in witnesses and _looks_foreign(evidence):
        return RegionGuess(((NOWHERE, 0.8), (code, 0.2)), 0.06)
    if weight < 0.95:
        return _decide(reading, by_zip, cities)
    if code in witnesses:
        return RegionGuess(reading.codes, reading.difficulty * 0.5)
    if by_zip or len(cities) == 1:  # more often left over from an older address than a wrong state
        other = by_zip or next(iter(cities))
        share = 0.85 if by_zip and by_zip in cities else 0.92
        return RegionGuess(((code, share), (other, 1 - share)), reading.difficulty + 0.02)
    return RegionGuess(reading.codes, reading.difficulty)


def _looks_foreign(evidence: RegionEvidence) -> bool:
    """Whether city or postal code speak of another country where none is named."""
    is_odd_code = bool(make_key(evidence.zip_code)) and find_zip_region(evidence.zip_code) is None
    return is_odd_code or abroad.is_foreign_city(evidence.city)


def _locate_without_state(
    reading: StateGuess, evidence: RegionEvidence, country: str | None, by_zip: str | None, cities: dict[str, float]
) -> RegionGuess:
    """Nothing usable in the state field: city and ZIP code may still tell, at home or where no country is named."""
    if not is_left_blank(evidence.state) and not (country == abroad.HOME and by_zip and by_zip in cities):
        return RegionGuess(reading.codes, reading.difficulty)
    if country is None and _looks_foreign(evidence):
        return RegionGuess(((NOWHERE, 1.0),), 0.04)
    if by_zip and (by_zip in cities or country == abroad.HOME):
        return RegionGuess(((by_zip, 1.0),), 0.03)
    if cities:
        ranked = tuple(sorted(cities.items(), key=lambda pair: -pair[1]))
        return RegionGuess(ranked, 0.05 if country == abroad.HOME else 0.1)
    if by_zip:
        return RegionGuess(((by_zip, 0.75), (NOWHERE, 0.25)), 0.05)
    if not evidence.is_whole:  # the city might have told, and nobody showed it
        return RegionGuess(((NOWHERE, 0.55 if not make_key(evidence.state) else 0.8),), reading.difficulty)
    return RegionGuess(((NOWHERE, 1.0),), reading.difficulty)


def _decide(reading: StateGuess, by_zip: str | None, cities: dict[str, float]) -> RegionGuess:
    """Several candidates: take the one that the ZIP code or the city names."""
    for code, _ in reading.codes:
        if code and (code == by_zip or (code in cities and len(cities) == 1)):
            rest = tuple((other, 0.1 * w) for other, w in reading.codes if other != code)
            return RegionGuess(((code, 0.92), *rest), 0.04)
    return RegionGuess(reading.codes, reading.difficulty)
