"""Right answers: from a column, a file, earlier reviews or a person at work now; kept with who gave them and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias, TypeVar

import pandas as pd

from hsai_kit.assistant.output_schema import Choice, Kind, Value, YesNo, parse_value
from hsai_kit.connection import Connection
from hsai_kit.errors import EvaluationError, FrameError
from hsai_kit.run import Run
from hsai_kit.runtime.suggestion import find_nearest
from hsai_kit.store import Decision, Label, LabelDraw, LabelGround
from hsai_kit.store.database import now
from hsai_kit.tabular.cell_text import as_python
from hsai_kit.tabular.provenance import parse_record_id, read_record_ids
from hsai_kit.tabular.table_files import FILES, read_table

_State = TypeVar("_State", LabelGround, LabelDraw)
# What a column of right answers may be called besides the field's own name.
_NAMES = ("right", "expected", "label", "answer")


@dataclass(frozen=True)
class Labels:
    """Right answers to one field, by record: `.frame` shows them, `.save(hub, name)` keeps them in the workspace.

    A label whose value is None says that no answer is right. `source` says where they came from.
    """

    field: str
    source: str
    items: tuple[Label, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Labels({len(self):,} right answers for {self.field!r}, from {self.source})"

    @property
    def frame(self) -> pd.DataFrame:
        """The labels as a DataFrame, index `record_id`; `read_labels` reads all of it again from a CSV file.

        Columns: `right`, `who`, `at` (UTC), `source`, `asked` (NA: unknown), `ground` (how the label came to be: blind,
        typed, edited, approved, rejected, where `right` is the answer that is wrong, or file) and `draw` (how its row
        was drawn: random, stratum, heaviest, disagreement, threshold or own).
        """
        index = pd.Index([one.record_id for one in self.items], dtype="string", name="record_id")
        columns = {
            "right": pd.Series([one.value for one in self.items], dtype=object).convert_dtypes().array,
            "who": pd.array([one.who for one in self.items], dtype="string"),
            "at": pd.to_datetime([one.at for one in self.items], utc=True).as_unit("us"),
            "source": pd.array([one.source for one in self.items], dtype="string"),
            "asked": pd.array([one.asked for one in self.items], dtype="string"),
            "ground": pd.array([one.ground.value for one in self.items], dtype="string"),
            "draw": pd.array([one.draw.value for one in self.items], dtype="string"),
        }
        return pd.DataFrame(columns, index=index)

    def without(self, records: Iterable[str]) -> Labels:
        """Return the labels of all other records."""
        gone = set(map(str, records))
        return replace(self, items=tuple(one for one in self.items if one.record_id not in gone))

    def save(self, hub: Connection, name: str) -> Labels:
        """Keep the labels in the workspace under `name`, beside those that are there, and return the whole set.

        Of two labels for a record the later one holds; the earlier ones stay in the store.
        """
        hub.store.labels.add(name, self.field, self.items)
        return open_labels(hub, name, self.field)


LabelSource: TypeAlias = "Labels | pd.Series | pd.DataFrame | Mapping[str, Value] | str | Path"


def labels_from(run: Run, field: str | None = None) -> Labels:
    """Return what people decided in the review of a run as labels, with who and when.

    An approved answer is right, an edited one is right as it was edited, and a rejected one is known to be wrong. These
    labels compare assistants; approved ones count for no gate, since they are the assistant's own answers. Raises
    EvaluationError where nothing was decided.
    """
    chosen = choose_field("This run", run.fields, field, way="Say which: labels_from(run, 'field').")
    decisions = run.store.decisions.current(run.id, chosen)
    decided = {one: made for one, made in decisions.items() if made.decision is not Decision.PENDING}
    if not decided:
        message = f"Nobody has decided anything in {run.id} yet. Review it first: review(run)."
        raise EvaluationError(message)
    texts = {row.row.record_id: row.input for row in run.store.runs.rows(run.id)}
    items = []
    for row in run.results():
        made = decided.get(row.record_id)
        if made is not None:
            value = row.fields.get(chosen) if made.decision is Decision.REJECTED else made.value
            source = f"{made.decision} in {run.id}"
            given = texts[row.record_id], source, made.reviewer, made.decided_at
            items.append(Label(row.record_id, value, *given, LabelGround(made.decision)))
    return Labels(chosen, run.id, tuple(items))


def open_labels(hub: Connection, name: str, field: str = "answer") -> Labels:
    """Return the labels that were kept under `name`; raises EvaluationError that names the sets there are."""
    items = hub.store.labels.current(name, field)
    if not items:
        message = f"There are no labels {name!r} for {field!r} in this workspace. There are: {_sets(hub)}."
        raise EvaluationError(message)
    return Labels(field, f"labels {name!r}", tuple(items))


def read_labels(hub: Connection, path: str | Path, field: str = "answer") -> Labels:
    """Read right answers from a CSV or Excel file: one column with record ids, one called as the field, or `right`.

    A blank cell is no label. Where no answer is right, write the option that means so, such as UNKNOWN. The columns
    `ground`, `draw`, `who` and `at` are read where they are there, as `Labels.frame` has them; without them the labels
    are from a file, of rows of one's own choice. A blank cell with a ground says that no answer is right.
    """
    file = Path(path).expanduser()
    try:
        frame = read_table(file)
        ids = read_record_ids(frame)
    except FrameError as problem:
        message = f"The labels in {file} cannot be used: {problem}"
        raise EvaluationError(message) from None
    return _of_table(hub, frame, ids, field, f"file {file.name}", str(file))


def as_labels(hub: Connection, frame: pd.DataFrame, given: LabelSource, field: str) -> Labels:
    """Return labels from whatever they were given as: a column's name, a file, a kept set, a Series, a mapping."""
    if isinstance(given, Labels):
        if given.field != field:
            message = f"These labels are right answers for {given.field!r}, and {field!r} is measured. Say field=…"
            raise EvaluationError(message)
        return given
    if isinstance(given, pd.Series):
        if isinstance(given.index, pd.RangeIndex):
            message = "The labels' index counts rows instead of naming records. Make it the record id."
            raise EvaluationError(message)
        return _of_values(hub, given.items(), field, f"column {given.name}" if given.name else "a Series")
    if isinstance(given, pd.DataFrame):
        return _of_table(hub, given, read_record_ids(given), field, "a DataFrame", "The DataFrame with the labels")
    if isinstance(given, Mapping):
        return _of_values(hub, given.items(), field, "a mapping")
    if not isinstance(given, str | Path):
        message = (
            f"labels is a {type(given).__name__}. Give a column's name, a CSV file, a Series or mapping by record id, "
            "or what labels_from(run) returns."
        )
        raise EvaluationError(message)
    if isinstance(given, str) and given in frame.columns:
        return _of_values(hub, zip(read_record_ids(frame), frame[given], strict=True), field, f"column {given}")
    if isinstance(given, Path) or Path(given).suffix.lower() in FILES:
        return read_labels(hub, _locate(hub, given), field)
    if not hub.store.labels.current(given, field):
        near = find_nearest(given, [*map(str, frame.columns), *(name for name, _ in hub.store.labels.names())])
        what = "the column " if near in frame.columns else ""
        hint = f" Did you mean {what}{near!r}?" if near else ""
        message = f"{given!r} is no column of the records and no set of labels.{hint} Sets that are kept: {_sets(hub)}."
        raise EvaluationError(message)
    return open_labels(hub, given, field)


def choose_field(who: str, names: Sequence[str], field: str | None, *, way: str) -> str:
    """Return the field that is meant; raises EvaluationError that names those there are, with the way to say it."""
    if field is None and len(names) > 1:
        message = f"{who} answers several fields: {', '.join(names)}. {way}"
        raise EvaluationError(message)
    chosen = field or names[0]
    if chosen not in names:
        message = f"{who} has no field {chosen!r}. It has: {', '.join(names)}."
        raise EvaluationError(message)
    return chosen


def read_label(kinds: Sequence[Kind], value: Value, record_id: str) -> Value:
    """Return a label as the first of the outputs reads it that can; raises EvaluationError where none can.

    None stays None: no answer is right, as is the option of a choice that means so.
    """
    if value is None:
        return None
    for kind in kinds:
        if isinstance(kind, Choice) and kind.none_option and _fold(value) == _fold(kind.none_option):
            return None
        parsed = parse_value(kind, value) if isinstance(value, str) else value
        if isinstance(kind, YesNo) and parsed in {0, 1}:
            parsed = bool(parsed)
        read = kind.read(parsed, str(value))
        if read.value is not None and not isinstance(read.value, dict):
            return read.value
    options = next((kind.options for kind in kinds if isinstance(kind, Choice)), ())
    allowed = f" It has to be one of {', '.join(options)}." if options else ""
    message = (
        f"The right answer of record {record_id}, {str(value)[:60]!r}, is none that an assistant could give.{allowed}"
    )
    raise EvaluationError(message)


def _fold(value: Value) -> str:
    return str(value).strip().casefold()


def _of_table(hub: Connection, frame: pd.DataFrame, ids: Sequence[str], field: str, source: str, what: str) -> Labels:
    """Return the labels of a table, each with what its other columns say of it."""
    cells = frame.reindex(columns=["ground", "draw", "who", "at"]).astype("string").fillna("").set_axis(list(ids))
    values = frame[_column(frame, field, what)].astype(object)
    # With its ground, a blank cell is a label as well: that no answer is right.
    values = values.mask(values.isna() & (cells["ground"] != "").array, None)
    labels = _of_values(hub, zip(ids, values, strict=True), field, source)
    items = []
    for one in labels.items:
        ground, draw, who, at = (str(cell).strip() for cell in cells.loc[one.record_id])
        items.append(
            replace(
                one,
                ground=_read_state(LabelGround, ground, one.ground, source),
                draw=_read_state(LabelDraw, draw, one.draw, source),
                who=who or one.who,
                at=at or one.at,
            )
        )
    return replace(labels, items=tuple(items))


def _read_state(kind: type[_State], word: str, default: _State, source: str) -> _State:
    try:
        return kind(word.lower()) if word else default
    except ValueError:
        message = f"{word!r} in {source} is none of {', '.join(kind)}. Write one of these, or leave it blank."
        raise EvaluationError(message) from None


def _of_values(hub: Connection, values: Iterable[tuple[object, object]], field: str, source: str) -> Labels:
    who, at = hub.workspace.reviewer, now()
    items: dict[str, Label] = {}
    for name, value in values:
        one = parse_record_id(name)
        plain = as_python(value)
        if plain is pd.NA or plain is pd.NaT or plain != plain or (isinstance(plain, str) and not plain.strip()):
            continue
        label = Label(one, plain if isinstance(plain, str | float | bool | int) else None, None, source, who, at)
        if items.setdefault(one, label).value != label.value:
            message = f"Record {one} has two right answers in {source}: {items[one].value!r} and {plain!r}."
            raise EvaluationError(message)
    return Labels(field, source, tuple(items.values()))


def _locate(hub: Connection, path: str | Path) -> Path:
    """Return the file where it is, looked for from here and from the workspace's folder."""
    file = Path(path).expanduser()
    inside = hub.workspace.folder / file
    return inside if not file.exists() and inside.exists() else file


def _sets(hub: Connection) -> str:
    return ", ".join(f"{name} ({field})" for name, field in hub.store.labels.names()) or "none"


def _column(frame: pd.DataFrame, field: str, what: str) -> str:
    for name in (field, *_NAMES):
        if name in frame.columns:
            return name
    message = (
        f"{what} has no column {field!r} with the right answers, nor one called {' or '.join(_NAMES)}. "
        f"It has: {', '.join(map(str, frame.columns))}."
    )
    raise EvaluationError(message)
