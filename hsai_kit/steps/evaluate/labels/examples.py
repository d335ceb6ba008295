"""Examples for an assistant from labeled rows, kept apart from the rows that it is then measured on."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from random import Random

import pandas as pd

from hsai_kit.assistant.assistant import Assistant, Example
from hsai_kit.assistant.output_schema import Choice, Value
from hsai_kit.assistant.prompt import Prompt
from hsai_kit.errors import AssistantError, EvaluationError
from hsai_kit.steps.evaluate.candidates import Candidate
from hsai_kit.steps.evaluate.labels.labels import Labels
from hsai_kit.tabular.provenance import read_record_ids

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def with_examples(
    assistant: Assistant, frame: pd.DataFrame, labels: Labels, n: int = 8, *, seed: int = 7
) -> tuple[Assistant, Labels]:
    """Return the assistant with `n` more examples, and the labels that are left to measure it on.

    Examples are whole distinct questions, as many different right answers among them as there are, drawn by `seed`;
    every row that asks one of them, in whatever case, loses its label. Rows with the same question but different
    labels are no examples.
    Raises EvaluationError where fewer than `n` questions are labeled, or none would be left.

    >>> from hsai_kit import connect, pull, labels_from, ask, review, with_examples
    >>> with connect(sandbox=True) as hub:
    ...     contacts = pull(hub, "contacts", ["state", "country"], where="state is known", limit=60)
    ...     checked = review(ask(hub, contacts, "state-abbreviations"))
    ...     approved = checked.approve()
    ...     taught, rest = with_examples(checked.run.assistant, contacts, labels_from(checked.run), n=4)
    60 records → ...
    >>> len(taught.examples)
    4
    """
    if not assistant.prompt:
        message = f"The assistant {assistant.name!r} has no prompt, so its examples would have no text. Give it one."
        raise AssistantError(message)
    right = {one.record_id: one.value for one in labels.items}
    ids = read_record_ids(frame)
    labeled = [place for place, one in enumerate(ids) if one in right]
    asking: dict[str, list[str]] = defaultdict(list)
    for place, text in zip(labeled, Prompt(assistant.prompt).render(frame.iloc[labeled]), strict=True):
        if not pd.isna(text):
            asking[str(text)].append(ids[place])
    agreed = {text: right[ids[0]] for text, ids in asking.items() if len({right[one] for one in ids}) == 1}
    chosen = _spread(agreed, n, seed)
    if len(chosen) < n or len(chosen) >= len(asking):
        message = (
            f"{len(asking):,} distinct questions are labeled, too few for {n} examples and rows to measure on. "
            "Label more, or take fewer examples."
        )
        raise EvaluationError(message)
    added = [Example(question=text, answer=_write_answer(assistant, labels.field, agreed[text])) for text in chosen]
    taught = assistant.model_copy(update={"examples": (*assistant.examples, *added)})
    shown = {key for text in chosen for key in _keys(text)}
    return taught, labels.without(one for text, ids in asking.items() if shown & _keys(text) for one in ids)


def refuse_leaks(contenders: Sequence[Candidate], ids: Sequence[str], rows: pd.DataFrame) -> None:
    """Raise EvaluationError where rows to be measured on are examples of an assistant."""
    for one in contenders:
        shown = {key for example in one.assistant.examples for key in _keys(example.question)}
        if not shown or not one.assistant.prompt:
            continue
        texts = Prompt(one.assistant.prompt).render(rows)
        leaks = [record for record, text in zip(ids, texts, strict=True) if not pd.isna(text) and shown & _keys(text)]
        if leaks:
            named = ", ".join(leaks[:5]) + (" …" if len(leaks) > 5 else "")
            message = (
                f"{len(leaks):,} of these records ask what {one.name!r} was shown as an example ({named}), so it would "
                "be measured on what it was told. Leave them out; with_examples() keeps examples and rows apart."
            )
            raise EvaluationError(message)


def _spread(agreed: dict[str, Value], n: int, seed: int) -> list[str]:
    """Draw questions, one for each right answer in turn, so that rare answers are shown as well."""
    by_answer: dict[Value, list[str]] = defaultdict(list)
    for text, value in agreed.items():
        by_answer[value].append(text)
    generator = Random(seed)  # noqa: S311 -- repeatable is the point
    piles = list(by_answer.values())
    generator.shuffle(piles)
    for pile in piles:
        generator.shuffle(pile)
    turns = [
        text for turn in range(max(map(len, piles), default=0)) for pile in piles for text in pile[turn : turn + 1]
    ]
    return turns[:n]


def _write_answer(assistant: Assistant, field: str, value: Value) -> str:
    """Return an answer as the model is to write it."""
    kind = assistant.output.fields.get(field)
    if kind is None or assistant.output.has_fields:
        message = (
            f"An example needs the whole answer, and these labels are right answers for {field!r} alone. "
            "Write examples for several fields into the assistant's file."
        )
        raise EvaluationError(message)
    written = kind.none_option if value is None and isinstance(kind, Choice) else value
    if assistant.output.is_plain_text or assistant.engine == "decisions":
        return "" if written is None else str(written)
    return json.dumps({field: written}, ensure_ascii=False)


def _keys(text: str) -> set[str]:
    """Return what makes a question the same one: its text, and its values whatever stands around them."""
    plain = " ".join(text.casefold().split())
    values = sorted(_QUOTED.findall(plain))
    return {plain, "\n".join(values)} if values else {plain}
