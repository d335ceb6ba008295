"""One thing at a time, decided by a key: what is shown travels as a message and is in no trait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import anywidget

from hsai_kit.errors import HsaiError
from hsai_kit.widgets.assets import joined

__all__ = ["Card", "CardText", "CardView", "Deck"]


@dataclass(frozen=True)
class CardText:
    """A text on a card; the source stands apart from what is judged."""

    title: str
    text: str
    is_source: bool = False


@dataclass(frozen=True)
class Card:
    """What is to be decided; `options` are (key, what it says, value), an entry is typed, with suggestions."""

    item: str
    question: str
    texts: Sequence[CardText]
    options: Sequence[tuple[str, str, str]]
    is_entry: bool = False
    suggestions: Sequence[str] = ()
    takes_note: bool = False


class Deck(Protocol):
    """Where cards come from and decisions go to."""

    def card(self) -> Card | None:
        """Return what is to be decided next, None where nothing is left."""

    def count(self) -> tuple[int, int]:
        """Return how many are decided, and of how many."""

    def give(self, item: str, value: str, seconds: float | None, note: str) -> str:
        """Keep a decision and say so in a few words; raises HsaiError where it cannot be."""

    def back(self) -> str:
        """Take the last decision back and say so."""

    @property
    def can_go_back(self) -> bool:
        """True where there is a decision to take back."""


class CardView(anywidget.AnyWidget):
    """Shows a deck card by card; `on_change` is called after each decision."""

    _esm = joined("card.js")
    _css = joined("card.css")

    def __init__(self, deck: Deck | None = None, on_change: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.deck = deck
        self._on_change = on_change
        self.on_msg(self._received)

    def show(self, deck: Deck) -> None:
        """Show another deck."""
        self.deck = deck
        self._draw()

    def _received(self, _: CardView, content: dict[str, Any], __: list[Any]) -> None:
        if self.deck is None:
            return
        said, problem = "", ""
        try:
            if "give" in content:
                seconds = content.get("seconds")
                spent = float(seconds) if isinstance(seconds, int | float) else None
                item, note = str(content.get("item")), str(content.get("note") or "")
                said = self.deck.give(item, str(content["give"]), spent, note)
            elif "back" in content:
                said = self.deck.back()
        except HsaiError as found:
            problem = str(found)
        self._draw(said, problem)
        if "give" in content or "back" in content:
            self._on_change()

    def _draw(self, said: str = "", problem: str = "") -> None:
        if self.deck is None:
            return
        card = self.deck.card()
        done, total = self.deck.count()
        self.send(
            {
                "card": None if card is None else asdict(card),
                "done": done,
                "total": total,
                "said": said if card is not None else f"All {total:,} are done. Thank you.",
                "problem": problem,
                "can_go_back": self.deck.can_go_back,
            }
        )
