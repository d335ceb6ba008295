"""A server of one's own that speaks like OpenAI: no key, no limits, no prices, and what it does not take is said.

The server here is real HTTP and strict in the manner of vLLM, FastAPI, llama.cpp and Ollama: it knows few fields.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any, Self

import pandas as pd
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hsai_kit import Assistant, ask, assistants, connect, evaluate
from hsai_kit.errors import AssistantError, HsaiError, KeyNotFound, SettingNotSupported, UnknownModel
from hsai_kit.llm.client import is_openai_address
from hsai_kit.llm.error_mapping import find_refused_setting, read_failure
from hsai_kit.llm.http import HttpResponse
from hsai_kit.steps.connect import status

CODES = {"Calif.": "CA", "Texas": "TX", "Ohio": "OH"}
STATES = Assistant(
    name="states",
    instructions="Which state?",
    prompt="{{ state }}",
    model="llama-4-scout",
    output={"kind": "choice", "options": ["CA", "TX", "OH", "UNKNOWN"]},
)


def refusal(dialect: str, name: str) -> JSONResponse:
    extra = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
    return {
        "vllm": JSONResponse(
            {"error": {"message": f"[{extra}]", "type": "Bad Request", "param": None, "code": 400}}, 400
        ),
        "fastapi": JSONResponse({"detail": [extra]}, 422),
        "llama.cpp": JSONResponse(
            {"error": {"code": 400, "message": f"Unsupported param: {name}", "type": "invalid_request_error"}}, 400
        ),
        "ollama": JSONResponse({"error": f'unknown field "{name}"'}, 400),
    }[dialect]


class OwnServer:
    """One model behind `/v1/responses`, and behind `/v1/models` unless `listed` is off."""

    def __init__(self) -> None:
        self.dialect = "vllm"
        self.known = {"model", "input", "instructions", "max_output_tokens"}
        self.key: str | None = None
        self.listed = True
        self.bodies: list[dict[str, Any]] = []
        self.keys: set[str] = set()
        routes = [Route("/v1/responses", self._answer, methods=["POST"]), Route("/v1/models", self._models)]
        config = uvicorn.Config(Starlette(routes=routes), log_level="error", lifespan="off")
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def _models(self, request: Request) -> JSONResponse:
        if not self.listed:
            return JSONResponse({"detail": "Not Found"}, 404)
        if refused := self._locked(request):
            return refused
        return JSONResponse(
            {"object": "list", "data": [{"id": "llama-4-scout", "object": "model", "owned_by": "vllm"}]}
        )

    async def _answer(self, request: Request) -> JSONResponse:
        if refused := self._locked(request):
            return refused
        body = await request.json()
        self.bodies.append(body)
        if body["model"] != "llama-4-scout":
            return JSONResponse({"error": f"model {body['model']!r} not found, try pulling it first"}, 404)
        for name in body:
            if name not in self.known:
                return refusal(self.dialect, name)
        asked = body["input"][-1]["content"][0]["text"]
        if "gibberish" in asked:
            return JSONResponse({"error": f"not supported: {asked}"}, 400)
        code = next((code for words, code in CODES.items() if words in asked), "UNKNOWN")
        text = f"In {asked} it is {code}."
        if "JSON" in body["instructions"]:
            text = f'Sure!\n```json\n{{"answer": "{code}"}}\n```'
        part = {"type": "output_text", "text": text, "annotations": []}
        message = {"type": "message", "role": "assistant", "content": [part]}
        thought = {"type": "reasoning", "content": None, "summary": []}
        usage = {"input_tokens": 20, "output_tokens": 5, "total_tokens": 25}
        return JSONResponse({"object": "response", "status": "completed", "output": [thought, message], "usage": usage})

    def _locked(self, request: Request) -> JSONResponse | None:
        self.keys.add(request.headers["authorization"].removeprefix("Bearer "))
        right = self.key is None or request.headers["authorization"] == f"Bearer {self.key}"
        return None if right else JSONResponse({"error": "Unauthorized"}, 401)


@pytest.fixture
def own(keys, monkeypatch):
    with OwnServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.delenv("OPENAI_API_KEY")
        yield server


@pytest.fixture
def hub(own, tmp_path):
    with connect(workspace=tmp_path / "w") as connected:
        yield connected


def frame_of(*states: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"state": list(states)}, index=pd.Index([str(i + 1) for i in range(len(states))], name="record_id")
    )


@pytest.mark.parametrize("dialect", ["vllm", "fastapi", "llama.cpp", "ollama"])
def test_what_the_server_does_not_take_is_found_out_with_one_question_and_said_once(own, hub, capsys, dialect):
    own.dialect = dialect
    run = ask(hub, frame_of("Calif.", "Texas", "Ohio"), STATES)
    assert run.answers["answer"].tolist() == ["CA", "TX", "OH"]
    assert run.answers["confidence"].isna().all(), "never invented"
    assert [set(body) - own.known == set() for body in own.bodies] == [False, False, False, True, True, True]
    said = capsys.readouterr().out
    assert said.count("takes no JSON schema") == said.count("tells no probabilities") == said.count("store=False") == 1


def test_another_session_knows_what_the_server_does_not_take(own, hub, tmp_path, capsys):
    ask(hub, frame_of("Calif."), STATES)
    before = len(own.bodies)
    with connect(workspace=tmp_path / "w") as again:
        run = ask(again, frame_of("Calif.", "Texas"), STATES)
        assert run.answers["status"].tolist() == ["from_memory", "answered"]
    assert len(own.bodies) == before + 1
    assert capsys.readouterr().out.count("takes no JSON schema") == 2, "once in each of the two runs"


def test_free_text_needs_no_json_and_record_text_is_still_apart(own, hub):
    free = Assistant(name="free", instructions="Say where.", prompt="{{ state }}", model="llama-4-scout")
    assert ask(hub, frame_of("Texas"), free).answers["answer"].tolist() == ['In "Texas" it is TX.']
    assert "Texas" not in own.bodies[-1]["instructions"]


def test_no_key_is_needed_and_none_of_another_service_is_sent(own, hub):
    ask(hub, frame_of("Ohio"), STATES)
    assert own.keys == {"no-key-needed"}
    assert "no OpenAI key" in repr(hub)


def test_a_server_that_wants_a_key_says_where_to_put_one(own, hub, monkeypatch, tmp_path):
    own.key = "right"
    with pytest.raises(KeyNotFound, match="OPENAI_API_KEY"):
        ask(hub, frame_of("Ohio"), STATES)
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    with connect(workspace=tmp_path / "w") as again:
        assert ask(again, frame_of("Ohio"), STATES).answers["answer"].tolist() == ["OH"]


def test_its_models_have_no_price_and_a_budget_on_them_is_refused_until_they_are_given_one(own, hub, capsys):
    run = ask(hub, frame_of("Calif."), STATES)
    assert run.usd is None
    assert "price unknown" in capsys.readouterr().out
    assert status(hub).describe_model("llama-4-scout") == "llama-4-scout: price unknown"
    for refused in (ask, evaluate):
        with pytest.raises(HsaiError, match=r'price of llama-4-scout is not known.*\[openai.prices."llama-4-scout"\]'):
            refused(hub, frame_of("Texas"), STATES, budget_usd=1)
    assert len(hub.store.runs.summaries()) == 1, "nothing is begun that could not be kept to"
    with (hub.workspace.folder / "hsai.toml").open("a") as settings:
        settings.write('\n[openai.prices."llama-4-scout"]\ninput = 1\noutput = 4\n')
    with connect(workspace=hub.workspace.folder) as priced:
        assert ask(priced, frame_of("Texas"), STATES, budget_usd=1).usd == pytest.approx((20 * 1 + 5 * 4) / 1_000_000)


def test_a_temperature_that_it_does_not_take_is_an_error_and_not_dropped(own, hub):
    warm = STATES.model_copy(update={"temperature": 0.2})
    for _ in range(2):
        with pytest.raises(SettingNotSupported, match="temperature"):
            ask(hub, frame_of("Calif.", "Texas"), warm)
    assert sum("temperature" in body for body in own.bodies) == len(own.bodies) <= 4
    own.known.add("temperature")
    assert ask(hub, frame_of("Ohio"), STATES).record.status == "done"


def test_an_error_that_quotes_a_record_is_not_taken_for_a_setting(own, hub):
    frame = frame_of("Calif.", "gibberish about temperature", "gibberish from the store", "Ohio")
    run = ask(hub, frame, STATES)
    assert run.answers["status"].tolist() == ["answered", "failed", "failed", "answered"]
    assert "gibberish" in run.answers["reason"].iloc[1]


def test_decisions_are_none_of_its_apis_and_the_sentence_says_what_is(own, hub):
    with pytest.raises(AssistantError, match=r"no Decisions API .*\(404\); ask with engine=\"responses\" instead"):
        ask(hub, frame_of("Calif.", "Texas", "Ohio"), STATES, engine="decisions")
    assert ask(hub, frame_of("Calif."), STATES, engine="responses").record.status == "done"


def test_a_server_without_a_list_of_models_is_asked_all_the_same(own, hub):
    own.listed = False
    assert ask(hub, frame_of("Calif."), STATES).answers["answer"].tolist() == ["CA"]
    with pytest.raises(UnknownModel, match="not found, try pulling it first"):
        ask(hub, frame_of("Texas"), STATES, model="llama-5")


def test_a_model_that_it_does_not_list_is_refused_with_those_it_does(hub):
    with pytest.raises(UnknownModel, match="These may: llama-4-scout"):
        ask(hub, frame_of("Texas"), STATES, model="gpt-6-luna")


def test_an_address_without_the_responses_api_stops_the_run_in_a_sentence(own, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_BASE_URL", own.url.removesuffix("/v1"))
    with connect(workspace=tmp_path / "w") as hub, pytest.raises(AssistantError, match="it mostly ends in /v1"):
        ask(hub, frame_of("Calif.", "Texas"), STATES)


def test_it_has_no_agents_and_the_own_assistants_are_listed(hub, capsys):
    assert set(assistants(hub)["where"]) == {"workspace"}
    assert "no Agents API" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "openais"),
    [
        (None, True),
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://127.0.0.1:8000/v1", False),
        ("https://openai.com.example.net/v1", False),
        ("https://notopenai.com/v1", False),
        ("http://gpu-box:11434/v1", False),
    ],
)
def test_openais_own_addresses_are_told_from_others(url, openais):
    assert is_openai_address(url) is openais


@pytest.mark.parametrize(
    ("status_code", "body", "setting"),
    [
        (400, {"error": {"param": "temperature", "code": "unsupported_parameter", "message": "x"}}, "temperature"),
        (
            400,
            {"error": {"param": "reasoning.effort", "code": "unsupported_value", "message": "x"}},
            "reasoning.effort",
        ),
        (
            400,
            {"error": {"param": None, "code": None, "message": "'json_schema' is not supported here"}},
            "json_schema",
        ),
        (400, {"message": "Unknown field: top_logprobs", "code": 400}, "logprobs"),
        (
            422,
            {"detail": [{"type": "literal_error", "loc": ["body", "text", "format", "type"], "msg": "x"}]},
            "json_schema",
        ),
        (
            400,
            {"error": {"param": "text.format.schema", "code": "invalid_json_schema", "message": "not permitted"}},
            None,
        ),
        (400, {"error": {"code": "context_length_exceeded", "message": "temperature is not allowed"}}, None),
        (400, {"error": {"message": "The prompt is too long: 9000 tokens"}}, None),
        (500, {"error": {"message": "temperature is not supported"}}, None),
        (400, "not supported", None),
    ],
)
def test_an_error_answer_names_the_setting_it_is_about_or_none(status_code, body, setting):
    failure = read_failure(HttpResponse(status_code, {}, json.dumps(body).encode()))
    assert find_refused_setting(failure) == setting
