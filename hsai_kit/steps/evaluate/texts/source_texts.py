"""Written texts beside what they were written from: of a run, of a DataFrame, or of several by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.hubspot.rich_text import strip_html
from hsai_kit.run import Run
from hsai_kit.tabular.cell_text import as_text

Texts: TypeAlias = "Run | pd.DataFrame | Mapping[str, Run | pd.DataFrame]"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def texts_by_name(
    texts: Texts, text: str | None = None, source: str | Sequence[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the texts of each variant with their sources, as `texts_of` does, by the variants' names."""
    if isinstance(texts, Mapping):
        return {str(name): texts_of(one, text, source) for name, one in texts.items()}
    return {name_texts(texts): texts_of(texts, text, source)}


def name_texts(texts: Run | pd.DataFrame) -> str:
    """Return what texts are called that nobody named."""
    return f"{texts.record.assistant} with {texts.record.model}" if isinstance(texts, Run) else "texts"


def texts_of(
    texts: Run | pd.DataFrame, text: str | None = None, source: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return what was written and what it was written from: index `record_id`; `text` (NA: none) and `source`.

    Of a run, the source is the question's own text with its quoted values as the record has them. Raises
    EvaluationError where a column is not there, and for a run whose answer is no text.
    """
    if isinstance(texts, Run):
        return _of_run(texts, text)
    columns = [source or "source"] if isinstance(source, str | None) else list(source)
    chosen = text or "text"
    refuse_missing(texts, [chosen, *columns])
    parts = zip(*(as_text(texts[one]).map(_strip) for one in columns), strict=True)
    sources = ["\n".join(filter(None, values)) for values in parts]
    return _frame(map(str, texts.index), [one or None for one in as_text(texts[chosen])], sources)


def refuse_missing(texts: Run | pd.DataFrame, columns: Iterable[str], hint: str = "") -> None:
    """Raise EvaluationError for a column that is not there; a run's rows have none."""
    there = texts.columns if isinstance(texts, pd.DataFrame) else ()
    for column in columns:
        if column not in there:
            has = f"The columns are: {', '.join(map(str, there))}." if len(there) else "A run's rows have no columns."
            message = f"There is no column {column!r}. {has}{hint}"
            raise EvaluationError(message)


def _of_run(run: Run, name: str | None) -> pd.DataFrame:
    kinds = run.assistant.output.fields
    named = [one for one, kind in kinds.items() if kind.kind == "text"]
    if not named or (name is not None and name not in named):
        what = f"no field {name!r} that is a text" if name else "no field that is a text"
        message = f"The assistant {run.assistant.name!r} answers {what}. It answers: {', '.join(kinds)}."
        raise EvaluationError(message)
    if name is None and len(named) > 1:
        message = f"This run writes several texts: {', '.join(named)}. Name one, such as text={named[0]!r}."
        raise EvaluationError(message)
    chosen = name or named[0]
    inputs = {row.row.record_id: row.input for row in run.store.runs.rows(run.id)}
    results = run.results()
    return _frame(
        [one.record_id for one in results],
        [cast("str | None", one.fields.get(chosen)) for one in results],
        # The values are quoted in a question; here they stand as they do in the record, without their markup.
        [_QUOTED.sub(_unquote, inputs.get(one.record_id) or "") for one in results],
    )


def _frame(ids: Iterable[str], texts: Sequence[str | None], sources: Sequence[str]) -> pd.DataFrame:
    columns = {"text": pd.array(texts, dtype="string"), "source": pd.array(sources, dtype="string")}
    return pd.DataFrame(columns, index=pd.Index(list(ids), dtype="string", name="record_id"))


def _unquote(match: re.Match[str]) -> str:
    return _strip(str(json.loads(match[0], strict=False)))


def _strip(text: str) -> str:
    return strip_html(text) if "<" in text or "&" in text else text
