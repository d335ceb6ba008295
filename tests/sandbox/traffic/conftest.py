"""A life of the kit and a call of every operation, with all that was sent and answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pandas as pd
import pytest

from hsai_kit import (
    Assistant,
    add_to_list,
    ask,
    connect,
    create_note,
    create_task,
    judge,
    log_email,
    pull,
    push,
    review,
    then,
    undo,
)
from hsai_kit.sandbox import Sandbox
from hsai_kit.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hsai_kit.connection import Connection

KEPT = 1_000  # of a route and status; nothing here asks more often
URGENCY = Assistant(
    name="urgency",
    instructions="How urgent is it?",
    prompt="{{ said }}",
    output={
        "kind": "choice",
        "options": ["low", "medium", "high"],
        "ordered": True,
        "descriptions": {"high": "production is down"},
    },
)
TRIAGE = Assistant(
    name="triage",
    instructions="Sort the enquiry.",
    prompt="Enquiry: {{ said }}",
    output={
        "kind": "fields",
        "fields": {
            "class": {"kind": "choice", "options": ["sales", "support", "billing"]},
            "urgent": {"kind": "yes_no"},
        },
    },
)
SUMMARY = Assistant(name="summary", instructions="Summarize it.", prompt="{{ said }}", output={"kind": "text"})


@pytest.fixture(scope="module")
def recorded() -> Iterator[Sandbox]:
    """A small sandbox that keeps what is sent together with what it answers."""
    with Sandbox(contacts=300) as started:
        started.limits("hubspot", per_ten_seconds=None, search_per_second=None, search_lag=0)
        started.limits("openai", batch_seconds=0.1)
        started.keep_exchanges(KEPT)
        yield started


@pytest.fixture(scope="module")
def post(recorded: Sandbox) -> Callable[..., Any]:
    """Call an address of the sandbox as a stranger would; returns the answer's JSON."""

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        is_hubspot = not path.startswith("/v1/")
        address = recorded.hubspot_url + path if is_hubspot else recorded.openai_url + path.removeprefix("/v1")
        key = recorded.hubspot_token if is_hubspot else recorded.openai_key
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        with urlopen(Request(address, data, sent, method=method), timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text.startswith((b"{", b"[")) else text.decode()

    return call


@pytest.fixture(scope="module")
def live(recorded: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], None]:
    """Take the kit through all that it does, with a version of HubSpot's API."""

    def take(version: str) -> None:
        workspace = Workspace.make(tmp_path_factory.mktemp("lives") / version).folder
        settings = workspace / "hsai.toml"
        settings.write_text(f'[hubspot]\napi_version = "{version}"\n', "utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HUBSPOT_BASE_URL", recorded.hubspot_url)
            patch.setenv("HUBSPOT_ACCESS_TOKEN", recorded.hubspot_token)
            patch.setenv("OPENAI_BASE_URL", recorded.openai_url)
            patch.setenv("OPENAI_API_KEY", recorded.openai_key)
            patch.setenv("XDG_CONFIG_HOME", str(workspace))
            with connect(workspace=workspace) as hub:
                hub.hubspot.settle_seconds = 0.05
                _take_life(hub, workspace)

    return take


def _take_life(hub: Connection, workspace: Path) -> None:
    columns = ["state", "country", "city", "hubspot_owner_id", "owner.name", "company.name"]
    contacts = pull(hub, "contacts", columns, where="state is known and createdate after 2020-01-01")
    pull(hub, "contacts", ["state"], list="Contacts at the start of 2026", limit=5)
    pull(hub, "deals", ["dealname", "dealstage"], limit=5)
    pull(hub, "subscriptions", ["plan"], limit=5)
    pull(hub, "tickets", ["subject", "notes (2)", "contact.email"], limit=5)
    said = pd.Series(["Our site is down, urgent!", "What is the price?", "The invoice is wrong."] * 2)
    enquiries = contacts.head(6).assign(said=said.to_numpy())
    ask(hub, enquiries, URGENCY, engine="decisions")
    ask(hub, enquiries, TRIAGE)
    ask(hub, enquiries, "state-abbreviations", model="sandbox-astra", reasoning_effort="low")
    some = contacts.head(8)
    ask(hub, some.assign(state=[f"Ohio {one}" for one in some.index]), "state-abbreviations", engine="batch")
    judge(hub, ask(hub, enquiries, SUMMARY), model="sandbox-sol")
    checked = review(ask(hub, contacts, "state-abbreviations"))
    checked.approve(checked.frame.index[checked.frame["flags"].map(len) == 0][:5])
    undo(hub, push(hub, checked, confirm=True), confirm=True)
    for action in (
        create_task("Write to {{ record_id }}", "Hello", due_in=3),
        create_note("It is {{ answer }}"),
        log_email("About {{ answer }}", "Hello"),
        add_to_list("Newsletter test group"),
    ):
        undo(hub, then(hub, checked, action, confirm=True), confirm=True)
