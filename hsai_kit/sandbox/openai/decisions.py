"""POST /v1/decisions: typed questions over one input, each answered with probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hsai_kit.sandbox import assistant
from hsai_kit.sandbox.openai.bodies import DECISION, check_fields
from hsai_kit.sandbox.openai.catalog import CONTEXT_TOKENS, DECISIONS_VOICE, MODELS
from hsai_kit.sandbox.openai.checks import invalid_value, too_long, wrong_type
from hsai_kit.sandbox.openai.messages import MESSAGE_TOKENS, read_input, read_text
from hsai_kit.sandbox.openai.tokens import count_tokens
from hsai_kit.sandbox.openai.wire import OpenAIAnswer, OpenAIError, answer_json

if TYPE_CHECKING:
    from hsai_kit.sandbox.openai.gate import OpenAICall
    from hsai_kit.sandbox.openai.tokens import PromptCache

MAX_QUESTIONS = 400
MAX_CHOICES = 255
MAX_LEVELS = 10


class Decisions:
    """Answers decisions; they are not stored."""

    def __init__(self, cache: PromptCache) -> None:
        self._cache = cache

    def create(self, call: OpenAICall) -> OpenAIAnswer:
        """Answer POST /v1/decisions."""
        body = call.json()
        model = call.key.model(body.get("model"))
        if not model.takes_decisions:
            able = " and ".join(repr(one.id) for one in MODELS.values() if one.takes_decisions)
            message = f"The model '{model.id}' does not answer decisions. Only {able} do."
            raise OpenAIError(400, message, code="model_not_supported", param="model")
        check_fields(body, DECISION)
        questions = _questions(body)
        if body.get("input") is None:
            raise OpenAIError(
                400, "The parameter 'input' is missing.", code="missing_required_parameter", param="input"
            )
        instructions, text, overhead = read_input(body["input"], "")
        asked = [_DecisionQuestion(question, index) for index, question in enumerate(questions)]
        beginning = count_tokens(instructions) + count_tokens(text) + overhead
        tokens = beginning + sum(question.tokens for question in asked)
        if tokens > CONTEXT_TOKENS:
            raise too_long(tokens)
        answers = [question.answer(instructions, text) for question in asked]
        cache_key = body.get("prompt_cache_key") or ""
        cached, stored = self._cache.read(model.id, f"decisions {cache_key}", f"{instructions}\n{text}", beginning)
        usage = {
            "input_tokens": tokens,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": stored},
            "output_tokens": len(answers),
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens + len(answers),
        }
        result = answer_json({"answers": answers, "model": model.id, "usage": usage})
        result.tokens = tokens
        return result


class _DecisionQuestion:
    """One question that is in order."""

    def __init__(self, question: Any, index: int) -> None:
        self._param = f"questions[{index}]"
        if not isinstance(question, dict):
            raise wrong_type(self._param, "an object", question)
        self.kind = question.get("type")
        if self.kind not in ("predicate", "choice", "score"):
            raise invalid_value(f"{self._param}.type", self.kind, ("predicate", "choice", "score"))
        self.name = question.get("name")
        if question.get("instructions") is None:
            raise self._error("The parameter '{}' is missing.", "instructions", "missing_required_parameter")
        self.instructions = read_text({"content": question["instructions"]}, f"{self._param}.instructions")
        self.choices: list[tuple[str | bool, str]] = []
        self.levels: list[tuple[str, str]] = []
        if self.kind == "choice":
            self.choices = self._options(question, "choices", "value", MAX_CHOICES)
        elif self.kind == "score":
            self.levels = self._options(question, "levels", "label", MAX_LEVELS)
        words = [f"{value} {description}" for value, description in (*self.choices, *self.levels)]
        self.tokens = MESSAGE_TOKENS + count_tokens(self.instructions) + sum(count_tokens(word) for word in words)

    def answer(self, instructions: str, text: str) -> dict[str, Any]:
        """Answer it about a record, or refuse: each question of a request by itself."""
        options = [str(value) for value, _ in (*self.choices, *self.levels)]
        if assistant.must_refuse(text) or assistant.must_not_guess(str(self.name or ""), text, options):
            return {"type": "refusal", "name": self.name}
        asked = f"{instructions}\n{self.instructions}" if instructions else self.instructions
        if self.kind == "predicate":
            probability = assistant.estimate_probability(DECISIONS_VOICE, asked, text)
            return {"type": "predicate", "name": self.name, "probability": round(probability, 6)}
        return self._choice(asked, text) if self.kind == "choice" else self._score(asked, text)

    def _choice(self, asked: str, text: str) -> dict[str, Any]:
        names = _names([value for value, _ in self.choices])
        described = {name: about for name, (_, about) in zip(names, self.choices, strict=True) if about}
        reply = assistant.answer_choice(DECISIONS_VOICE, asked, text, names, described)
        known = dict(reply.alternatives) | {reply.text: reply.confidence or 0.0}
        left = max(0.0, 1 - sum(known.values())) / max(1, len(names) - len(known))
        shares = _normalize([known.get(name, left) for name in names])
        best = names.index(reply.text)
        largest = shares.index(max(shares))
        shares[best], shares[largest] = shares[largest], shares[best]
        values = [value for value, _ in self.choices]
        return {
            "type": "choice",
            "name": self.name,
            "choice": values[best],
            "confidence": _peakedness(shares),
            "probabilities": [
                {"value": value, "probability": share} for value, share in zip(values, shares, strict=True)
            ],
        }

    def _score(self, asked: str, text: str) -> dict[str, Any]:
        labels = [f"{label} {about}".strip() for label, about in self.levels]
        shares = _normalize(list(assistant.estimate_levels(DECISIONS_VOICE, asked, text, labels)))
        return {
            "type": "score",
            "name": self.name,
            "score": round(sum(index * share for index, share in enumerate(shares)), 6),
            "confidence": _peakedness(shares),
            "probabilities": [
                {"label": label, "value": index, "probability": share}
                for index, ((label, _), share) in enumerate(zip(self.levels, shares, strict=True))
            ],
        }

    def _options(self, question: dict[str, Any], part: str, field: str, most: int) -> list[tuple[Any, str]]:
        options = question.get(part)
        if not isinstance(options, list) or not 2 <= len(options) <= most:
            raise self._error(f"'{{}}' must be a list of 2 to {most}.", part, "invalid_value")
        found: list[tuple[Any, str]] = []
        for index, option in enumerate(options):
            value = option.get(field) if isinstance(option, dict) else None
            fits = isinstance(value, str) or (isinstance(value, bool) and field == "value")
            if not fits:
                raise wrong_type(f"{self._param}.{part}[{index}].{field}", "a string", value)
            found.append((value, str(option.get("description") or "")))
        if len({(type(value), value) for value, _ in found}) < len(found):
            raise self._error("'{}' must not name one twice.", part, "invalid_value")
        return found

    def _error(self, message: str, part: str, code: str) -> OpenAIError:
        param = f"{self._param}.{part}"
        return OpenAIError(400, message.format(param), code=code, param=param)


def _questions(body: dict[str, Any]) -> list[Any]:
    questions = body.get("questions")
    if questions is None:
        message = "The parameter 'questions' is missing."
        raise OpenAIError(400, message, code="missing_required_parameter", param="questions")
    if not isinstance(questions, list) or not 1 <= len(questions) <= MAX_QUESTIONS:
        count = len(questions) if isinstance(questions, list) else "something else"
        message = f"'questions' must be a list of 1 to {MAX_QUESTIONS} questions, not {count}."
        raise OpenAIError(400, message, code="invalid_value", param="questions")
    return questions


def _names(values: list[str | bool]) -> list[str]:
    """Name the choices by their text; a string of a boolean's text is another choice."""
    booleans = {str(value).lower() for value in values if isinstance(value, bool)}
    return [
        str(value).lower() if isinstance(value, bool) else f"the text {value}" if value in booleans else value
        for value in values
    ]


def _normalize(shares: list[float]) -> list[float]:
    """Scale and round to six digits so that the sum is 1."""
    total = sum(shares) or 1.0
    rounded = [round(share / total, 6) for share in shares]
    best = rounded.index(max(rounded))
    rounded[best] = round(rounded[best] + 1 - sum(rounded), 6)
    return rounded


def _peakedness(shares: list[float]) -> float:
    """How far the distribution is from an even one: 0 where all are alike, 1 where one takes all."""
    count = len(shares)
    return round(max(0.0, (count * max(shares) - 1) / (count - 1)), 6)
