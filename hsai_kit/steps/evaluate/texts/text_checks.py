"""Checks of written texts that need no model: what was made up, left out, not filled in, too long, hard to read."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from hsai_kit.run import Run
from hsai_kit.stats import wilson
from hsai_kit.steps.evaluate.repro_code import write_call, write_texts
from hsai_kit.steps.evaluate.texts.source_texts import name_texts, refuse_missing, texts_of
from hsai_kit.tabular.cell_text import as_text
from hsai_kit.text_facts.hallucinations import FACTS, Fact, find_unfounded, says
from hsai_kit.text_facts.readability import find_placeholders, language_of, reading_ease, sentences_of, word_count

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
        failed = ", ".join(f"{count:,} {check}" for check, count in self._failed.items() if count)
        found = f"{self.clean:,} of {len(self.frame):,} texts without a finding"
        return f"TextChecks({self.name}: {found}{failed and f'; {failed}'})"

    def _repr_html_(self) -> str:
        return str(self.findings[["findings", "text", "source"]]._repr_html_())

    @property
    def clean(self) -> int:
        """How many texts have no finding."""
        return int((self.frame["findings"].map(len) == 0).sum())

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
        shares = {check: count / max(1, n) for check, count in self._failed.items()}
        rows = [(check, self._failed[check], share, *wilson(share, n)) for check, share in shares.items()]
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
    refuse_missing(texts, columns, f" Kinds of facts are: {', '.join(_KINDS)}.")
    options: dict[str, Any] = {
        "known": tuple(known),
        "min_words": min_words,
        "max_words": max_words,
        "max_sentences": max_sentences,
        "language": language,
        "min_reading_ease": min_reading_ease,
    }
    rules = _Rules(tuple(_KINDS[one] for one in wanted if one in _KINDS), tuple(columns), **options)
    values = {one: as_text(texts[one]) for one in columns} if isinstance(texts, pd.DataFrame) else {}
    # Texts that rows share are checked once.
    check = functools.lru_cache(maxsize=None)(functools.partial(_check_text, rules))
    found = [
        check(text, source, tuple((one, str(values[one].iloc[row])) for one in columns))
        for row, (text, source) in enumerate(zip(frame["text"].fillna(""), frame["source"].fillna(""), strict=True))
    ]
    findings = [[f"{name}: {detail}" if detail else name for name, detail in one] for one in found]
    failed = {name: sum(any(name == one for one, _ in each) for each in found) for name in CHECKS}
    repeat = write_call(check_texts, write_texts(texts), text=text, source=source, required=tuple(wanted), **options)
    return TextChecks(_measure(frame).assign(findings=findings), name_texts(texts), repeat, failed)


def _measure(frame: pd.DataFrame) -> pd.DataFrame:
    """Return texts with how long, in which language and how easy to read they are."""
    texts = frame["text"].fillna("").tolist()
    languages = [language_of(one) for one in texts]
    ease = [reading_ease(one, code or "en") for one, code in zip(texts, languages, strict=True)]
    return frame.assign(
        words=pd.array([word_count(one) for one in texts], dtype="Int64"),
        sentences=pd.array([len(sentences_of(one)) for one in texts], dtype="Int64"),
        reading_ease=pd.array(ease, dtype="Float64"),
        language=pd.array(languages, dtype="string"),
    )


def _check_text(
    rules: _Rules, text: str, source: str, columns: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    if not text.strip():
        return (("blank", ""),)
    return (
        *_find_invented(rules, text, source),
        *_find_missing(rules, text, source, columns),
        *_check_form(rules, text, source),
    )


def _find_invented(rules: _Rules, text: str, source: str) -> Iterator[tuple[str, str]]:
    for fact, words in find_unfounded(text, source, rules.known)[:_SHOWN]:
        yield "not in the record", f"{fact} {words}"
    kept = set(find_placeholders(source))
    yield from (("placeholder", one) for one in find_placeholders(text) if one not in kept)


def _find_missing(
    rules: _Rules, text: str, source: str, columns: tuple[tuple[str, str], ...]
) -> Iterator[tuple[str, str]]:
    for fact in rules.facts:
        missing = [words for words, is_there in says(text, fact, source) if not is_there]
        yield from (("left out", f"{fact} {words}") for words in missing[:_SHOWN])
    for column, value in columns:
        if value and value.casefold() not in text.casefold() and not _says_value(text, value):
            yield "left out", f"{column} {value}"


def _says_value(text: str, value: str) -> bool:
    """Tell whether a text says a property's value in another spelling: 48000.0 as 48k, 2026-05-03 as May 3."""
    facts = [is_there for fact in FACTS for _, is_there in says(text, fact, value)]
    return bool(facts) and all(facts)


def _check_form(rules: _Rules, text: str, source: str) -> Iterator[tuple[str, str]]:
    words, sentences = word_count(text), len(sentences_of(text))
    if rules.max_words is not None and words > rules.max_words:
        yield "too long", f"{words:,} words, at most {rules.max_words:,}"
    if rules.max_sentences is not None and sentences > rules.max_sentences:
        yield "too long", f"{sentences:,} sentences, at most {rules.max_sentences:,}"
    if words < rules.min_words:
        yield "too short", f"{words:,} words, at least {rules.min_words:,}"
    language = language_of(text)
    wanted = language_of(source) if rules.language == "source" else rules.language
    if language and wanted and language != wanted:
        yield "language", f"{language} instead of {wanted}"
    ease = reading_ease(text, language or "en")
    if rules.min_reading_ease is not None and ease is not None and ease < rules.min_reading_ease:
        yield "hard to read", f"reading ease {ease:.0f}, at least {rules.min_reading_ease:.0f}"
