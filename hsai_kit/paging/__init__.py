"""Tables that a person goes through a page at a time: what a grid asks for, and what a source of rows answers."""

from __future__ import annotations

from hsai_kit.paging.frame_source import FrameSource
from hsai_kit.paging.table_source import (
    Card,
    Column,
    Facet,
    FacetOption,
    RowPlaces,
    TableAction,
    TableQuery,
    TableSource,
)
from hsai_kit.paging.word_diff import Segment, clip_segments, compare_words, make_printable

__all__ = [
    "Card",
    "Column",
    "Facet",
    "FacetOption",
    "FrameSource",
    "RowPlaces",
    "Segment",
    "TableAction",
    "TableQuery",
    "TableSource",
    "clip_segments",
    "compare_words",
    "make_printable",
]
