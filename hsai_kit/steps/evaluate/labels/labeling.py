"""Labeling on the spot: every distinct question once, with its right answer kept as it is given."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, load_assistant
from hsai_kit.assistant.output_schema import Kind, Value
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.connection import Connection
from hsai_kit.errors import AssistantError, EvaluationError
from hsai_kit.steps.evaluate.labels.labels import Labels, choose_field, read_label
from hsai_kit.store import Label, LabelDraw, LabelGround
from hsai_kit.store.database import now
from hsai_kit.tabular.cell_text import as_python
from hsai_kit.tabular.provenance import read_record_ids


def label(
    hub: Connection,
    frame: pd.DataFrame,
    assistant: str | Assistant,
    name: str,
    *,
    field: str | None = None,
    prompt: str | None = None,
    blind: bool = False,
) -> LabelSession:
    """Return the distinct questions of `frame` for labeling; labels given before under `name` are there again.

    The prompt (the assistant's own, or `prompt`) tells which records ask the same and so share their label. `field`
    names which of several fields is labeled. With `blind`, questions whose answer you have seen in a review are left
    out, so that no answer leads you. A column `draw` of `frame` (such as `random`, as for
    `contacts.sample(100).assign(draw="random")`) says how its rows were drawn, and is kept with their labels.

    >>> from hsai_kit import connect, pull
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=50)
    ...     at_work = label(hub, contacts, "state-abbreviations", "states")
    ...     given = at_work.give(at_work.frame.index[:2], "TX")
    ...     at_work.frame["right"].notna().sum()
    np.int64(2)
    """
    chosen = load_assistant(hub.workspace, assistant) if isinstance(assistant, str) else assistant
    text = prompt or chosen.prompt
    if not text:
        message = f"The assistant {chosen.name!r} has no prompt of its own. Give one: label(..., prompt='{{{{ … }}}}')."
        raise AssistantError(message)
    names = list(chosen.output.fields)
    measured = choose_field(chosen.name, names, field, way=f"Say which: label(..., field={names[0]!r}).")
    texts = pd.Series(Prompt(text).render(frame).array, index=pd.Index(read_record_ids(frame), name="record_id"))
    draws = frame["draw"].map(LabelDraw) if "draw" in frame and frame["draw"].isin(list(LabelDraw)).all() else None
    session = LabelSession(hub, name, measured, chosen.output.fields[measured], texts.dropna(), blind=blind)
    if draws is not None:
        session.draws.update(zip(texts.index, draws, strict=True))
    return session


class LabelSession:
    """Questions and their right answers: `.frame`, `.give(rows, value)`, `.take_back(rows)`, `.labels`.

    Rows are named by the record ids of `.frame`, or by a mask over it. Every label is in the store as it is given,
    with who and when, for all records that ask the same.
    """

    def __init__(
        self, hub: Connection, name: str, field: str, kind: Kind, texts: pd.Series, *, blind: bool = False
    ) -> None:
        self.name = name
        self.field = field
        self.kind = kind
        self.draws: dict[str, LabelDraw] = {}
        self._ground = LabelGround.BLIND if blind else LabelGround.TYPED
        self._hub = hub
        if blind:
            seen = hub.store.decisions.find_seen(hub.workspace.reviewer, field)
            texts = texts[~texts.isin(texts[texts.index.isin(seen)])]
        self._texts = texts
        self._records = {
            str(text): list(map(str, ids)) for text, ids in texts.groupby(texts, sort=False).groups.items()
        }

    def __repr__(self) -> str:
        done = int(self.frame["who"].notna().sum())
        return f"LabelSession({self.name!r}, {self.field}: {done:,} of {len(self._records):,} questions labeled)"

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each distinct question, most common first, index the `record_id` of its first record.

        Columns: `asked`, `records` (how many ask it), `right` (NA: not labeled, or that no answer is right), `who`
        and `at` (NA: not labeled).
        """
        known = {one.record_id: one for one in self._hub.store.labels.current(self.name, self.field)}
        made = [
            (ids[0], text, len(ids), next((known[one] for one in ids if one in known), None))
            for text, ids in sorted(self._records.items(), key=lambda pair: -len(pair[1]))
        ]
        columns = {
            "asked": pd.array([text for _, text, _, _ in made], dtype="string"),
            "records": pd.array([count for _, _, count, _ in made], dtype="Int64"),
            "right": pd.Series([one.value if one else None for *_, one in made], dtype=object).convert_dtypes().array,
            "who": pd.array([one.who if one else None for *_, one in made], dtype="string"),
            "at": pd.to_datetime([one.at if one else None for *_, one in made], utc=True).as_unit("us"),
        }
        index = pd.Index([first for first, *_ in made], dtype="string", name="record_id")
        return pd.DataFrame(columns, index=index)

    @property
    def labels(self) -> Labels:
        """The labels given under this name, for `evaluate(..., labels=…)`."""
        return Labels(self.field, f"labels {self.name!r}", tuple(self._hub.store.labels.current(self.name, self.field)))

    def give(self, rows: pd.Series | Iterable[str] | str, value: Value) -> int:
        """Say what the right answer to questions is, and return how many records that labels.

        None, or the option that means so, says that no answer is right. Raises EvaluationError for a value that the
        assistant could not give.
        """
        who, at = self._hub.workspace.reviewer, now()
        records = [(one, text) for text in self._questions(rows) for one in self._records[text]]
        right = read_label([self.kind], as_python(value), records[0][0]) if records else None
        items = [
            Label(one, right, text, "given by hand", who, at, self._ground, self._find_draw(text))
            for one, text in records
        ]
        self._hub.store.labels.add(self.name, self.field, items)
        return len(items)

    def take_back(self, rows: pd.Series | Iterable[str] | str) -> int:
        """Leave questions without a label and return how many records that are; the store keeps what they had."""
        records = [one for text in self._questions(rows) for one in self._records[text]]
        self._hub.store.labels.take_back(self.name, self.field, records, self._hub.workspace.reviewer)
        return len(records)

    def _find_draw(self, text: str) -> LabelDraw:
        """Return how a question was drawn: as the first of its records that was."""
        draws = (self.draws[one] for one in self._records[text] if one in self.draws)
        return next(draws, LabelDraw.OWN)

    def _questions(self, rows: pd.Series | Iterable[str] | str) -> list[str]:
        """Return the distinct questions that are meant."""
        if isinstance(rows, pd.Series) and pd.api.types.is_bool_dtype(rows.dtype):
            rows = rows.index[rows.fillna(value=False).astype(bool)]
        wanted = [rows] if isinstance(rows, str) else list(map(str, rows))
        unknown = [one for one in wanted if one not in self._texts.index]
        if unknown:
            message = f"Record {unknown[0]} is not among these records, or its prompt is blank. Name rows of .frame."
            raise EvaluationError(message)
        return list(dict.fromkeys(str(self._texts[one]) for one in wanted))
