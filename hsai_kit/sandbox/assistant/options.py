"""The options of a closed question: which one means "none of these", and which stand for regions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hsai_kit.sandbox.assistant.region_names import CODE_BY_NAME, LOOKALIKES, REGIONS, make_key

_NONE_WORDS = """
unknown none na notapplicable other others unclear invalid null undetermined cannottell cannotbedetermined unsure
noanswer noneoftheabove noneofthese notastate nostate nomatch notsure undefined unspecified missing nodata blank
uncategorized unclassified misc miscellaneous general notavailable notfound notgiven notstated
"""
_NONE_KEYS = frozenset(_NONE_WORDS.split())
_ABROAD_WORDS = """
foreign international nonus notus outsideus outsideusa outsidetheus abroad notintheus nonusa overseas intl
outsideunitedstates outsidetheunitedstates notusa nonusstate
"""
_ABROAD_KEYS = frozenset(_ABROAD_WORDS.split())


@dataclass(frozen=True)
class RegionOptions:
    """Which option stands for which region code, for no region at all, and for another country."""

    by_code: dict[str, str]
    none: str | None
    abroad: str | None

    def rivals(self, code: str) -> tuple[str, ...]:
        """Return the options that a mistake would take instead of this code, likeliest first."""
        alike = LOOKALIKES.get(code, ()) if code else ("CA", "NY", "TX", "WA", "GA")
        found = [self.by_code[other] for other in alike if other in self.by_code]
        if code and self.none is not None:
            found.insert(1, self.none)
        return tuple(found)


@lru_cache(maxsize=512)
def find_none_option(options: tuple[str, ...]) -> str | None:
    """Find the option that stands for "cannot be told" or "none of these", if there is one."""
    for option in options:
        key = make_key(option)
        if key in _NONE_KEYS or option.strip() in ("", "-", "?", "—"):
            return option
    return next((option for option in options if make_key(option) in _ABROAD_KEYS), None)


@lru_cache(maxsize=512)
def read_region_options(options: tuple[str, ...]) -> RegionOptions | None:
    """Read a list of options as regions of the United States; None if it is a list of something else."""
    none = find_none_option(options)
    by_code: dict[str, str] = {}
    abroad = None
    others = 0
    for option in options:
        key = make_key(option)
        code = key.upper() if key.upper() in REGIONS else CODE_BY_NAME.get(key)
        if option == none:
            continue
        if key in _ABROAD_KEYS:
            abroad = option
        elif code and code not in by_code:
            by_code[code] = option
        else:
            others += 1
    if len(by_code) < 2 or others > len(by_code) // 4:
        return None
    if none is not None and make_key(none) in _ABROAD_KEYS:
        abroad = none
    return RegionOptions(by_code, none, abroad)
