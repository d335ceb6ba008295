"""Names in a text: capitalized words that are no beginning of a sentence, no weekday and no heading."""

from __future__ import annotations

import re
from unicodedata import combining, normalize

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019.&-][^\W\d_]+)*")
_TITLES = frozenset({"mr", "mrs", "ms", "mx", "dr", "prof", "sir", "madam", "herr", "frau", "hr", "fr", "st"})
_STARTS = re.compile(r"(?:^|[.!?:;\u2022\u2013\u2014|>\n\"\u201c\u201e(\[*])[\s\"\u201c\u201e'(\[*_#-]*$")
# What is capitalized in business English and names nobody.
_COMMON_WORDS = """
i i'm i'd i'll i've monday tuesday wednesday thursday friday saturday sunday january february march april may june
july august september october november december mon tue wed thu fri sat sun jan feb mar apr jun jul aug sep sept oct
nov dec crm fyi tbd asap eta faq kpi kpis roi po pos rfp rfq rfi poc sla slas nda ndas msa sow vp ceo cfo cto coo
cio hr it pr qa api apis csv pdf url sso saas b2b b2c usd eur gbp am pm ok ps re fw fwd cc bcc us usa uk eu un q
kind best regards sincerely thanks dear hello hi subject next step steps summary action actions customer client
inr mio mrd tsd contact team note notes call email e-mail deal mr mrs ms dr
"""
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "\u2019": "'"})
_COMMON = frozenset(_COMMON_WORDS.split())


def find_names(text: str, *, titled_only: bool = False) -> list[str]:
    """Return the capitalized words and rows of such words, in order; a sentence's first word counts only after a title.

    With `titled_only`, for languages that capitalize every noun, it is only the word after a title.

    >>> find_names("Yesterday Ada Sample called. She asked Mr. Weber about CRM prices on Monday.")
    ['Ada Sample', 'Weber']
    """
    found: list[str] = []
    for line in text.split("\n"):
        if _is_heading(line):
            continue
        row: list[str] = []
        end = 0
        for match in _WORD.finditer(line):
            gap = line[end : match.start()]
            word = match[0].removesuffix("'s").removesuffix("\u2019s").rstrip(".'\u2019")
            titled = bool(row or end) and _before(line, match.start()) in _TITLES
            starts = _STARTS.search(line[: match.start()]) is not None and not titled
            if row and (gap.strip(" ") or starts):
                found.append(" ".join(row))
                row = []
            if _is_name(word) and not starts and (titled or not titled_only):
                row.append(word)
            elif row:
                found.append(" ".join(row))
                row = []
            end = match.end()
        if row:
            found.append(" ".join(row))
    return found


def words_of(text: str) -> set[str]:
    """Return the words of a text without case, possessives and dots, each also as it is written without accents.

    >>> sorted(words_of("José Müller's"))
    ['jose', 'josé', 'mueller', 'muller', 'müller']
    """
    found = {
        re.sub(r"['\u2019]s$", "", word[0]).casefold() for word in re.finditer(r"[^\W_]+(?:['\u2019][^\W\d_]+)?", text)
    }
    if all(map(str.isascii, found)):
        return found
    spelled = {word.translate(_SPELLED) for word in found}
    bare = {"".join(one for one in normalize("NFKD", word) if not combining(one)) for word in found}
    return found | spelled | bare


def _is_name(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and word.casefold() not in _COMMON


def _before(line: str, start: int) -> str:
    return re.sub(r"\W", "", line[:start].rstrip().rpartition(" ")[2]).casefold()


def _is_heading(line: str) -> bool:
    words = [word for word in _WORD.findall(line.partition(":")[2] or line) if len(word) > 3]
    return len(words) >= 3 and not line.rstrip().endswith((".", "!", "?")) and all(w[0].isupper() for w in words)
