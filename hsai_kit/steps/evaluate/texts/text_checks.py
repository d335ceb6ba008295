"""Checks of written texts that need no model: what was made up, left out, not filled in, too long, hard to read."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import pandas as pd

from hsai_kit.errors import EvaluationError
from hsai_kit.run import Run
from hsai_kit.stats import wilson
from hsai_kit.steps.evaluate.repro_code import write_call, write_texts
from hsai_kit.tabular.cell_text import as_text
from hsai_kit.text_facts.claims import FACTS, Fact, find_unfounded, says
from hsai_kit.text_facts.readability import find_placeholders, language_of, reading_ease, sentences_of, word_count

__all__ = ["CHECKS", "TextChecks", "check_texts", "texts_of"]

CHECKS = {
    "blank": "no text",
    "not in the record": "a name, amount, figure, date or link that the record does not hold",
    "left out": "a fact that was required",
    "placeholder": "something left to be filled in",
    "too long": "more than was asked for",
    "too short": "less than was asked for",
    "language": "not the language that was asked for",
    "hard to read": "a reading ease below what was asked for",
}
_KINDS: dict[str, Fact] = {f"{fact}s": fact for fact in FACTS}
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_HIDDEN = re.compile(r"<(?:script|style)\b.*?</(?:script|style)\s*>", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|table|blockquote)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-z/!][^<>]*>", re.IGNORECASE)
# Many facts in one text are told by the first of them.
_SHOWN = 5


@dataclass(frozen=True)
class _Rules:
    facts: tuple[Fact, ...]
    columns: tuple[str, ...]
    min_words: int
    max_words: int | None
    max_sentences: int | None
    language: str | None
    min_reading_ease: float | None
    known: tuple[str, ...]


@dataclass(frozen=True)
class TextChecks:
    """What the checks found: `.frame` with a row for each record, `.counts` with a row for each check.

    `.frame`: index `record_id`; `text`, `source`, `words`, `sentences`, `reading_ease` (Flesch; NA but for English and
    German), `language` (ISO 639-1, NA where too short to tell), `findings` (list of strings, empty where all is well).
    `repeat` is the call that checks the same again.
    """

    frame: pd.DataFrame
    name: str = "texts"
    repeat: str = field(default="check_texts(texts)", repr=False)
    _failed: dict[str, int] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        clean = int((self.frame["findings"].map(len) == 0).sum())
        told = ", ".join(f"{count:,} {check}" for check, count in self._failed.items() if count)
        return (
            f"TextChecks({self.name}: {clean:,} of {len(self.frame):,} texts without a finding{told and f'; {told}'})"
        )

    def _repr_html_(self) -> str:
        return str(self.findings[["findings", "text", "source"]]._repr_html_())

    @property
    def findings(self) -> pd.DataFrame:
        """The rows of `.frame` that have a finding, those with most of them first."""
        counts = self.frame["findings"].map(len)
        return self.frame.loc[counts[counts > 0].sort_values(ascending=False, kind="stable").index]

    @property
    def counts(self) -> pd.DataFrame:
        """How many texts each check found something in: index `check`; `texts`, `share` with `low` and `high` (Wilson).

        The interval is 95 % and is about texts like these.
        """
        n = len(self.frame)
        rows = [
            (check, count, count / n if n else 0.0, *wilson(count / n if n else 0.0, n))
            for check, count in self._failed.items()
        ]
        return pd.DataFrame(rows, columns=["check", "texts", "share", "low", "high"]).set_index("check")


def check_texts(
    texts: Run | pd.DataFrame,
    *,
    text: str | None = None,
    source: str | Sequence[str] | None = None,
    required: str | Iterable[str] = (),
    known: Iterable[str] = (),
    min_words: int = 1,
    max_words: int | None = None,
    max_sentences: int | None = None,
    language: str | None = "source",
    min_reading_ease: float | None = None,
) -> TextChecks:
    """Check summaries or drafts against their records, without a model and for nothing.

    `texts` is a run, of which each answer is held against what was asked, or a DataFrame with the columns `text` and
    `source` (one or several). Always looked for: names, amounts, figures, dates and links that the record does not
    hold, however they are spelled ($1,200 is 1.2k is 1200 USD), placeholders left over, and blanks. `known` are names
    and links that no record needs to hold, such as one's own company. `required` names what must be in the text: kinds
    of facts (`names`, `amounts`, `figures`, `dates`, `links`), all that the source has, or columns of the frame.
    `language` is an ISO 639-1 code, `source` for that of the record, None for any; `min_reading_ease` is a Flesch score
    (60 is plain English, 30 is for experts).

    In German, where every noun is capitalized, and at a sentence's beginning only a name after a title is looked for.
    Raises EvaluationError for columns that are not there and runs that do not answer text.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"note": ["Ada: $1,200 by May 3."], "said": ["Ada pays 1.2k USD by May 4."]})
    >>> check_texts(frame, text="said", source="note").frame["findings"].tolist()
    [['not in the record: date May 4']]
    """
    frame = texts_of(texts, text, source)
    wanted = [required] if isinstance(required, str) else list(required)
    columns = [one for one in wanted if one not in _KINDS]
    _refuse_missing(texts, columns)
    rules = _Rules(
        facts=tuple(_KINDS[one] for one in wanted if one in _KINDS),
        columns=tuple(columns),
        min_words=min_words,
        max_words=max_words,
        max_sentences=max_sentences,
        language=language,
        min_reading_ease=min_reading_ease,
        known=tuple(known),
    )
    asked = {one: as_text(texts[one]) for one in columns} if isinstance(texts, pd.DataFrame) else {}
    # Texts that rows share are checked once.
    checked = functools.lru_cache(maxsize=None)(functools.partial(_checked, rules))
    found = [
        checked(said, read, tuple((one, str(values.iloc[row])) for one, values in asked.items()))
        for row, (said, read) in enumerate(zip(frame["text"].fillna(""), frame["source"].fillna(""), strict=True))
    ]
    words = pd.array([word_count(one) for one in frame["text"].fillna("")], dtype="Int64")
    told = [language_of(one) for one in frame["text"].fillna("")]
    ease = [reading_ease(one, code or "en") for one, code in zip(frame["text"].fillna(""), told, strict=True)]
    made = frame.assign(
        words=words,
        sentences=pd.array([len(sentences_of(one)) for one in frame["text"].fillna("")], dtype="Int64"),
        reading_ease=pd.array(ease, dtype="Float64"),
        language=pd.array(told, dtype="string"),
        findings=[[f"{check}: {detail}" if detail else check for check, detail in one] for one in found],
    )
    failed = {check: sum(any(name == check for name, _ in one) for one in found) for check in CHECKS}
    name = f"{texts.record.assistant} with {texts.record.model}" if isinstance(texts, Run) else "texts"
    repeat = write_call(
        check_texts,
        write_texts(texts),
        text=text,
        source=source,
        required=tuple(wanted),
        known=rules.known,
        min_words=min_words,
        max_words=max_words,
        max_sentences=max_sentences,
        language=language,
        min_reading_ease=min_reading_ease,
    )
    return TextChecks(made, name, repeat, failed)


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
    _refuse_missing(texts, [chosen, *columns])
    joined = [
        "\n".join(filter(None, values))
        for values in zip(*(as_text(texts[one]).map(_plain) for one in columns), strict=True)
    ]
    written = as_text(texts[chosen])
    index = pd.Index(texts.index.map(str), dtype="string", name="record_id")
    return pd.DataFrame(
        {
            "text": pd.array(written.where(written != "", None), dtype="string"),
            "source": pd.array(joined, dtype="string"),
        },
        index=index,
    )


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
    return pd.DataFrame(
        {
            "text": pd.array([cast("str | None", one.fields.get(chosen)) for one in results], dtype="string"),
            "source": pd.array([_as_read(inputs.get(one.record_id) or "") for one in results], dtype="string"),
        },
        index=pd.Index([one.record_id for one in results], dtype="string", name="record_id"),
    )


def _checked(
    rules: _Rules, text: str, source: str, columns: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    if not text.strip():
        return (("blank", ""),)
    return (*_made_up(rules, text, source), *_left_out(rules, text, source, columns), *_form(rules, text, source))


def _made_up(rules: _Rules, text: str, source: str) -> Iterator[tuple[str, str]]:
    for fact, words in find_unfounded(text, source, rules.known)[:_SHOWN]:
        yield "not in the record", f"{fact} {words}"
    kept = set(find_placeholders(source))
    yield from (("placeholder", one) for one in find_placeholders(text) if one not in kept)


def _left_out(rules: _Rules, text: str, source: str, columns: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for fact in rules.facts:
        missing = [words for words, said in says(text, fact, source) if not said]
        yield from (("left out", f"{fact} {words}") for words in missing[:_SHOWN])
    for column, value in columns:
        if value and value.casefold() not in text.casefold() and not _said(text, value):
            yield "left out", f"{column} {value}"


def _said(text: str, value: str) -> bool:
    """Tell whether a text says a property's value in another spelling: 48000.0 as 48k, 2026-05-03 as May 3."""
    facts = [said for fact in FACTS for _, said in says(text, fact, value)]
    return bool(facts) and all(facts)


def _form(rules: _Rules, text: str, source: str) -> Iterator[tuple[str, str]]:
    words, sentences = word_count(text), len(sentences_of(text))
    if rules.max_words is not None and words > rules.max_words:
        yield "too long", f"{words:,} words, at most {rules.max_words:,}"
    if rules.max_sentences is not None and sentences > rules.max_sentences:
        yield "too long", f"{sentences:,} sentences, at most {rules.max_sentences:,}"
    if words < rules.min_words:
        yield "too short", f"{words:,} words, at least {rules.min_words:,}"
    told = language_of(text)
    wanted = language_of(source) if rules.language == "source" else rules.language
    if told and wanted and told != wanted:
        yield "language", f"{told} instead of {wanted}"
    ease = reading_ease(text, told or "en")
    if rules.min_reading_ease is not None and ease is not None and ease < rules.min_reading_ease:
        yield "hard to read", f"reading ease {ease:.0f}, at least {rules.min_reading_ease:.0f}"


def _as_read(question: str) -> str:
    """Return a question's text with its quoted values as they stand in the record, without their markup."""
    return _QUOTED.sub(lambda match: _plain(str(json.loads(match[0], strict=False))), question)


def _plain(text: str) -> str:
    if "<" not in text and "&" not in text:
        return text
    return html.unescape(_TAG.sub(" ", _BLOCK.sub("\n", _HIDDEN.sub(" ", text)))).strip()


def _refuse_missing(texts: Run | pd.DataFrame, columns: Iterable[str]) -> None:
    there = texts.columns if isinstance(texts, pd.DataFrame) else ()
    for column in columns:
        if column not in there:
            has = f"The columns are: {', '.join(map(str, there))}." if len(there) else "A run's rows have no columns."
            message = f"There is no column {column!r}. {has} Kinds of facts are: {', '.join(_KINDS)}."
            raise EvaluationError(message)
