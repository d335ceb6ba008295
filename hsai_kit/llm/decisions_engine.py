"""One question to the Decisions API: closed answers with calibrated probabilities, one request for all fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hsai_kit.assistant.assistant import Assistant
from hsai_kit.assistant.output_schema import Choice, YesNo
from hsai_kit.errors import AssistantError, ModelError, SettingNotSupported, UnknownModel
from hsai_kit.llm.client import Attempts, LLMClient
from hsai_kit.llm.engine import DATA_RULE, Engine
from hsai_kit.llm.error_mapping import NO_SUCH_API
from hsai_kit.llm.prices import Usage, decision_price
from hsai_kit.llm.question_hash import QuestionHash, hash_decisions
from hsai_kit.llm.response_fields import read_number, read_objects, read_text
from hsai_kit.store import Answer, AnswerStatus

# What the API takes in one request, from the docstrings of the `openai` package.
MOST_OPTIONS, MOST_LEVELS, MOST_QUESTIONS = 255, 10, 400

_OTHER_WAY = 'ask with engine="responses"'


@dataclass(eq=False)
class DecisionsEngine(Engine):
    """Questions to the Decisions API, for an output that is a choice, yes_no, or fields made only of those.

    The record's text is the input; the assistant's instructions and examples go with each question. A yes or no is
    asked as a predicate where it has a statement, and else as a choice between true and false, since instructions are
    seldom a statement that can be true. Up to ten ordered options are asked as a score.
    Raises AssistantError for another output and SettingNotSupported for settings that the API does not have.
    """

    def __post_init__(self) -> None:
        problem = _explain_unfit(self.assistant)
        if problem:
            message = f"The Decisions API cannot answer {self.assistant.name!r}: {problem}. Or {_OTHER_WAY}."
            raise AssistantError(message)
        for setting in ("temperature", "reasoning_effort"):
            if getattr(self.assistant, setting) is not None:
                message = f"The Decisions API has no {setting}. Leave it out of the assistant, or {_OTHER_WAY}."
                raise SettingNotSupported(message, setting=setting)
        self._frame = b'{"input": ', b", " + self._encode_fixed()

    async def ask(self, client: LLMClient, question: str, text: str, attempts: Attempts | None = None) -> Answer:
        """Ask `text`, the question of that hash, and return its answer: answered or refused.

        Raises what the wire raises, UnknownModel for a model that does not decide, and AssistantError where the
        account or the server has no such API.
        """
        reserved = self.likely(text).input_tokens or 0
        failure: ModelError | AssistantError
        try:
            answered = await client.post("/decisions", self.body(text), tokens=reserved, attempts=attempts)
        except UnknownModel as problem:
            failure = UnknownModel(
                f"{problem} The Decisions API answers with few models, such as gpt-6-luna; for another, {_OTHER_WAY}.",
                status=problem.status,
                code=problem.code,
                request_id=problem.request_id,
            )
        except ModelError as problem:
            if problem.status not in NO_SUCH_API:
                raise
            failure = AssistantError(
                f"There is no Decisions API for this account at {client.base_url} ({problem.status}); "
                f"{_OTHER_WAY} instead."
            )
        else:
            answer = self.read(question, text, answered)
            client.settle(reserved, answer.input_tokens or 0)
            return answer
        raise failure

    @property
    def question_hash(self) -> QuestionHash:
        """What the hashes of its questions are made of."""
        return hash_decisions(self._encode_fixed())

    @property
    def output_tokens(self) -> tuple[int, int]:
        """A token an answer, none of which is paid for."""
        return len(self.assistant.output.fields), len(self.assistant.output.fields)

    def usd(self, usage: Usage) -> float | None:
        """Return the price of `usage` in USD, None where it is not known."""
        return decision_price(self.model, usage, self.own)

    def _read_content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Read an answer as the JSON that a model held to the schema would have written.

        A refused field is null in it and in the probabilities. The confidence is the probability of what was chosen,
        of several fields the lowest.
        """
        fields = self.assistant.output.fields
        answers = read_objects(content.get("answers"))
        kinds, asked = [one.get("type") for one in answers], [_kind_of(field) for field in fields.values()]
        if len(kinds) != len(fields) or any(a not in (b, "refusal") for a, b in zip(kinds, asked, strict=True)):
            message = "The Decisions API sent an answer that does not fit the questions."
            raise ModelError(message)
        shares = {name: _read_probabilities(one) for name, one in zip(fields, answers, strict=True)}
        values = {
            name: None if shares[name] is None else _read_choice(one, shares[name] or {})
            for name, one in zip(fields, answers, strict=True)
        }
        refused = [name for name, share in shares.items() if share is None]
        is_refused = len(refused) == len(fields)
        reason = f"The model refused to answer{'' if is_refused else ' ' + ', '.join(refused)}."
        kept: object = shares if self.assistant.output.has_fields else next(iter(shares.values()))
        return {
            "status": AnswerStatus.REFUSED if is_refused else AnswerStatus.ANSWERED,
            "output": None if is_refused else json.dumps(values, ensure_ascii=False),
            "confidence": _read_confidence(values, shares),
            "reason": reason if refused else "",
            "probabilities": None if kept is None else json.dumps(kept, ensure_ascii=False),
        }

    def _encode_fixed(self) -> bytes:
        return json.dumps({"model": self.model, "questions": self._questions()}).encode()[1:]

    def _questions(self) -> list[dict[str, Any]]:
        output = self.assistant.output
        shared = [self.assistant.instructions, DATA_RULE]
        if self.assistant.examples:
            shown = (f"{example.question} -> {example.answer}" for example in self.assistant.examples)
            shared.append("Examples:\n" + "\n".join(shown))
        return [
            _question(field, name, [*shared, f"Answer only this: {name}"] if output.has_fields else shared)
            for name, field in output.fields.items()
        ]


def _explain_unfit(assistant: Assistant) -> str:
    """Say why an assistant's output is none that can be decided, or nothing."""
    fields = assistant.output.fields
    open_ones = [name for name, field in fields.items() if not isinstance(field, Choice | YesNo)]
    if open_ones:
        which = f"{', '.join(open_ones)} is neither" if assistant.output.has_fields else "its output is neither"
        return f"{which} a choice nor yes_no. Give such an answer an assistant of its own"
    if len(fields) > MOST_QUESTIONS:
        return f"it has {len(fields)} fields, more than {MOST_QUESTIONS}. Split it"
    for name, kind in fields.items():
        if isinstance(kind, Choice) and len(kind.options) > MOST_OPTIONS:
            which = name if assistant.output.has_fields else "its output"
            return f"{which} has {len(kind.options)} options, more than {MOST_OPTIONS}. Leave some out"
    return ""


def _kind_of(field: object) -> str:
    """Say as which kind of question a field is asked."""
    if isinstance(field, YesNo) and field.statement is not None:
        return "predicate"
    return "score" if isinstance(field, Choice) and field.ordered and len(field.options) <= MOST_LEVELS else "choice"


def _question(field: object, name: str, instructions: list[str]) -> dict[str, Any]:
    kind = _kind_of(field)
    if isinstance(field, YesNo) and field.statement is not None:
        instructions = [*instructions, f"Statement: {field.statement}"]
    question: dict[str, Any] = {"type": kind, "name": name, "instructions": "\n\n".join(instructions)}
    if kind == "choice":
        question["choices"] = _choices(field)
    elif kind == "score":
        # `value` is taken out first: a level has a label and a description, and the API refuses any other field.
        question["levels"] = [{"label": one.pop("value"), **one} for one in _choices(field)]
    return question


def _choices(field: object) -> list[dict[str, Any]]:
    if not isinstance(field, Choice):
        return [{"value": True}, {"value": False}]
    return [
        {"value": option, "description": field.descriptions[option]}
        if option in field.descriptions
        else {"value": option}
        for option in field.options
    ]


def _read_probabilities(answer: Mapping[str, Any]) -> dict[str, float] | None:
    """Return the probability of each option, None for a refusal."""
    kind = answer.get("type")
    if kind == "refusal":
        return None
    if kind == "predicate":
        likely = _read_share(answer.get("probability"))
        return {"true": likely, "false": 1 - likely}
    option = "label" if kind == "score" else "value"
    return {
        _option_text(one.get(option)): _read_share(one.get("probability"))
        for one in read_objects(answer.get("probabilities"))
    }


def _read_share(value: object) -> float:
    # What a sum of floats may miss by.
    return min(1.0, max(0.0, read_number(value, -1e-6, 1 + 1e-6)))


def _read_choice(answer: Mapping[str, Any], shares: Mapping[str, float]) -> object:
    """Return the value that an answer stands for: of a predicate the likelier one, of a score the likeliest level."""
    if answer.get("type") == "predicate":
        return shares["true"] >= 0.5
    if answer.get("type") == "score":
        if not shares:
            message = "The Decisions API sent a score without the probabilities of its levels."
            raise ModelError(message)
        return max(shares, key=shares.__getitem__)
    choice = answer.get("choice")
    return choice if isinstance(choice, bool) else read_text(choice)


def _read_confidence(values: Mapping[str, object], shares: Mapping[str, dict[str, float] | None]) -> float | None:
    answered = [(values[name], share) for name, share in shares.items() if share is not None]
    chosen = [share[text] for value, share in answered if (text := _option_text(value)) in share]
    return min(chosen) if chosen and len(chosen) == len(answered) else None


def _option_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else read_text(value)
