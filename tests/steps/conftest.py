"""Somebody else in the same portal, with HubSpot's own client; and reviewed runs that cost one question."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from pydantic import SecretStr

from hsai_kit import ask, open_run, pull, review
from hsai_kit.hubspot.client import HubSpotClient
from hsai_kit.steps.push.executor import PushExecutor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubspot import HubSpot

    from hsai_kit.connection import Connection
    from hsai_kit.run import Run
    from hsai_kit.sandbox import Sandbox
    from hsai_kit.steps.review import Review
    from tests.relay import Relay


def _load_relay() -> None:
    """Make `import relay` find tests/relay.py, which is no package's."""
    spec = importlib.util.spec_from_file_location("relay", Path(__file__).parents[1] / "relay.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["relay"] = module
    spec.loader.exec_module(module)


_load_relay()
ANSWERING = Path(__file__).parents[1] / "bench" / "answering.py"


class Colleague:
    """What somebody else sees and does in the portal, through `hubspot-api-client`."""

    def __init__(self, client: HubSpot) -> None:
        self._client = client
        self._records = client.crm.objects.basic_api
        self._batches = client.crm.objects.batch_api
        self._properties = client.crm.properties.core_api

    def sees(self, ids: Iterable[str], name: str, object_type: str = "contacts") -> dict[str, str]:
        """Read one value of each record, "" where unset; records that are gone are absent."""
        from hubspot.crm.objects import BatchReadInputSimplePublicObjectId as Batch
        from hubspot.crm.objects import SimplePublicObjectId as Id

        wanted, found = list(ids), {}
        for start in range(0, len(wanted), 100):
            batch = Batch(
                inputs=[Id(one) for one in wanted[start : start + 100]],
                properties=[name],
                properties_with_history=[],
            )
            found |= {one.id: one.properties[name] or "" for one in self._batches.read(object_type, batch).results}
        return found

    def sees_about(self, ids: Iterable[str], kind: str) -> dict[str, list[dict[str, str]]]:
        """Read the tasks, notes or the like that are about each record of contacts."""
        names = [one.name for one in self._properties.get_all(kind).results]
        found: dict[str, list[dict[str, str]]] = {}
        for one in ids:
            linked = self._client.crm.objects.basic_api.get_by_id("contacts", one, associations=[kind]).associations
            beside = [link.id for link in linked[kind].results] if linked else []
            read = [self._records.get_by_id(kind, link, properties=names).properties for link in dict.fromkeys(beside)]
            found[one] = [dict(values) for values in read]
        return found

    def sees_everything(self, ids: Iterable[str], object_type: str = "contacts") -> dict[str, dict[str, str | None]]:
        """Read every property of each record but for the date of the last change."""
        names = [one.name for one in self._properties.get_all(object_type).results]
        from hubspot.crm.objects import BatchReadInputSimplePublicObjectId as Batch
        from hubspot.crm.objects import SimplePublicObjectId as Id

        batch = Batch(inputs=[Id(one) for one in ids], properties=names, properties_with_history=[])
        records = {one.id: dict(one.properties) for one in self._batches.read(object_type, batch).results}
        for values in records.values():
            values.pop("lastmodifieddate", None)
        return records

    def writes(self, record_id: str, name: str, value: str, object_type: str = "contacts") -> None:
        from hubspot.crm.objects import SimplePublicObjectInput as Values

        self._records.update(object_type, record_id, Values(properties={name: value}))

    def deletes(self, record_id: str, object_type: str = "contacts") -> None:
        self._records.archive(object_type, record_id)

    def merges(self, gone: str, into: str) -> None:
        body = {"primaryObjectId": into, "objectIdToMerge": gone}
        path = "/crm/v3/objects/contacts/merge"
        assert self._client.api_request({"method": "POST", "path": path, "body": body}).status_code == 200

    def makes_property(self, name: str, kind: str, field_type: str, options: Mapping[str, str] | None = None) -> None:
        from hubspot.crm.properties import OptionInput, PropertyCreate

        made = [OptionInput(label=label, value=value, hidden=False) for value, label in (options or {}).items()]
        wish = PropertyCreate(
            name=name, label=name, type=kind, field_type=field_type, group_name="contactinformation", options=made
        )
        self._properties.create("contacts", wish)

    def narrows_property(self, name: str, options: Iterable[str]) -> None:
        """Leave a dropdown with these options only."""
        from hubspot.crm.properties import OptionInput, PropertyUpdate

        left = [OptionInput(label=one, value=one, hidden=False) for one in options]
        self._properties.update("contacts", name, PropertyUpdate(type="enumeration", field_type="select", options=left))

    def sets_rule(self, name: str, rule: str, *arguments: str) -> None:
        path = f"/crm/v3/property-validations/0-1/{name}/rule-type/{rule}"
        answer = self._client.api_request({"method": "PUT", "path": path, "body": {"ruleArguments": list(arguments)}})
        assert answer.status_code == 204

    def deletes_property(self, name: str) -> None:
        self._properties.archive("contacts", name)


class Wire:
    """What the kit sent to HubSpot when it pushed contacts."""

    ours = "/2026-09/contacts/batch/update"
    """The part of the path that a fault for these names; the colleague's own requests have another."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    @property
    def updates(self) -> list[list[str]]:
        """The record ids of each update that arrived, in order, answered or not."""
        return [[one["id"] for one in request["body"]["inputs"]] for request in self.requests]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The updates that arrived, each with its body, and its status once it is answered."""
        return self._sent(self.ours)

    @property
    def reads(self) -> int:
        """How many batches of present values were read."""
        return len(self._sent("/2026-09/contacts/batch/read"))

    def _sent(self, path: str) -> list[dict[str, Any]]:
        return [one for one in self._sandbox.requests("hubspot", 2000) if one["path"].endswith(path)]


@pytest.fixture
def wire(sandbox: Sandbox) -> Wire:
    return Wire(sandbox)


@pytest.fixture
def relay(hub: Connection, sandbox: Sandbox) -> Iterator[Relay]:
    """A relay through which the connection reaches HubSpot; what may arrive late is looked for after 3 s."""
    from relay import Relay

    between = Relay(sandbox.hubspot_url)
    hub.hubspot.close()
    hub.hubspot = HubSpotClient(SecretStr(sandbox.hubspot_token), base_url=between.url, settle_seconds=3)
    yield between
    hub.hubspot.close()
    between.close()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Wait for something that another thread or process does."""

    def wait(condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < ends, "it did not come to that"
            time.sleep(0.05)

    return wait


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write one batch after the other, for what a test does between two of them."""
    monkeypatch.setattr(PushExecutor, "at_once", 1)


@pytest.fixture
def colleague(sandbox: Sandbox) -> Colleague:
    """Somebody with a key of their own, so that what they do does not count in our windows."""
    from hubspot import HubSpot

    sandbox.token("pat-na1-colleague")
    return Colleague(HubSpot(access_token="pat-na1-colleague", host=sandbox.hubspot_url, base_url=sandbox.hubspot_url))


@pytest.fixture
def proposed(hub: Connection, prepared: Callable[..., Run]) -> Callable[..., Review]:
    """Make a run over contacts that answers TX for each, asked in one question, and return its review.

    `limit` is how many contacts, `to` the property whose values are pulled and meant to be replaced.
    """

    def make(limit: int = 3, to: str = "city", where: str | None = None) -> Review:
        def take() -> Run:
            contacts = pull(hub, "contacts", [to], where=where, limit=limit)
            return ask(hub, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}")

        return review(prepared(("proposed", limit, to, where), take, lambda _: open_run(hub)), to=to)

    return make


@pytest.fixture
def prompted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Put somebody at the prompt who types `answer`, after doing something else if need be; returns what was asked."""

    def sit_down(answer: str, first: Callable[[], None] = lambda: None) -> list[str]:
        asked: list[str] = []

        def typed(question: str = "") -> str:
            asked.append(question)
            first()
            return answer

        monkeypatch.setattr("builtins.input", typed)
        return asked

    return sit_down


class Priced:
    """A loopback server that answers as gpt-6-luna, whose price is known."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v1"
        self._counts = f"http://127.0.0.1:{port}/counts"

    @property
    def questions(self) -> int:
        with urlopen(self._counts) as answer:
            return json.load(answer)["questions"]


@pytest.fixture
def priced(keys: Sandbox, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Priced]:
    with subprocess.Popen(
        [sys.executable, ANSWERING, "--latency", "0.005", "--jitter", "0", *getattr(request, "param", ())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        server = Priced(int(process.stdout.readline()))
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        yield server
        process.stdin.close()


@pytest.fixture
def paying(priced: Priced, tmp_path: Path) -> Iterator[Connection]:
    """A connection whose questions cost money."""
    from hsai_kit import connect

    with connect(workspace=tmp_path / "paying") as connected:
        yield connected
