"""Figures in a text, whatever their spelling: $1,200 is 1.2k is 1200 USD is "twelve hundred dollars"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_SIGNS = {"$": "USD", "us$": "USD", "usd": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "eur": "EUR"} | {
    "euro": "EUR", "euros": "EUR", "£": "GBP", "gbp": "GBP", "pounds": "GBP", "chf": "CHF", "¥": "JPY", "jpy": "JPY",
    "cad": "CAD", "aud": "AUD", "%": "%", "percent": "%", "per cent": "%", "prozent": "%", "pct": "%",
}  # fmt: skip
_SCALES = {"k": 3, "thousand": 3, "tsd": 3, "tausend": 3, "m": 6, "mn": 6, "mio": 6, "million": 6, "millions": 6} | {
    "millionen": 6, "bn": 9, "billion": 9, "billions": 9, "mrd": 9, "milliarden": 9,
}  # fmt: skip
_UNITS = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_SPACE = r"[ \u00a0\u202f]"
_FIGURE = re.compile(
    rf"(?<![\w.,])(?P<before>{_UNITS})?{_SPACE}?(?P<sign>[-\u2212])?"
    rf"(?P<number>\d{{1,3}}(?:[,.'\u2019\u00a0\u202f]\d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)"
    # With plain spaces, as in 1 200 000 and 3 000 EUR, where it cannot be two numbers; and 5,00,000 as in India.
    rf"|\d{{1,3}}(?: \d{{3}}){{2,}}(?![\d ]\d)|\d{{1,3}} \d{{3}}(?= ?(?:{_UNITS})(?!\w))"
    rf"|\d{{1,2}}(?:,\d{{2}})+,\d{{3}}(?!\d)|\d+(?:[.,]\d+)?)"
    rf"(?:{_SPACE}?(?P<scale>{_SCALE})\b)?(?:{_SPACE}?(?P<after>{_UNITS})(?!\w))?(?![\w])",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|nearly|approximately|approx\.|almost|some|ca\.|circa|rund|etwa|knapp)|~)\s*\S?$",
    re.I,
)
_LIST_NUMBER = re.compile(r"^[ \t]*\(?\d{1,2}[.)](?=\s)", re.MULTILINE)
# Letters and digits in one: INV-2041, Q3, v2.1, 3PL. A number with its unit, as in 48k, is none.
_IDENTIFIER = re.compile(r"(?<![\w.@/-])#?(?=[\w./-]*[^\W\d_])(?=[\w./-]*\d)\w+(?:[./-]\w+)*")
_SCALED = re.compile(
    rf"(?:{_UNITS})?\d+(?:[.,]\d+)*(?:{_SCALE})(?:{_UNITS})?|\d+(?:st|nd|rd|th|x)|\d+-\w*[a-z]\w*", re.I
)

_ONES = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
"""
_WORDS = {word: value for value, word in enumerate(_ONES.split(), 1)} | {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_MULTIPLES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join(sorted([*_WORDS, *_MULTIPLES], key=len, reverse=True))
_IN_WORDS = re.compile(rf"\b(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*\b", re.IGNORECASE)


@dataclass(frozen=True)
class Figure:
    """A figure as it stands in a text, with every value it may mean (1.200 is 1200 or 1.2), and its unit or ""."""

    text: str
    values: frozenset[Decimal]
    unit: str = ""
    is_rounded: bool = False
    in_words: bool = False

    def stands_in(self, others: list[Figure]) -> bool:
        """Tell whether one of `others` says the same; a figure after "about" may be a rounded one of them."""
        return any(self._is(other) for other in others)

    def _is(self, other: Figure) -> bool:
        if self.unit and other.unit and self.unit != other.unit:
            return False
        if self.values & other.values:
            return True
        return self.is_rounded and any(_rounds_to(exact, said) for exact in other.values for said in self.values)


@dataclass(frozen=True)
class Identifier:
    """A number of a kind that is not counted with: an invoice, a version, a quarter."""

    text: str

    @property
    def key(self) -> str:
        """The identifier without case and punctuation."""
        return re.sub(r"[\W_]", "", self.text).casefold()


def find_figures(text: str) -> list[Figure]:
    """Return the figures of a text from which dates, times, links and identifiers were taken out.

    >>> [sorted(map(int, one.values)) for one in find_figures("$48,000, or 48k a year, for twenty-five seats")]
    [[48000], [48000], [25]]
    """
    text = _LIST_NUMBER.sub(" ", text)
    found = []
    for match in _FIGURE.finditer(text):
        unit = _SIGNS.get((match["before"] or match["after"] or "").lower(), "")
        scale = _SCALES.get((match["scale"] or "").lower(), 0)
        values = frozenset(value.scaleb(scale).normalize() for value in _values(match["number"]))
        about = _ABOUT.search(text[max(0, match.start() - 16) : match.start()]) is not None
        found.append(Figure(match[0].strip(), values, unit, is_rounded=about))
    # The million of "1.2 million" is told with its figure.
    for match in _IN_WORDS.finditer(_FIGURE.sub(" ", text)):
        value = _read_words(match[0].lower())
        if value:
            found.append(Figure(match[0], frozenset({Decimal(value).normalize()}), in_words=True))
    return found


def find_identifiers(text: str) -> list[Identifier]:
    """Return what holds letters and digits in one, in the order of the text.

    >>> [one.key for one in find_identifiers("Invoice INV-2041 over 48k is due in Q3.")]
    ['inv2041', 'q3']
    """
    return [Identifier(m[0]) for m in _IDENTIFIER.finditer(text) if not _SCALED.fullmatch(m[0].lstrip("#"))]


def _values(number: str) -> set[Decimal]:
    plain = re.sub(r"['\u2019\u00a0\u202f ]", "", number)
    if "," in plain and "." in plain:
        decimal = max(plain, key=lambda sign: (sign in ",.", plain.rfind(sign) if sign in ",." else -1))
        other = "," if decimal == "." else "."
        return {Decimal(plain.replace(other, "").replace(decimal, "."))}
    sign = "," if "," in plain else "." if "." in plain else ""
    if not sign:
        return {Decimal(plain)}
    grouped = re.fullmatch(rf"\d{{1,3}}(?:\{sign}\d{{3}})+|\d{{1,2}}(?:,\d\d)+,\d{{3}}", plain)
    if grouped and (sign == "," or plain.count(sign) > 1):
        return {Decimal(plain.replace(sign, ""))}
    if plain.count(sign) > 1:
        head, _, tail = plain.rpartition(sign)
        return {Decimal(f"{head.replace(sign, '')}.{tail}")}
    decimal_value = Decimal(plain.replace(sign, "."))
    # 1.200 is a decimal fraction to one reader and twelve hundred to another; either is a fair copy.
    return {decimal_value, Decimal(plain.replace(sign, ""))} if grouped else {decimal_value}


def _rounds_to(exact: Decimal, said: Decimal) -> bool:
    if said == 0:
        return False
    step = Decimal(1).scaleb(_last_place(said))
    return abs(exact - said) * 2 <= step or abs(exact - said) / abs(said) <= Decimal("0.02")


def _last_place(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _read_words(words: str) -> int:
    total, part = 0, 0
    for word in re.split(r"[ -]", words.replace(" and ", " ")):
        if word in _MULTIPLES:
            multiple = _MULTIPLES[word]
            if multiple == 100:
                part = (part or 1) * 100
            else:
                total, part = total + (part or 1) * multiple, 0
        else:
            part += _WORDS.get(word, 0)
    return total + part
