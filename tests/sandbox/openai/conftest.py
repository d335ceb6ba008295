"""The real client in its three forms, so that every test of an endpoint or an error runs through each."""

from __future__ import annotations

import asyncio
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import pytest
from openai import AsyncOpenAI, DefaultAioHttpClient, OpenAI

from hsai_kit.sandbox.assistant.region_names import REGIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hsai_kit.sandbox import Sandbox

STATES = [*REGIONS, "UNKNOWN"]


class Caller:
    """Calls one client: `caller(lambda client: client.models.list())` gives the result, awaited where need be."""

    def __init__(self, make: Callable[..., Any], loop: asyncio.AbstractEventLoop, defaults: dict[str, Any]) -> None:
        self._make = make
        self._loop = loop
        self._defaults = defaults
        self._client = make(**defaults)

    def __call__(self, use: Callable[[Any], Any]) -> Any:
        return self._finish(use(self._client))

    def with_options(self, use: Callable[[Any], Any], **options: Any) -> Any:
        """Call a client of other options, such as another key, and close it."""
        client = self._make(**{**self._defaults, **options})
        try:
            return self._finish(use(client))
        finally:
            self._finish(client.close())

    def close(self) -> None:
        self._finish(self._client.close())

    def _finish(self, result: Any) -> Any:
        async def finish() -> Any:
            return await result

        return self._loop.run_until_complete(finish()) if isawaitable(result) else result


def _aiohttp_client(**options: Any) -> AsyncOpenAI:
    return AsyncOpenAI(http_client=DefaultAioHttpClient(), **options)


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session", params=[OpenAI, AsyncOpenAI, _aiohttp_client], ids=["sync", "async", "aiohttp"])
def _caller(request: pytest.FixtureRequest, running: Sandbox, loop: asyncio.AbstractEventLoop) -> Iterator[Caller]:
    defaults = {"api_key": running.openai_key, "base_url": running.openai_url, "max_retries": 0, "timeout": 10}
    caller = Caller(request.param, loop, defaults)
    yield caller
    caller.close()


@pytest.fixture(scope="module", autouse=True)
def _fresh(running: Sandbox) -> None:
    running.reset()


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """For tests that change settings, or mind what others left: fresh before, and fresh for the next one."""
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def call(_caller: Caller) -> Caller:
    """The client in one of its forms."""
    return _caller


def choice_format(options: list[str] = STATES, name: str = "answer") -> dict[str, Any]:
    """The `text` of a request whose answer is one of some options."""
    schema = {
        "type": "object",
        "properties": {name: {"type": "string", "enum": options}},
        "required": [name],
        "additionalProperties": False,
    }
    return {"format": {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}}


def question(text: str, /, **more: Any) -> dict[str, Any]:
    """A request as the kit sends it."""
    message = {"role": "user", "content": [{"type": "input_text", "text": text}]}
    return {"model": "sandbox-luna", "input": [message], "store": False, **more}


@pytest.fixture
def state_question() -> dict[str, Any]:
    text = "State: Calif.\nCountry: United States\nCity: Fresno\nZIP: 93701"
    return question(text, instructions="Answer with the USPS code.", text=choice_format())
