"""What every way of asking a model has in common, so that one run works with each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, get_args

from hsai_kit.assistant.assistant import Assistant, EngineName
from hsai_kit.llm.client import LLMClient
from hsai_kit.llm.prices import Usage
from hsai_kit.llm.question_hash import QuestionHash
from hsai_kit.store import Answer
from hsai_kit.workspace import OwnPrice

ENGINES: tuple[str, ...] = get_args(EngineName)


class Engine(Protocol):
    """One assistant asked of one model in one way; a question is known by the hash of everything that is sent."""

    @property
    def assistant(self) -> Assistant:
        """The assistant that is asked."""

    @property
    def model(self) -> str:
        """The model that is asked."""

    @property
    def own(self) -> OwnPrice | None:
        """What hsai.toml says that the model costs, if it does."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What is sent that a model may refuse, each with its value ("" where it has none)."""

    @property
    def without(self) -> Mapping[str, str]:
        """Which of the settings the model was found to refuse and the engine does without, each with the reason."""

    @property
    def question_hash(self) -> QuestionHash:
        """What the hashes of its questions are made of."""

    def likely(self, text: str) -> Usage:
        """Return about what a question and its answer take, from characters."""

    def most(self, text: str) -> Usage:
        """Return the most that a question and its answer can take."""

    def usd(self, usage: Usage) -> float | None:
        """Return the price of `usage` in USD, None where it is not known."""

    async def ask(self, client: LLMClient, question: str, text: str) -> Answer:
        """Ask `text`, the question of that hash, and return the answer; raises what the wire raises."""
