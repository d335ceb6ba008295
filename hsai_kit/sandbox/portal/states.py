"""Addresses with a state field as real portals have it: mostly right, in a few hundred spellings.

Each address is made from the right answer outwards: first where somebody lives, then how the field was filled in.
So `Address.truth` is known and never guessed back from the text. It is "" where no US state is right, or where
neither the field nor city and ZIP code can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from hsai_kit.sandbox.portal import spellings
from hsai_kit.sandbox.portal.places import ABROAD, STATE_BY_CODE, STATES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Card = TypeVar("Card")

# Parts per thousand of all addresses; clean two-letter codes take the rest.
_SHARES = {
    "name": 78,
    "name in odd case": 28,
    "code in odd case": 42,
    "abbreviated": 28,
    "misspelled": 20,
    "with city": 18,
    "city alone": 14,
    "doubtful city": 4,
    "zip code": 7,
    "decorated": 10,
    "colloquial": 7,
    "unseen": 8,
    "full address": 4,
    "blank": 36,
    "placeholder": 22,
    "two states": 6,
    "no state": 7,
    "instruction": 5,
    "abroad": 56,
}
_FROM_TABLE = {
    "abbreviated": spellings.ABBREVIATED,
    "misspelled": spellings.MISSPELLED,
    "with city": spellings.WITH_CITY,
    "city alone": spellings.CITY_ALONE,
    "decorated": spellings.DECORATED,
    "colloquial": spellings.COLLOQUIAL,
    "unseen": spellings.UNSEEN,
    "full address": spellings.FULL_ADDRESSES,
}
_UNKNOWABLE = {
    "blank": ("",),
    "placeholder": spellings.PLACEHOLDERS,
    "two states": spellings.TWO_STATES,
    "no state": spellings.NO_STATE,
    "instruction": spellings.INSTRUCTIONS,
}
# How often city and ZIP code are there to tell the state where the field itself does not.
_EVIDENCE = {"blank": 0.6, "placeholder": 0.25, "no state": 0.25}
_COMMON = ("CA", "TX", "FL", "NY", "PA", "IL", "OH", "GA", "NC", "MI")


@dataclass(frozen=True, slots=True)
class Address:
    """An address as typed in, and the USPS code that is right for it (`truth`)."""

    state: str
    truth: str
    country: str = ""
    city: str = ""
    postal_code: str = ""
    area_code: str = ""


def make_addresses(rng: Random, count: int) -> Iterator[Address]:
    """Yield that many addresses; from some 1,200 on every way of filling in the field is among them."""
    deck = [way for way, share in _SHARES.items() for _ in range(max(2, round(share * max(count, 400) / 1000)))]
    deck += ["clean"] * (max(count, 400) - len(deck))
    rng.shuffle(deck)
    dealt = dict.fromkeys(deck, 0)
    codes = [state.code for state in STATES]
    rng.shuffle(codes)
    for way in deck[:count]:
        if way == "clean" and dealt[way] < len(codes):
            code = codes[dealt[way]]
            yield replace(_home(rng, code), state=code)
        else:
            yield _address(rng, way, dealt[way])
        dealt[way] += 1


def _address(rng: Random, way: str, turn: int) -> Address:
    """Make one address; the first `turn`s of a way go through all its spellings, later ones favor some."""
    if way == "abroad":
        return _abroad(rng, turn)
    if way in _UNKNOWABLE:
        return _unknowable(rng, way, turn)
    if way == "doubtful city":
        return _doubtful_city(rng, turn)
    if way in _FROM_TABLE:
        code, typed = _deal(rng, _FROM_TABLE[way], turn)
        return replace(_home(rng, code, named=typed), state=typed)
    if way == "zip code":
        home = _home(rng, _COMMON[turn % 2], complete=True)
        return replace(home, state=home.postal_code)
    code = _state(rng, way)
    return replace(_home(rng, code), state=_write(rng, way, code))


def _state(rng: Random, way: str) -> str:
    if way.endswith("odd case"):
        return rng.choices(_COMMON[:5], weights=(5, 4, 3, 3, 2))[0]
    states = [state for state in STATES if state.weight > (28 if way == "name" else 0)]
    return rng.choices([state.code for state in states], weights=[state.weight for state in states])[0]


def _write(rng: Random, way: str, code: str) -> str:
    name = STATE_BY_CODE[code].name
    if way == "name":
        return name
    if way == "name in odd case":
        return rng.choice((name.lower(), name.upper(), f"{name} "))
    if way == "code in odd case":
        return rng.choice((code.lower(), code.lower(), code.capitalize(), f" {code}", f"{code}."))
    return code


def _deal(rng: Random, cards: tuple[Card, ...], turn: int) -> Card:
    """Give each card once, then the early ones more often than the late ones."""
    if turn < len(cards):
        return cards[turn]
    return cards[min(int(rng.expovariate(4 / len(cards))), len(cards) - 1)]


def _home(rng: Random, code: str, *, named: str = "", complete: bool = False) -> Address:
    """Give a state a city (the one that is `named`, if any) and a ZIP code.

    Unless `complete`, now and then one of them is missing, or left over from where somebody lived before.
    """
    state = STATE_BY_CODE[code]
    named = spellings.CITY_NICKNAMES.get(named, named)
    places = [place for place in state.cities if place[0] in named]
    complete = complete or named in {city for city, _ in places}
    if not places:
        stale = not complete and rng.random() < 0.015
        places = list(STATE_BY_CODE[rng.choice(_COMMON)].cities if stale else state.cities)
    city, codes = rng.choice(places)
    postal_code = rng.choice(codes)
    if not complete:
        city = city if rng.random() < 0.87 else ""
        postal_code = _write_zip(rng, postal_code) if rng.random() < 0.72 else ""
    forms, weights = spellings.COUNTRY_FORMS
    country = rng.choices(forms, weights)[0] if rng.random() < 0.6 else forms[0]
    return Address("", code, country, city, postal_code, state.area_code)


def _write_zip(rng: Random, postal_code: str) -> str:
    """Type a ZIP code as it arrives: with the four more digits, or without the zero that Excel ate."""
    chance = rng.random()
    if postal_code.startswith("0") and chance < 0.3:
        return postal_code.lstrip("0")
    return f"{postal_code}-{rng.randrange(1000, 9999)}" if chance > 0.94 else postal_code


def _unknowable(rng: Random, way: str, turn: int) -> Address:
    """Fill the field with what names no state; then only city and ZIP code can tell, if they are there."""
    cards = _UNKNOWABLE[way]
    home = _home(rng, _state(rng, way), complete=True)
    if rng.random() < _EVIDENCE.get(way, 0.0):
        return replace(home, state=_deal(rng, cards, turn))
    return Address(_deal(rng, cards, turn), "", home.country)


def _doubtful_city(rng: Random, turn: int) -> Address:
    """Write a city that several states have; its ZIP code tells which, and every third time it is missing."""
    city, codes = spellings.DOUBTFUL_CITIES[turn % len(spellings.DOUBTFUL_CITIES)]
    code = rng.choice(codes)
    if turn % 3 == 0:
        return Address(city, "", "United States")
    zip_codes = dict(STATE_BY_CODE[code].cities)[city]
    return Address(city, code, "United States", city, rng.choice(zip_codes), STATE_BY_CODE[code].area_code)


def _abroad(rng: Random, turn: int) -> Address:
    """Write a region of another country; later ones have now and then the country's code, or leave it blank."""
    place = _deal(rng, ABROAD, turn)
    chance = rng.random()
    country = place.country
    if turn >= len(ABROAD) and place.country_code != "GE" and chance < 0.3:
        country = place.country_code if chance < 0.2 else ""
    return Address(place.region, "", country, place.city, place.postal_code)
