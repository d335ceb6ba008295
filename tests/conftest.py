"""One sandbox for the whole test session, fresh for each test; the real clients and the kit pointed at it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from openai import AsyncOpenAI, OpenAI

from hsai_kit.sandbox import Sandbox

# CI tries the same examples each time; elsewhere new ones are looked for. Two busy cores make any deadline a lottery.
settings.register_profile("search", deadline=None)
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same" if os.environ.get("CI") else "search")

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubspot import HubSpot

    from hsai_kit.connection import Connection


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Let one worker run all that starts kernels: two that start at once can be given the same ports.

    A wrapper, because pytest-xdist reads the groups in the same hook and would otherwise come first.
    """
    for item in items:
        if item.path.suffix == ".ipynb" or "browser" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("kernels"))
    return (yield)


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """One started sandbox; ask for `sandbox` instead, unless the test changes nothing."""
    with Sandbox() as started:
        yield started


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The running sandbox, gone back to its first state."""
    running.reset()
    return running


@pytest.fixture
def openai_client(sandbox: Sandbox) -> Iterator[OpenAI]:
    with OpenAI(api_key=sandbox.openai_key, base_url=sandbox.openai_url, max_retries=0, timeout=10) as client:
        yield client


@pytest.fixture
def async_openai_client(sandbox: Sandbox) -> Iterator[AsyncOpenAI]:
    """Use it inside `asyncio.run` and there in `async with`, so that its connections end with the loop."""
    client = AsyncOpenAI(api_key=sandbox.openai_key, base_url=sandbox.openai_url, max_retries=0, timeout=10)
    yield client
    assert client.is_closed(), "async_openai_client must be used in `async with`"


@pytest.fixture
def hubspot_client(sandbox: Sandbox) -> HubSpot:
    """The real HubSpot client; `host` serves its typed APIs, `base_url` its `api_request`."""
    from hubspot import HubSpot

    return HubSpot(access_token=sandbox.hubspot_token, host=sandbox.hubspot_url, base_url=sandbox.hubspot_url)


@pytest.fixture
def keys(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """The environment of an analyst whose keys are those of the sandbox, and who kept nothing on this computer."""
    monkeypatch.setenv("HUBSPOT_BASE_URL", sandbox.hubspot_url)
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", sandbox.hubspot_token)
    monkeypatch.setenv("OPENAI_BASE_URL", sandbox.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", sandbox.openai_key)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return sandbox


@pytest.fixture
def hub(keys: Sandbox, tmp_path: Path) -> Iterator[Connection]:
    """A connection to the sandbox as if both sides were real, with a workspace of its own."""
    from hsai_kit import connect

    with connect(workspace=tmp_path / "workspace") as connected:
        yield connected
