"""HubSpot's own client pointed at the sandbox, on any path and for every answer, the refusals too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hubspot.crm.objects import ApiClient, ApiException, Configuration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hsai_kit.sandbox import Sandbox


@dataclass(frozen=True)
class Reply:
    status: int
    data: Any
    headers: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        return [error["code"] for error in self.data["errors"]]

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.data["results"]]


class Api:
    """`hubspot-api-client` on any path; a refusal is a Reply like any other."""

    def __init__(self, url: str, token: str) -> None:
        configuration = Configuration(host=url)
        configuration.access_token = token
        self.url = url
        self._client = ApiClient(configuration)

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        try:
            answer = self._client.call_api(
                path,
                method,
                query_params=list(query.items()),
                body=body,
                collection_formats={name: "multi" for name, value in query.items() if isinstance(value, list)},
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=10,
            )
        except ApiException as problem:
            return Reply(problem.status, _parse(problem.body), problem.headers)
        return Reply(answer.status, _parse(answer.data.decode()), answer.headers)

    def raw(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        answer = self._client.rest_client.pool_manager.request(method, self.url + path, body=body, headers=headers)
        return Reply(answer.status, _parse(answer.data.decode()), answer.headers)

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()
        self._client.close()


def _parse(text: str) -> Any:
    if text.startswith("<"):
        return text
    return json.loads(text) if text else None


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[Api]:
    """Every path with the token that may do everything, without the limit of five searches a second."""
    sandbox.limits("hubspot", search_per_second=None, search_lag=0)
    client = Api(sandbox.hubspot_url, sandbox.hubspot_token)
    yield client
    client.close()


@pytest.fixture(scope="session")
def api_class() -> type[Api]:
    """Api itself, for fixtures that live longer than a test; close what it makes."""
    return Api


@pytest.fixture
def open_api() -> Iterator[Callable[[str, str], Api]]:
    """Make an Api for an address and a token."""
    made: list[Api] = []

    def make(url: str, token: str) -> Api:
        made.append(Api(url, token))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(params=["/crm/v3/objects", "/crm/objects/2026-09"])
def objects(request: pytest.FixtureRequest) -> str:
    """The path of all records, old and dated; `test_hubspot_paths.py` has every version."""
    return str(request.param)


@pytest.fixture
def partial(objects: str) -> int:
    """The status of a batch that succeeded for some of its inputs: 2026-09 knows no 207."""
    return 200 if "2026-09" in objects else 207
