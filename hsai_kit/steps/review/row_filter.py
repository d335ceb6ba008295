"""Which rows of a review are meant: search, filters, order, and groups of the same change."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.paging.table_source import Facet, FacetOption, RowPlaces, TableQuery
from hsai_kit.screen_text import make_printable
from hsai_kit.steps.review.decisions import ReviewDecisions
from hsai_kit.steps.review.proposals import Mask, Places
from hsai_kit.store import Decision

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

# So many values are suggested where one is typed; any other can be typed as well.
_SUGGESTED = 100
_BLANK = "(blank)"
_FLAGGED, _CALM = "(any)", "(none)"


class RowFilter:
    """Searches and orders what is there once for all, and reads decisions as they are now."""

    def __init__(self, decisions: ReviewDecisions) -> None:
        self._decisions = decisions
        self._proposals = proposals = decisions.proposals
        self._before_codes: Places
        self._after_codes: Places
        self._befores: Any
        self._afters: Any
        self._before_codes, self._befores = pd.factorize(proposals.before)
        codes, self._afters = pd.factorize(proposals.texts)
        self._after_codes = codes[proposals.ends]
        self._flag_numbers: Floats = np.array([len(flags) for flags in proposals.flags], dtype=float)[proposals.ends]

    def facets(self) -> list[Facet]:
        """Return the filters with how many rows each option has."""
        proposals, decisions = self._proposals, self._decisions
        states = [FacetOption(decision.value, decision.value, count) for decision, count in decisions.counts().items()]
        flagged = int((self._flag_numbers > 0).sum())
        flags = [FacetOption(_FLAGGED, "any", flagged), FacetOption(_CALM, "none", len(proposals) - flagged)]
        flags += [FacetOption(flag, flag, count) for flag, count in self._flag_counts]
        changing = int(proposals.differs.sum())
        changes = [FacetOption("yes", "yes", changing), FacetOption("no", "no", len(proposals) - changing)]
        people = [FacetOption(name, name, count) for name, count in Counter(filter(None, decisions.who)).most_common()]
        facets = [
            Facet("decision", "Decision", "choice", states),
            Facet("flag", "Flag", "choice", flags),
            Facet("changes", "Changes it", "choice", changes),
            Facet("before", "Value before", "text", _suggest(self._before_codes, self._befores)),
            Facet("after", "Value after", "text", _suggest(self._after_codes, self._afters)),
            Facet("confidence", "Confidence", "share"),
        ]
        return [*facets, Facet("reviewer", "Decided by", "choice", people)] if people else facets

    def places(self, query: TableQuery) -> Places:
        """Return the places that match, in order."""
        mask = np.ones(len(self._proposals), dtype=bool)
        if query.search:
            mask &= self._search_mask(query.search.casefold())
        for name, value in query.filters.items():
            mask &= self._filter_mask(name, value)
        found = np.flatnonzero(mask)
        if not query.sort or query.grouped:
            return found
        keys = self._keys(query.sort)[found]
        # Unknown values come last, whichever way it is sorted.
        order = np.argsort(-keys if query.descending else keys, kind="stable")
        return found[order]

    def groups(self, places: Places, query: TableQuery) -> RowPlaces:
        """Return one row for each distinct change among some places, the most common first."""
        width = len(self._afters)
        pairs = self._before_codes[places] * width + self._after_codes[places]
        _, first, group, counts = np.unique(pairs, return_index=True, return_inverse=True, return_counts=True)
        members = np.split(places[np.argsort(group, kind="stable")], np.cumsum(counts)[:-1]) if len(places) else []
        heads = places[first]
        if not query.sort or query.sort == "count":
            keys = counts if query.sort and not query.descending else -counts
        else:
            keys = self._keys(query.sort)[heads] * (-1 if query.descending else 1)
        # Of equal keys the group stands first whose first record does; what stays as it is comes last of all.
        stays = ~self._proposals.differs[heads] & self._proposals.known[heads]
        order = np.lexsort((heads, keys, stays)) if not query.sort else np.lexsort((heads, keys))
        return RowPlaces(heads[order], [members[one] for one in order])

    def _search_mask(self, wanted: str) -> Mask:
        after = np.fromiter((wanted in text for text in self._haystacks), dtype=bool, count=len(self._haystacks))
        before = np.fromiter((wanted in text.casefold() for text in self._befores), bool, len(self._befores))
        ids = np.fromiter((wanted in one for one in self._proposals.ids), dtype=bool, count=len(self._proposals))
        mask: Mask = after[self._proposals.ends] | before[self._before_codes] | ids
        for place in self._edit_places:
            mask[place] |= wanted in as_hubspot(self._decisions.value[place]).casefold()
        return mask

    def _filter_mask(self, name: str, value: object) -> Mask:
        proposals, decisions = self._proposals, self._decisions
        if isinstance(value, tuple):
            low, high = value
            sure = proposals.confidence
            # Unknown is neither more nor less than anything.
            return _mask(sure >= (0 if low is None else low)) & _mask(sure <= (1 if high is None else high))
        text = str(value)
        if name == "decision":
            return decisions.mask(*(decision for decision in Decision if decision == text))
        if name == "flag":
            if text in {_FLAGGED, _CALM}:
                return _mask((self._flag_numbers > 0) == (text == _FLAGGED))
            return _mask([text in flags for flags in proposals.flags])[proposals.ends]
        if name == "changes":
            return _mask(proposals.differs == (text == "yes"))
        if name == "reviewer":
            return _mask(np.equal(decisions.who, text))
        if name == "before":
            return _match_texts(self._befores, text)[self._before_codes]
        mask = _match_texts(self._afters, text)[self._after_codes]
        edited = self._edit_places
        if len(edited):
            finals = np.array([as_hubspot(one) for one in decisions.value[edited]], dtype=object)
            mask[edited] = _match_texts(finals, text)
        return mask

    def _keys(self, column: str) -> Floats:
        if column == "confidence":
            return self._proposals.confidence
        if column == "decision":
            return self._decisions.code.astype(float)
        if column == "flags":
            return -self._flag_numbers
        if column == "change":
            width = len(self._afters) + 1
            return _ranks(self._befores)[self._before_codes] * width + _ranks(self._afters)[self._after_codes]
        return self._id_ranks

    @property
    def _edit_places(self) -> Places:
        return np.flatnonzero(self._decisions.mask(Decision.EDITED))

    @cached_property
    def _haystacks(self) -> list[str]:
        proposals = self._proposals
        parts = zip(proposals.texts, proposals.flags, proposals.results, strict=True)
        return ["\n".join((text, *flags, one.reason)).casefold() for text, flags, one in parts]

    @cached_property
    def _id_ranks(self) -> Floats:
        ids = self._proposals.ids
        if all(one.isdecimal() and len(one) < 16 for one in ids):
            return np.array(ids, dtype=float)
        return _ranks(np.array(ids, dtype=object))

    @cached_property
    def _flag_counts(self) -> list[tuple[str, int]]:
        return Counter(flag for end in self._proposals.ends for flag in self._proposals.flags[end]).most_common()


def _mask(found: Any) -> Mask:
    return np.asarray(found, dtype=bool)


def _ranks(texts: Any) -> Floats:
    codes: Floats = pd.factorize(np.array([text.casefold() for text in texts], dtype=object), sort=True)[0].astype(
        float
    )
    return codes


def _match_texts(texts: Any, wanted: str) -> Mask:
    """Tell which texts are meant: the one that is typed exactly, else all that hold it."""
    if wanted == _BLANK:
        return np.array([not text for text in texts], dtype=bool)
    exact = np.array([text == wanted for text in texts], dtype=bool)
    if exact.any():
        return exact
    folded = wanted.casefold()
    return np.array([folded in text.casefold() for text in texts], dtype=bool)


def _suggest(codes: Places, texts: Any) -> list[FacetOption]:
    counts = np.bincount(codes, minlength=len(texts))
    top = np.argsort(-counts, kind="stable")[:_SUGGESTED]
    # Of long texts nobody picks one from a list.
    named = [(texts[one] or _BLANK, int(counts[one])) for one in top if len(texts[one]) <= 80]
    return [FacetOption(text, make_printable(text), count) for text, count in named]
