"""What a card view goes through: texts that are rated blind, and questions that want a right answer."""

from __future__ import annotations

from hsai_kit.assistant.output_schema import Choice, YesNo
from hsai_kit.steps.evaluate import LabelSession
from hsai_kit.steps.evaluate.texts.rating_session import RatingSession
from hsai_kit.widgets.card import Card, CardText

__all__ = ["OpenQuestions", "RatedTexts"]

_NONE = "\u2205"


class RatedTexts:
    """A rating session as one rater sees it."""

    def __init__(self, session: RatingSession, rater: str) -> None:
        self._session = session
        self._rater = rater

    def card(self) -> Card | None:
        """Return what is next."""
        shown = self._session.next(self._rater)
        if shown is None:
            return None
        titles = ["First", "Second"] if len(shown.texts) > 1 else ["Text"]
        texts = [CardText(title, said) for title, said in zip(titles, shown.texts, strict=True)]
        source = CardText("Record", shown.source, is_source=True)
        return Card(str(shown.item), shown.question, [source, *texts], shown.options, takes_note=True)

    def count(self) -> tuple[int, int]:
        """Return how many are done, and of how many."""
        total = len(self._session.items)
        shown = self._session.next(self._rater)
        return total - (shown.left if shown else 0), total

    def give(self, item: str, value: str, seconds: float | None, note: str) -> str:
        """Keep what was said."""
        self._session.give(int(item), value, rater=self._rater, seconds=seconds, note=note)
        return "Kept."

    def back(self) -> str:
        """Take back what was said last."""
        given = [one for one in self._session.ratings if one.rater == self._rater]
        if not given:
            return "There is nothing to take back."
        self._session.take_back(given[-1].item, self._rater)
        return "Taken back."

    @property
    def can_go_back(self) -> bool:
        """Take back what was said last."""
        """True where something was said."""
        return any(one.rater == self._rater for one in self._session.ratings)


class OpenQuestions:
    """Questions without a label, most common first."""

    # So many options have a key each; more are typed.
    _KEYS = "123456789"

    def __init__(self, labelling: LabelSession) -> None:
        self._labelling = labelling
        self._given: list[str] = []

    def card(self) -> Card | None:
        """Return what is next."""
        frame = self._labelling.frame
        left = frame[frame["who"].isna()]
        if left.empty:
            return None
        one = left.iloc[0]
        records = int(one["records"])
        title = "Question" if records == 1 else f"Question, asked by {records:,} records"
        options = self._options()
        return Card(
            str(left.index[0]),
            self._question(),
            [CardText(title, str(one["asked"]), is_source=True)],
            options,
            is_entry=not self._has_keys(),
            suggestions=self._suggestions(),
        )

    def count(self) -> tuple[int, int]:
        """Return how many are done, and of how many."""
        frame = self._labelling.frame
        return int(frame["who"].notna().sum()), len(frame)

    def give(self, item: str, value: str, seconds: float | None, note: str) -> str:  # noqa: ARG002 -- a deck's own
        """Keep what was said."""
        kind = self._labelling.kind
        right = None if value == _NONE else value == "yes" if isinstance(kind, YesNo) else self._typed(value)
        count = self._labelling.give(item, right)
        self._given.append(item)
        return f"Kept for {count:,} {'record' if count == 1 else 'records'}."

    def back(self) -> str:
        """Take back what was said last."""
        if not self._given:
            return "There is nothing to take back."
        self._labelling.take_back(self._given.pop())
        return "Taken back."

    @property
    def can_go_back(self) -> bool:
        """Take back what was said last."""
        """True where something was said."""
        return bool(self._given)

    def _typed(self, value: str) -> str | float:
        if self._labelling.kind.kind != "number":
            return value
        try:
            return float(value.replace(",", "."))
        except ValueError:
            return value

    def _question(self) -> str:
        field = self._labelling.field
        # The only field of an assistant that has no fields of its own is called so.
        return "What is the right answer?" if field == "answer" else f"What is the right answer for {field}?"

    def _has_keys(self) -> bool:
        kind = self._labelling.kind
        return isinstance(kind, YesNo) or (isinstance(kind, Choice) and len(kind.options) <= len(self._KEYS))

    def _options(self) -> list[tuple[str, str, str]]:
        kind = self._labelling.kind
        # Where an answer is typed, 0 is one that somebody may mean.
        none = ("0" if self._has_keys() else "Shift+Enter", "No answer is right", _NONE)
        if isinstance(kind, YesNo):
            return [("y", "Yes", "yes"), ("n", "No", "no"), none]
        if not self._has_keys():
            return [none]
        options = self._suggestions()
        return [*((key, one, one) for key, one in zip(self._KEYS, options, strict=False)), none]

    def _suggestions(self) -> list[str]:
        kind = self._labelling.kind
        return [one for one in kind.options if one != kind.none_option] if isinstance(kind, Choice) else []
