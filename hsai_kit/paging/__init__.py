"""Tables that a person goes through a page at a time: what a grid asks for, and what a source of rows answers."""

from __future__ import annotations

from hsai_kit.paging.frame_source import FrameSource
from hsai_kit.paging.table_source import Action, Card, Column, Facet, Found, Option, Query, Source
from hsai_kit.paging.word_diff import Segment, clipped, compared, shown

__all__ = [
    "Action",
    "Card",
    "Column",
    "Facet",
    "Found",
    "FrameSource",
    "Option",
    "Query",
    "Segment",
    "Source",
    "clipped",
    "compared",
    "shown",
]
