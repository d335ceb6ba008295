"""What a grid shows of a row, of a group of rows, and of one row in full."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

import numpy as np

from hsai_kit.hubspot.account import Portal
from hsai_kit.hubspot.dtypes import as_hubspot
from hsai_kit.paging.table_source import Card
from hsai_kit.paging.word_diff import Segment, clip_segments, compare_words
from hsai_kit.run import RowStatus
from hsai_kit.screen_text import make_printable
from hsai_kit.steps.review.decisions import ReviewDecisions
from hsai_kit.steps.review.proposals import Places
from hsai_kit.store import Decision

# So many characters of each text stand in a cell; the card shows the rest.
_CELL = 160
# Of words beyond these only what texts begin and end with in common is told apart: a page of 50 stays quick.
_CELL_WORDS = 100
# HubSpot adds these to every record that is read.
_ALWAYS = {"hs_object_id", "createdate", "lastmodifieddate", "hs_createdate", "hs_lastmodifieddate"}
# Ends that need a word beside the flags, so that nobody wonders where an answer came from or went.
_NOTES = {RowStatus.BY_RULE: "by rule", RowStatus.FROM_MEMORY: "from memory", RowStatus.ANSWERED: ""}


class RowRenderer:
    """Cells of a review, all text made showable."""

    def __init__(self, decisions: ReviewDecisions, to: str | None) -> None:
        self._decisions = decisions
        self._proposals = decisions.proposals
        self._to = to
        run = decisions.run
        self._link = _portal(run.store.pulls.ui_domain(run.record.portal_id), run.record.portal_id)
        pull = run.store.pulls.get(run.record.pull_id) if run.record.pull_id else None
        self._kind = pull.object_type_id if pull else ""

    def row(self, place: int) -> dict[str, Any]:
        """Return the cells of the row at a place."""
        proposals, decisions = self._proposals, self._decisions
        one = proposals.outcome(place)
        record = proposals.ids[place]
        sure = proposals.confidence[place]
        decision = {
            "name": decisions.decision(place).value,
            "who": make_printable(decisions.who[place] or ""),
            "at": decisions.at[place] or "",
        }
        note = _NOTES.get(one.status, one.reason)
        return {
            "record": {"text": make_printable(record), "link": self.link(record)},
            "change": self._change(place),
            "confidence": None if np.isnan(sure) else round(float(sure), 4),
            "flags": {
                "flags": [make_printable(flag) for flag in proposals.flags[proposals.ends[place]]],
                "note": make_printable(note),
            },
            "decision": decision,
        }

    def group(self, members: Places) -> dict[str, Any]:
        """Return the cells of rows with the same change."""
        proposals, decisions = self._proposals, self._decisions
        ends = np.unique(proposals.ends[members])
        flags = dict.fromkeys(flag for end in ends for flag in proposals.flags[end])
        sure = proposals.confidence[members]
        sure = sure[~np.isnan(sure)]
        counts = {decision.value: count for decision, count in decisions.counts(members).items()}
        return {
            "change": self._change(int(members[0]), proposed=True),
            "count": len(members),
            "confidence": [round(float(sure.min()), 4), round(float(sure.max()), 4)] if len(sure) else None,
            "flags": {"flags": [make_printable(flag) for flag in flags], "note": ""},
            "decision": {"counts": counts},
        }

    def card(self, place: int) -> Card:
        """Return the row at a place in full: its source record, both texts, and what was asked."""
        run, proposals = self._decisions.run, self._proposals
        record = proposals.ids[place]
        one = proposals.outcome(place)
        values = run.store.pulls.record(run.record.pull_id, record) if run.record.pull_id else {}
        source = [
            (name, make_printable(text))
            for name, text in values.items()
            if text and name != self._to and name not in _ALWAYS
        ]
        if one.question is not None:
            asked = next((text for _, (text, *_) in run.store.answers.read(run.id, [one.question])), None)
            source.append(("Asked", make_printable(asked or "")))
        text = self._final(place)
        before, after = compare_words(make_printable(proposals.before[place]), make_printable(text))
        flags = ", ".join(proposals.flags[proposals.ends[place]])
        note = ". ".join(filter(None, (flags, one.reason)))
        return Card(
            f"Record {make_printable(record)}", self.link(record), source, before, after, make_printable(note), text
        )

    def link(self, record: str) -> str:
        """Return the address of a record in HubSpot, "" where the kind of record is not known."""
        return self._link.record_link(self._kind, quote(record, safe="")) if self._kind else ""

    def _change(self, place: int, *, proposed: bool = False) -> dict[str, Any]:
        old = self._proposals.before[place]
        new = as_hubspot(self._proposals.values[self._proposals.ends[place]]) if proposed else self._final(place)
        before, after = _compare(old, new)
        left, more_before = clip_segments(before, _CELL)
        right, more = clip_segments(after, _CELL)
        return {
            "before": left,
            "after": right,
            "more_before": more_before,
            "more": more,
            "same": old == new,
            "value": new[:_CELL],
        }

    def _final(self, place: int) -> str:
        """Return what a push would write if the row were let through: the edit, else the proposal."""
        if self._decisions.decision(place) is Decision.EDITED:
            return as_hubspot(self._decisions.value[place])
        return str(self._proposals.texts[self._proposals.ends[place]])


@lru_cache(maxsize=1000)
def _compare(old: str, new: str) -> tuple[list[Segment], list[Segment]]:
    # A page is drawn again after every decision.
    return compare_words(make_printable(old), make_printable(new), _CELL_WORDS)


def _portal(ui_domain: str, portal_id: int) -> Portal:
    return Portal(portal_id, "", "", ui_domain, "")
