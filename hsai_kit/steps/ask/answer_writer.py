"""Keeping answers as they arrive, those of one moment in one commit."""

from __future__ import annotations

import asyncio

from hsai_kit.store import Answer
from hsai_kit.store.answers import AnswerTable

__all__ = ["AnswerWriter"]


class AnswerWriter:
    """Commits the answers that came in the same turn of the loop together: a commit takes as long as a request.

    What is not committed yet counts as in flight, since whoever brings an answer waits for its commit.
    """

    def __init__(self, store: AnswerTable, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._answers: list[Answer] = []
        self._committed: asyncio.Future[None] | None = None

    async def keep(self, answer: Answer) -> None:
        """Return when `answer` is in the store; raises WorkspaceError where it cannot be written."""
        if self._committed is None:
            loop = asyncio.get_running_loop()
            self._committed = loop.create_future()
            loop.call_soon(self._commit, self._committed)
        self._answers.append(answer)
        await asyncio.shield(self._committed)

    def _commit(self, committed: asyncio.Future[None]) -> None:
        answers, self._answers, self._committed = self._answers, [], None
        try:
            self._store.add(self._run_id, answers)
        except Exception as problem:  # noqa: BLE001 -- raised where the answers are waited for
            committed.set_exception(problem)
        else:
            committed.set_result(None)
