"""OpenAI's double: its routes, and the handles that the sandbox turns."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from hsai_kit.sandbox.openai.agents import BETA, list_agents, retrieve_agent
from hsai_kit.sandbox.openai.batches import Batches
from hsai_kit.sandbox.openai.catalog import MODELS
from hsai_kit.sandbox.openai.chat_completions import ChatCompletions
from hsai_kit.sandbox.openai.decisions import Decisions
from hsai_kit.sandbox.openai.files import Files
from hsai_kit.sandbox.openai.gate import Endpoint, Gate, OpenAICall, send_answer
from hsai_kit.sandbox.openai.keys import Keys, build_key_error
from hsai_kit.sandbox.openai.limits import OpenAILimits, build_quota_error, build_rate_limit_error
from hsai_kit.sandbox.openai.responses import Responses
from hsai_kit.sandbox.openai.tokens import PromptCache
from hsai_kit.sandbox.openai.wire import FORM, Identifiers, OpenAIError, answer_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from hsai_kit.sandbox.database import Database
    from hsai_kit.sandbox.openai.wire import OpenAIAnswer

_GONE = ("/v1/assistants", "/v1/threads", "/v1/prompts")


class OpenAIApi:
    """The model's double over a database; one per sandbox."""

    def __init__(self, database: Database, *, key: str, seed: int) -> None:
        self._keys = Keys(key)
        self._limits = OpenAILimits()
        self._identifiers = Identifiers(seed)
        self._gate = Gate(self._keys, self._limits, self._identifiers)
        self._cache = PromptCache()
        self._responses = Responses(database, self._identifiers, self._cache)
        self._files = Files(database, self._identifiers)
        self._batches = Batches(database, self._identifiers, self._files, self._responses, self._limits)
        self._decisions = Decisions(self._cache)
        self._chat = ChatCompletions(self._identifiers, self._responses)
        self.app = Starlette(
            routes=self._routes(),
            exception_handlers={404: self._not_found, 405: self._not_found},  # type: ignore[dict-item]
        )

    def fault(self, kind: str, retry_after: float) -> Response:
        """Answer with one of the faults that only OpenAI has; `retry_after` in seconds."""
        if kind == "rate_limit":
            error = build_rate_limit_error("requests", retry_after, self._limits.settings.requests_per_minute or 6_000)
        elif kind == "401":
            error = build_key_error()
        else:
            error = build_quota_error(kind)
        answer = answer_json(error.body, error.status)
        headers = self._gate.headers(perf_counter()) + error.headers
        return Response(
            answer.body,
            answer.status,
            {name.decode(): value.decode() for name, value in headers},
            answer.media_type.decode(),
        )

    def set_limits(self, **limits: Any) -> None:
        """Change settings by the names in `OpenAISettings`; ValueError lists what there is."""
        self._limits.set(limits)

    def add_key(self, key: str, models: Sequence[str] | None, state: str, scopes: Sequence[str] | None = None) -> None:
        """Accept another key: live, expired or revoked, for some models and permissions or (None) for all."""
        self._keys.add(key, models, state, scopes)

    def reset(self) -> None:
        """Forget what is not in the database: other keys, changed limits, used-up budgets, caches."""
        self._keys.reset()
        self._limits.reset()
        self._cache.reset()
        self._batches.reset()
        self._responses.reset()
        self._identifiers.reset()

    def _routes(self) -> list[Route]:
        gate, responses, files, batches = self._gate, self._responses, self._files, self._batches
        # [?] The permissions' names are those that a restricted key's refusals were seen to tell.
        model, read, write = "model.request", "api.responses.read", "api.responses.write"
        files_read, files_write = "api.files.read", "api.files.write"
        batch_read, batch_write, agents, models = (
            "api.batch.read",
            "api.batch.write",
            "api.agents.read",
            "api.model.read",
        )
        return [
            self._route("POST", "/v1/responses", Endpoint(gate, responses.create, write, charged=True)),
            self._route("POST", "/v1/chat/completions", Endpoint(gate, self._chat.create, model, charged=True)),
            self._route("POST", "/v1/decisions", Endpoint(gate, self._decisions.create, model, charged=True)),
            self._route("POST", "/v1/responses/input_tokens", Endpoint(gate, responses.count_input, write)),
            self._route("GET", "/v1/responses/{response_id}", Endpoint(gate, responses.retrieve, read)),
            self._route("DELETE", "/v1/responses/{response_id}", Endpoint(gate, responses.delete, write)),
            self._route("GET", "/v1/models", Endpoint(gate, _list_models, models)),
            self._route("GET", "/v1/models/{model_id}", Endpoint(gate, _retrieve_model, models)),
            self._route("GET", "/v1/agents", Endpoint(gate, list_agents, agents, beta=BETA)),
            self._route("GET", "/v1/agents/{agent_id}", Endpoint(gate, retrieve_agent, agents, beta=BETA)),
            self._route("POST", "/v1/files", Endpoint(gate, files.create, files_write, media_type=FORM)),
            self._route("GET", "/v1/files", Endpoint(gate, files.list, files_read)),
            self._route("GET", "/v1/files/{file_id}", Endpoint(gate, files.retrieve, files_read)),
            self._route("DELETE", "/v1/files/{file_id}", Endpoint(gate, files.delete, files_write)),
            self._route("GET", "/v1/files/{file_id}/content", Endpoint(gate, files.read, files_read)),
            self._route("POST", "/v1/batches", Endpoint(gate, batches.create, batch_write)),
            self._route("GET", "/v1/batches", Endpoint(gate, batches.list, batch_read)),
            self._route("GET", "/v1/batches/{batch_id}", Endpoint(gate, batches.retrieve, batch_read)),
            self._route("POST", "/v1/batches/{batch_id}/cancel", Endpoint(gate, batches.cancel, batch_write)),
        ]

    @staticmethod
    def _route(method: str, path: str, endpoint: Endpoint) -> Route:
        return Route(path, endpoint, methods=[method])

    async def _not_found(self, request: Request, exception: HTTPException) -> Response:
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        message = f"Invalid URL ({request.method} {path})."
        if path.startswith(_GONE):
            message = f"{message} This API was shut down; the Responses API takes its place."
        code = None
        if exception.status_code == 405:
            message, code = f"Not allowed to {request.method} on {path}.", "method_not_supported"
        error = OpenAIError(exception.status_code, message, code=code)
        return _AnswerResponse(answer_json(error.body, error.status), self._gate)


class _AnswerResponse(Response):
    """One of our answers where Starlette wants a response of its own."""

    def __init__(self, answer: OpenAIAnswer, gate: Gate) -> None:
        super().__init__(status_code=answer.status)
        self._answer = answer
        self._gate = gate

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send_answer(send, self._answer, self._gate.headers(perf_counter()))


def _list_models(call: OpenAICall) -> OpenAIAnswer:
    shown = [model.to_json() for model in MODELS.values() if call.key.allows(model.id)]
    return answer_json({"object": "list", "data": shown})


def _retrieve_model(call: OpenAICall) -> OpenAIAnswer:
    name = call.path["model_id"]
    is_listed = name in MODELS and call.key.allows(name)
    model = MODELS[name] if is_listed else call.key.model(name)  # which raises the 404
    return answer_json(model.to_json())
