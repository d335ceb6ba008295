"""One question to the Responses API: what is sent, and what came back as an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hsai_kit.errors import AssistantError, ModelError, SettingNotSupported, UnknownModel
from hsai_kit.llm.client import Attempts, LLMClient
from hsai_kit.llm.engine import DATA_RULE, Engine
from hsai_kit.llm.error_mapping import NO_SUCH_API
from hsai_kit.llm.prices import Usage, price
from hsai_kit.llm.question_hash import QuestionHash, hash_request
from hsai_kit.llm.response_fields import read_number, read_object, read_objects, read_text
from hsai_kit.runtime.server_text import clean_reason
from hsai_kit.store import Answer, AnswerStatus

OPTIONAL = {"json_schema", "logprobs", "store"}
"""The settings that are sent of the kit's own accord, and left out where they are refused."""
_SETTINGS = OPTIONAL | {"reasoning.effort", "temperature"}

# Where the text goes in a request that is encoded once; no assistant can contain it by accident.
_PLACE = "\ue000the text\ue001"
# What an answer is likely to take, for pacing by tokens; what was too much is given back.
_CLOSED_TOKENS, _OPEN_TOKENS = 20, 200
_LEAST_LOGPROB = -1e6
_CUT_BY_LIMIT = "(max_output_tokens)"
# What the largest models write at most.
_MOST_ROOM = 100_000


@dataclass(eq=False)
class ResponsesEngine(Engine):
    """Questions to the Responses API: one request each, with an answer of any shape.

    What is sent of the kit's own accord is left out where the model or the server refuses it, and the question asked
    again: `logprobs` (the confidence is unknown then, never invented), `json_schema` (JSON is asked for in the
    instructions instead) and `store`. `without` holds these with the reasons; what the assistant sets is never
    dropped, its refusal is raised.
    """

    def __post_init__(self) -> None:
        self._frame = _split(self.request(_PLACE))

    @property
    def settings(self) -> dict[str, str]:
        """What is sent that a model may refuse, each with its value ("" where it has none)."""
        assistant = self.assistant
        sent = {"store": ""}
        if assistant.temperature is not None:
            sent["temperature"] = f"{assistant.temperature:g}"
        if assistant.reasoning_effort is not None:
            sent["reasoning.effort"] = assistant.reasoning_effort
        if assistant.output.is_closed:
            sent["logprobs"] = ""
        if not assistant.output.is_plain_text:
            sent["json_schema"] = ""
        return sent

    async def ask(self, client: LLMClient, question: str, text: str, attempts: Attempts | None = None) -> Answer:
        """Ask `text`, the question of that hash, and return its answer, however it ended; raises what the wire does."""
        likely = self.likely(text)
        reserved = (likely.input_tokens or 0) + (likely.output_tokens or 0)
        while True:
            already = set(self.without)
            try:
                answered = await client.post("/responses", self.body(text), tokens=reserved, attempts=attempts)
            except SettingNotSupported as problem:
                if problem.setting in _SETTINGS - self.settings.keys() | already:
                    # What was not sent cannot be what is refused: the error is about this record's text.
                    raise ModelError(str(problem), status=problem.status, request_id=problem.request_id) from None
                if problem.setting not in OPTIONAL:
                    raise
                self.leave_out(problem.setting, str(problem))
            except ModelError as problem:
                if problem.status not in NO_SUCH_API or isinstance(problem, UnknownModel):
                    raise
                raise AssistantError(_no_such_api(client.base_url, problem)) from None
            else:
                answer = self.read(question, text, answered)
                client.settle(reserved, (answer.input_tokens or 0) + (answer.output_tokens or 0))
                return answer

    def leave_out(self, setting: str, reason: str) -> None:
        """Do without one of the settings that are sent of the kit's own accord."""
        self.without[setting] = reason
        self._frame = _split(self.request(_PLACE))

    @property
    def question_hash(self) -> QuestionHash:
        """What the hashes of its questions are made of.

        A setting that is left out does not change it: whether a server takes one shows only when it is asked.
        """
        return hash_request(self._fixed(), self._examples())

    @property
    def output_tokens(self) -> tuple[int, int]:
        """What an answer is likely to take, and the most that it can."""
        most = self.assistant.max_output_tokens
        likely = min(_CLOSED_TOKENS if self.assistant.output.is_closed else _OPEN_TOKENS, most)
        # Room is made for twice the longest thinking; most is shorter.
        return likely + self.room // 4, most + self.room

    def make_room(self, answer: Answer) -> bool:
        """Make room for thinking: twice the longest, and four times one that left no place for the answer."""
        thought, limit = answer.reasoning_tokens or 0, self.assistant.max_output_tokens
        is_short = (
            answer.status is AnswerStatus.CUT_OFF
            and _CUT_BY_LIMIT in answer.reason
            and thought > 0
            and (answer.output_tokens or 0) - thought < limit
        )
        needed = min(_MOST_ROOM, (4 if is_short else 2) * thought)
        if needed > self.room:
            self.room = needed
            self._frame = _split(self.request(_PLACE))
        return is_short

    def usd(self, usage: Usage) -> float | None:
        """Return the price of `usage` in USD, None where it is not known."""
        return price(self.model, usage, self.own)

    def _read_content(self, content: Mapping[str, Any]) -> dict[str, Any]:
        messages = (item for item in read_objects(content.get("output")) if item.get("type") == "message")
        parts = [part for message in messages for part in read_objects(message.get("content"))]
        status, output, reason = _read_outcome(content, parts)
        if status is AnswerStatus.ANSWERED and "json_schema" in self.without:
            output = _json_within(output or "")
        has_confidence = status is AnswerStatus.ANSWERED and self.assistant.output.is_closed
        confidence = _read_confidence(parts) if has_confidence else None
        return {"status": status, "output": output, "reason": reason, "confidence": confidence}

    def request(self, text: str) -> dict[str, Any]:
        """Return the request's body; record text stands apart from the instructions, and nothing is stored there."""
        body: dict[str, Any] = {**self._fixed(), "input": [*self._examples(), _message("user", text)]}
        # Of no account for the question's hash: the limit is what the model may write.
        body["max_output_tokens"] += self.room
        if self.assistant.output.is_closed and "logprobs" not in self.without:
            # Confidence comes with the answer where the model gives it; it does not change what is answered.
            body |= {"include": ["message.output_text.logprobs"], "top_logprobs": 0}
        if "store" in self.without:
            del body["store"]
        if "json_schema" in self.without and "text" in body:
            schema = json.dumps(body.pop("text")["format"]["schema"], ensure_ascii=False)
            body["instructions"] += f"\n\nAnswer with one JSON object and nothing else. Its JSON schema:\n{schema}"
        return body

    def _fixed(self) -> dict[str, Any]:
        assistant = self.assistant
        body: dict[str, Any] = {
            "model": self.model,
            "instructions": f"{assistant.instructions}\n\n{DATA_RULE}",
            # OpenAI keeps what it is sent for 30 days or more unless told not to.
            "store": False,
            "max_output_tokens": assistant.max_output_tokens,
        }
        if assistant.temperature is not None:
            body["temperature"] = assistant.temperature
        if assistant.reasoning_effort is not None:
            body["reasoning"] = {"effort": assistant.reasoning_effort}
        if not assistant.output.is_plain_text:
            schema = assistant.output.json_schema()
            body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}
        return body

    def _examples(self) -> list[dict[str, Any]]:
        return [
            _message(role, text)
            for example in self.assistant.examples
            for role, text in (("user", example.question), ("assistant", example.answer))
        ]


def _no_such_api(base_url: str, problem: ModelError) -> str:
    return (
        f"{base_url} has no Responses API ({problem.status}), which every question is sent to. Check OPENAI_BASE_URL "
        "(it mostly ends in /v1); newer versions of vLLM, llama.cpp and Ollama have that API."
    )


def _read_outcome(content: Mapping[str, Any], parts: list[dict[str, Any]]) -> tuple[AnswerStatus, str | None, str]:
    text = "".join(read_text(part.get("text")) for part in parts if part.get("type") == "output_text")
    if content.get("status") == "failed":
        why = clean_reason(read_object(content.get("error")).get("message")) or "the model gave no reason"
        return AnswerStatus.FAILED, None, f"The model failed on this question: {why}"
    if content.get("status") == "incomplete":
        why = clean_reason(read_object(content.get("incomplete_details")).get("reason")) or "unknown"
        way = "Raise max_output_tokens in the assistant" if why == "max_output_tokens" else "Change the prompt"
        # The text so far is kept for a person to look at; it is never taken for an answer.
        return AnswerStatus.CUT_OFF, text or None, f"The answer was cut off ({why}). {way} and ask again."
    refusals = [read_text(part.get("refusal")) for part in parts if part.get("type") == "refusal"]
    if refusals:
        return AnswerStatus.REFUSED, refusals[0], "The model refused to answer."
    return AnswerStatus.ANSWERED, text, ""


def _json_within(text: str) -> str:
    """Return the JSON object of a text; a model that is only asked for JSON puts fences and words around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _read_confidence(parts: list[dict[str, Any]]) -> float | None:
    """Return the probability that the model gave to the whole of its answer, from its tokens' log probabilities."""
    tokens = [token for part in parts for token in read_objects(part.get("logprobs"))]
    logprobs = [read_number(token.get("logprob"), _LEAST_LOGPROB, 0.001) for token in tokens]
    return min(1.0, math.exp(sum(logprobs))) if logprobs else None


def _split(request: dict[str, Any]) -> tuple[bytes, bytes]:
    before, after = json.dumps(request).split(json.dumps(_PLACE))
    return before.encode(), after.encode()


def _message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
