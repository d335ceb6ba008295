"""Who is better, and whether that is more than chance: pairs of assistants over the rows they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hsai_kit.errors import EvaluationError
from hsai_kit.stats import (
    Rate,
    TwoByTwoTable,
    average_clusters,
    bootstrap,
    cluster_rows,
    holm,
    mcnemar,
    mean_difference,
    rate,
    smallest_difference,
    two_by_two,
)


@dataclass(frozen=True)
class UnitMeasures:
    """The rows of one assistant by unit: the mean of each measure (NaN: unknown), and how many records each has."""

    right: NDArray[np.float64]
    valid: NDArray[np.float64]
    confidence: NDArray[np.float64]
    usd: NDArray[np.float64]
    records: NDArray[np.float64]

    @classmethod
    def of(cls, rows: pd.DataFrame, *, confidence: bool = False) -> UnitMeasures:
        """Gather rows that share a question or a cluster; `records` counts records, however often each was asked.

        By confidence, clusters are kept apart and so are repeats: each answer has a confidence of its own.
        """
        if rows.empty:
            return cls(*(np.empty(0) for _ in range(5)))
        keys = [rows["question"].to_list()] if confidence else [rows["unit"].to_list(), _cluster(rows)]
        unit = cluster_rows(*keys)
        columns = ["right", "valid", "confidence", "usd"]
        values = rows[columns].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        means, counts = average_clusters(unit, values)
        records = counts if confidence else counts / rows["repeat"].nunique()
        right, valid, sure, usd = means.T
        return cls(right, valid, sure, usd, records)


def rate_rows(rows: pd.DataFrame, measure: str) -> Rate:
    """Return the share of records that are `right` or `valid`, of those of which it is known."""
    measured = UnitMeasures.of(rows[rows[measure].notna()])
    return rate(measured.right if measure == "right" else measured.valid, measured.records)


@dataclass(frozen=True)
class _Pair:
    """Two assistants over the rows they share: first minus second in right and USD, by independent unit."""

    first: str
    second: str
    shared: int
    unit: NDArray[np.int64]
    table: TwoByTwoTable
    differences: NDArray[np.float64]
    records: NDArray[np.float64]


def compare_assistants(
    rows: Mapping[str, pd.DataFrame], pairs: Sequence[tuple[str, str]], *, by_scores: bool = False
) -> pd.DataFrame:
    """Compare pairs of assistants as `Evaluation.compare` describes it; only scores and prices are resampled."""
    averaged = {name: _by_record(part) for name, part in rows.items()}
    made = [_pair(averaged[first], averaged[second], first, second) for first, second in pairs]
    ends = _intervals(made)
    if not by_scores:
        for pair, (low, high) in zip(made, ends, strict=True):
            _, low[0], high[0] = mean_difference(pair.differences[:, 0], pair.records)
    frame = pd.DataFrame([_figures(pair, *ends[place]) for place, pair in enumerate(made)])
    frame.insert(frame.columns.get_loc("p") + 1, "p_holm", holm(frame["p"]))
    frame["verdict"] = [_verdict(row, len(pairs)) for row in frame.to_dict("records")]
    return frame.astype({"first": "string", "second": "string", "verdict": "string"})


def _pair(a: pd.DataFrame, b: pd.DataFrame, first: str, second: str) -> _Pair:
    shared = a.index.intersection(b.index, sort=False)
    if shared.empty:
        message = f"{first} and {second} have no row in common that was asked of both. Ask the rest: the same call."
        raise EvaluationError(message)
    a, b = a.loc[shared], b.loc[shared]
    # Rows are independent where neither assistant was asked the same about them, nor are they in one cluster.
    unit = cluster_rows(a["unit"].to_list(), b["unit"].to_list(), _cluster(a))
    both = np.column_stack([a[["right", "usd"]].to_numpy(float), b[["right", "usd"]].to_numpy(float)])
    means, records = average_clusters(unit, both)
    table = two_by_two(means[:, 0], means[:, 2])
    return _Pair(first, second, len(shared), unit, table, means[:, :2] - means[:, 2:], records)


def _intervals(pairs: Sequence[_Pair]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the lower and upper ends of each pair's differences; pairs with the same units share their resamples."""
    alike: dict[bytes, list[int]] = {}
    for place, pair in enumerate(pairs):
        alike.setdefault(pair.unit.tobytes(), []).append(place)
    ends: dict[int, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for places in alike.values():
        low, high = bootstrap(np.column_stack([pairs[one].differences for one in places]), pairs[places[0]].records)
        for number, place in enumerate(places):
            columns = slice(2 * number, 2 * number + 2)
            ends[place] = low[columns].copy(), high[columns].copy()
    return [ends[place] for place in range(len(pairs))]


def _figures(pair: _Pair, low: NDArray[np.float64], high: NDArray[np.float64]) -> dict[str, object]:
    difference, usd = np.average(pair.differences, axis=0, weights=pair.records)
    return {
        "first": pair.first,
        "second": pair.second,
        "records": pair.shared,
        "units": len(pair.records),
        "both": pair.table.both,
        "only_first": pair.table.only_first,
        "only_second": pair.table.only_second,
        "neither": pair.table.neither,
        "p": float(mcnemar(pair.table.only_first, pair.table.only_second)),
        "difference": difference,
        "low": low[0],
        "high": high[0],
        "usd_difference": usd * 1000,
        "usd_low": low[1] * 1000,
        "usd_high": high[1] * 1000,
    }


def _by_record(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each record: the mean over its repeats."""
    kept = rows.assign(right=rows["right"].astype("Float64"))
    if rows["repeat"].nunique() < 2:
        return kept.set_index("record_id").astype({"right": float, "usd": float})
    grouped = kept.groupby("record_id", sort=False)
    means = grouped[["right", "usd"]].mean().astype(float)
    return means.join(grouped[["unit", "cluster"]].first())


def _cluster(rows: pd.DataFrame) -> list[object]:
    return [None if pd.isna(one) else one for one in rows["cluster"]]


def _verdict(row: Mapping[str, object], pairs: int) -> str:
    difference, low, high = (100 * float(str(row[name])) for name in ("difference", "low", "high"))
    better, worse = (row["first"], row["second"]) if difference > 0 else (row["second"], row["first"])
    span = f"{abs(difference):.1f} points ({min(abs(low), abs(high)):.1f} to {max(abs(low), abs(high)):.1f})"
    shown = float(str(row["p_holm"])) < 0.05
    if shown and low * high > 0:
        return f"{better} is right more often than {worse}, by {span}."
    if shown:
        return (
            f"{row['first']} and {row['second']} differ on questions, but by records the difference may be none: "
            f"{difference:+.1f} points ({low:+.1f} to {high:+.1f}). A few questions that many records ask decide it."
        )
    units_there = int(str(row["units"]))
    found = smallest_difference(units_there, comparisons=pairs)
    power = f"would show one of {100 * found:.1f} points" if found else "are too few to show one"
    return (
        f"No difference is shown: {difference:+.1f} points ({low:+.1f} to {high:+.1f}). "
        f"{units_there:,} independent questions {power}."
    )


def find_flips(rows: pd.DataFrame, names: Sequence[str], texts: Mapping[str, str]) -> pd.DataFrame:
    """Return the records that some get right and others wrong, as `Evaluation.flips` describes it."""
    first = rows[rows["repeat"] == 1]
    wide = {name: first[first["assistant"] == name].set_index("record_id") for name in names}
    base = next(iter(wide.values()))
    right = pd.DataFrame({name: part["right"] for name, part in wide.items()})
    some = right.any(axis=1) & ~right.all(axis=1)
    asked = base["question"].map(texts)
    for part in wide.values():
        # Where a rule answered one of them, another was asked.
        asked = asked.fillna(part["question"].map(texts))
    frame = pd.DataFrame({"asked": asked.astype("string"), "expected": base["expected"]})
    for name, part in wide.items():
        frame[name] = part["answer"]
    frame["right"] = [[name for name in names if row[name] is True] for row in right.astype(object).to_dict("records")]
    frame["records"] = base["unit"].map(base["unit"].value_counts()).astype("Int64")
    found = frame[some.fillna(value=False).astype(bool)]
    return found.sort_values("records", ascending=False, kind="stable")
