"""Known answers for nothing: lookup tables, applied before a model is asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from hsai_kit.assistant.assistant import Lookup
from hsai_kit.assistant.output_schema import Choice, Output
from hsai_kit.errors import AssistantError, FrameError, WorkspaceError
from hsai_kit.tabular.cell_text import as_text
from hsai_kit.tabular.table_files import read_table
from hsai_kit.workspace import Workspace


def look_up(frame: pd.DataFrame, lookup: Lookup, output: Output, workspace: Workspace) -> pd.Series:
    """Return what the table answers for each row, NA where it does not know or may not answer.

    Raises AssistantError for a table that does not exist, columns that were not pulled, and several fields.
    """
    if list(output.fields) != ["answer"]:
        message = "A lookup answers a single value; this assistant answers several fields. Take its [lookup] out."
        raise AssistantError(message)
    missing = [name for name in (lookup.column, *lookup.only) if name not in frame.columns]
    if missing:
        message = f"The lookup needs the column {missing[0]!r}, which was not pulled. Pull it too, or change [lookup]."
        raise AssistantError(message)
    known = _keep_allowed(load_table(lookup.table, workspace), output, lookup.table)
    answers = as_text(frame[lookup.column]).map(lambda text: known.get(_key(text)))
    for name, values in lookup.only.items():
        wanted = {_key(value) for value in values}
        answers = answers.where(as_text(frame[name]).map(lambda text, wanted=wanted: _key(text) in wanted), None)
    return answers.astype("string")


def load_table(name: str, workspace: Workspace) -> Mapping[str, str]:
    """Return a table by name: known value (as compared: case, spaces and a final dot do not count) → answer."""
    if name in {"us-states", "us-states+territories"}:
        return _load_us_states(territories=name.endswith("+territories"))
    if name.startswith("iso-3166-2:"):
        return _load_regions(name.removeprefix("iso-3166-2:").upper())
    try:
        return _load_file(workspace.find_file(name))
    except (FrameError, WorkspaceError) as problem:
        raise AssistantError(str(problem)) from None


@cache
def _load_us_states(*, territories: bool) -> Mapping[str, str]:
    import us

    places = [*us.states.STATES, us.states.DC, *(us.states.TERRITORIES if territories else ())]
    spelled = {
        _key(spelling): place.abbr
        for place in places
        for spelling in (place.abbr, place.name, place.ap_abbr)
        if spelling and place.abbr
    }
    # The military's regions have ZIP codes and stand in address forms, but are no state or territory.
    return spelled | ({code.casefold(): code for code in ("AA", "AE", "AP")} if territories else {})


@cache
def _load_regions(country: str) -> Mapping[str, str]:
    import pycountry

    regions = [region for region in pycountry.subdivisions if region.country_code == country]
    if not regions:
        message = f"ISO 3166-2 has no regions for {country!r}. Write a country's two-letter code: iso-3166-2:CA."
        raise AssistantError(message)
    codes = {region.code.split("-", 1)[1] for region in regions}
    names = {_key(region.name): region.code.split("-", 1)[1] for region in regions}
    return names | {_key(code): code for code in codes}


def _load_file(path: Path) -> Mapping[str, str]:
    if not path.is_file():
        message = (
            f"There is no lookup table {path}. There are us-states, us-states+territories, iso-3166-2:XX, "
            "and any CSV or Excel file of the workspace with the columns value and answer."
        )
        raise AssistantError(message)
    rows = read_table(path)
    if rows.empty or not {"value", "answer"} <= set(rows.columns):
        message = f"The lookup table {path} needs the columns value and answer in its first line, and rows below."
        raise AssistantError(message)
    known: dict[str, str] = {}
    for value, answer in rows[["value", "answer"]].dropna().itertuples(index=False, name=None):
        if known.setdefault(_key(value), answer.strip()) != answer.strip():
            message = (
                f"The lookup table {path} answers {value!r} with {known[_key(value)]!r} and with {answer.strip()!r}. "
                "Keep one of them."
            )
            raise AssistantError(message)
    return known


def _keep_allowed(known: Mapping[str, str], output: Output, name: str) -> Mapping[str, str]:
    """Leave out what the assistant itself may not answer; a table that fits none of its options is a mistake."""
    kind = output.fields["answer"]
    if not isinstance(kind, Choice):
        return known
    kept = {value: answer for value, answer in known.items() if answer in kind.options}
    if known and not kept:
        message = f"No answer of the lookup table {name} is among the assistant's options. Change one of them."
        raise AssistantError(message)
    return kept


def _key(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).removesuffix(".")
