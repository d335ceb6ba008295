"""The standing proof: all that kit and sandbox send and get is held against types that others keep.

The types are those of the `openai` package and of HubSpot's `hubspot-sdk`, which is of version 2026-03. Undeclared
fields are errors, both ways and however deep. `differences.py` lists where HubSpot's descriptions or real answers
differ from them. It covers the kit's own traffic with 2026-09 and 2026-03, and every dated operation of the sandbox.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import ResponseStreamEvent

from hsai_kit.sandbox.hubspot.routes import DATES, FAMILIES

from .differences import list_differences
from .published_types import check_model, find_operation, read_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hsai_kit.sandbox import Sandbox

    from .differences import Difference
    from .published_types import Operation

PUBLISHED = {
    "hubspot": read_operations("hubspot_sdk.resources.crm", "hubspot_sdk.resources.account"),
    "openai": read_operations(
        *("openai.resources.responses", "openai.resources.chat.completions", "openai.resources.files"),
        *("openai.resources.batches", "openai.resources.models", "openai.resources.decisions"),
        "openai.resources.beta.agents.agents",
    ),
}
# No published client knows these addresses, each for the reason beside it.
UNKNOWN = {
    "POST /oauth/v2/private-apps/get/access-token-info": "unversioned; what a token may do",
    "GET /crm/associations/2026-03/{object_type}/{to_object_type}/labels": "described under associations-schema",
}
# Their bodies are no JSON: a form, and lines of it.
NO_JSON = {"POST /files": "body", "GET /files/{file_id}/content": "answer"}
NAMED = {"properties": {"subject": "Help", "dealname": "New"}}
PAIR = {"from": {"id": "101"}, "to": {"id": "20000001"}}
SPEC = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}
QUESTION = {"model": "sandbox-luna", "input": "State: Calif."}
MESSAGES = {"model": "sandbox-luna", "messages": [{"role": "user", "content": "State: Calif."}]}


class Exchange(NamedTuple):
    """What was sent and answered, beside the operation that a published client has for it."""

    api: str
    operation: Operation
    query: list[str]
    body: Any
    answer: Any


def call_hubspot(post: Callable[..., Any], version: str) -> None:
    """Call every operation of a dated version once, where the kit's life has not."""
    crm, ids = f"/crm/objects/{version}", {"inputs": [{"id": "101"}]}
    update = {"inputs": [{"id": "101", "properties": {"city": "Reno"}}, {"id": "9", "properties": {"city": "Reno"}}]}
    made = post("POST", f"{crm}/contacts", {"properties": {"email": f"new@{version}.example"}, "associations": []})
    other = post("POST", f"{crm}/contacts", {"properties": {"email": f"other@{version}.example"}})
    post("GET", f"{crm}/companies?limit=2&properties=name&associations=contacts")
    post("GET", f"{crm}/contacts/101?properties=renewed_on&properties=contract_end_date&associations=companies")
    post("GET", f"{crm}/contacts/101?propertiesWithHistory=city")
    post("PATCH", f"{crm}/contacts/101", {"properties": {"lifecyclestage": "customer"}})
    post("PATCH", f"{crm}/contacts/101", {"properties": {"lifecyclestage": "lead"}})
    post("POST", f"{crm}/contacts/merge", {"primaryObjectId": made["id"], "objectIdToMerge": other["id"]})
    post("POST", f"{crm}/contacts/search", {"query": "a", "limit": 2, "properties": ["city"], "filterGroups": []})
    post("POST", f"{crm}/contacts/batch/read", {**ids, "properties": ["city"], "propertiesWithHistory": ["city"]})
    post("POST", f"{crm}/contacts/batch/update", update)
    post("POST", f"{crm}/contacts/batch/update", {"inputs": [{"id": "101", "properties": {"lifecyclestage": "lead"}}]})
    upsert = {"id": f"up@{version}.example", "idProperty": "email", "properties": {"city": "Reno"}}
    post("POST", f"{crm}/contacts/batch/upsert", {"inputs": [upsert]})
    post("POST", f"{crm}/tickets/batch/create", {"inputs": [{"properties": {"subject": "Help"}}]})
    post("POST", f"{crm}/tickets/batch/archive", {"inputs": [{"id": "40000009"}]})
    post("DELETE", f"{crm}/tickets/40000008")
    post("POST", f"{crm}/contacts/gdpr-delete", {"objectId": made["id"]})
    links = f"{crm}/contacts/101/associations"
    post("GET", f"{links}/companies")
    post("PUT", f"{links}/default/companies/20000001")
    post("PUT", f"{links}/companies/20000002", [SPEC])
    post("DELETE", f"{links}/companies/20000002")
    many = f"/crm/associations/{version}/contacts/companies"
    post("POST", f"{many}/batch/read", {"inputs": [{"id": "101"}, {"id": "9"}]})
    post("POST", f"{many}/batch/create", {"inputs": [{**PAIR, "types": [SPEC]}]})
    post("POST", f"{many}/batch/associate/default", {"inputs": [PAIR]})
    post("POST", f"{many}/batch/archive", {"inputs": [{"from": {"id": "101"}, "to": [{"id": "20000001"}]}]})
    post("GET", f"{many}/labels")
    _call_definitions(post, version)
    lists = f"/crm/lists/{version}"
    wanted = {"name": f"List {version}", "objectTypeId": "0-1", "processingType": "MANUAL"}
    one = post("POST", lists, wanted)["list"]["listId"]
    post("GET", f"{lists}?listIds=11&listIds=12")
    post("POST", f"{lists}/search", {"query": "", "offset": 0, "count": 5, "listIds": [], "processingTypes": []})
    post("GET", f"{lists}/object-type-id/0-1/name/Customers")
    post("GET", f"{lists}/records/0-1/101/memberships")
    post("GET", f"{lists}/{one}")
    post("PUT", f"{lists}/{one}/memberships/add", ["101", "102"])
    post("PUT", f"{lists}/{one}/memberships/add-and-remove", {"recordIdsToAdd": ["103"], "recordIdsToRemove": ["101"]})
    post("GET", f"{lists}/{one}/memberships?limit=1")
    post("PUT", f"{lists}/{one}/memberships/remove", ["102"])
    post("DELETE", f"{lists}/{one}")


def _call_definitions(post: Callable[..., Any], version: str) -> None:
    properties = f"/crm/properties/{version}/contacts"
    names = {"inputs": [{"name": "state"}, {"name": "nowhere"}], "archived": False, "dataSensitivity": "non_sensitive"}
    option = {"label": "A", "value": "a", "description": "", "displayOrder": 0, "hidden": False}
    fields = {"label": "New", "type": "enumeration", "fieldType": "select", "groupName": "made", "options": [option]}
    post("GET", f"{properties}/groups")
    post("POST", f"{properties}/groups", {"name": "made", "label": "Made"})
    post("GET", f"{properties}/groups/made")
    post("PATCH", f"{properties}/groups/made", {"label": "Made here"})
    post("POST", properties, {"name": "new_one", **fields})
    post("GET", properties)
    post("GET", f"{properties}/new_one")
    post("PATCH", f"{properties}/new_one", {"label": "Newer"})
    post("POST", f"{properties}/batch/read", names)
    rule = {"ruleArguments": ["60"], "shouldApplyNormalization": False}
    post("PUT", f"/crm/property-validations/{version}/0-1/new_one/rule-type/MAX_LENGTH", rule)
    post("GET", f"/crm/property-validations/{version}/0-1")
    post("GET", f"/crm/property-validations/{version}/0-1/new_one")
    post("DELETE", f"{properties}/new_one")
    post("DELETE", f"{properties}/groups/made")
    pipelines = f"/crm/pipelines/{version}/deals"
    for path in ("", "/default", "/default/stages", "/default/stages/closedwon"):
        post("GET", f"{pipelines}{path}")
    post("GET", f"/crm/owners/{version}?limit=2")
    post("GET", f"/crm/owners/{version}/41000001")
    post("GET", f"/crm-object-schemas/{version}/schemas")
    post("GET", f"/crm-object-schemas/{version}/schemas/subscriptions")
    post("GET", f"/account-info/{version}/details")
    post("GET", f"/account-info/{version}/api-usage/daily/private-apps")


def call_openai(post: Callable[..., Any], recorded: Sandbox) -> None:
    """Call what the kit does not."""
    with OpenAI(api_key=recorded.openai_key, base_url=recorded.openai_url) as client:
        kept = client.files.create(file=("lines.jsonl", b"{}"), purpose="batch")
        client.files.content(kept.id)
        client.files.retrieve(kept.id)
        client.files.list()
        client.files.delete(kept.id)
        batch = client.batches.list(limit=2).data[0]
        client.batches.retrieve(batch.id)
    stored = post("POST", "/v1/responses", {**QUESTION, "store": True, "model": "sandbox-nova"})
    post("GET", f"/v1/responses/{stored['id']}")
    post("DELETE", f"/v1/responses/{stored['id']}")
    post("POST", "/v1/responses", {**QUESTION, "max_output_tokens": 16, "model": "sandbox-nova"})
    logprobs = {"include": ["message.output_text.logprobs"], "top_logprobs": 3}
    post("POST", "/v1/responses", {**QUESTION, **logprobs, "service_tier": "flex", "prompt_cache_key": "a"})
    post("POST", "/v1/responses/input_tokens", QUESTION)
    post("POST", "/v1/responses", {**QUESTION, "stream": True})
    post("POST", "/v1/chat/completions", MESSAGES)
    post("POST", "/v1/chat/completions", {**MESSAGES, "logprobs": True, "top_logprobs": 2})
    post("POST", "/v1/chat/completions", {**MESSAGES, "stream": True, "stream_options": {"include_usage": True}})
    choices = {"type": "choice", "name": "s", "instructions": "Which?", "choices": [{"value": "CA"}, {"value": "NY"}]}
    post("POST", "/v1/decisions", {**QUESTION, "questions": [choices]})
    post("GET", "/v1/models/sandbox-nova")
    beta = {"OpenAI-Beta": "agents=v1"}
    first = post("GET", "/v1/agents?limit=2", **beta)["data"][0]["id"]
    post("GET", f"/v1/agents/{first}", **beta)


@pytest.fixture(scope="module")
def exchanges(recorded: Sandbox, live: Callable[[str], None], post: Callable[..., Any]) -> list[Exchange]:
    """Everything that was sent and answered with success, each beside its published operation."""
    for version in DATES:
        call_hubspot(post, version)
        live(version)
    call_openai(post, recorded)
    found, strangers = [], set()
    for api in PUBLISHED:
        for one in recorded.exchanges(api):
            if one["status"] is not None and one["status"] < 300:
                operation = find_published(api, one["method"], one["path"])
                if operation is None:
                    strangers.add(f"{one['method']} {one['path']}")
                else:
                    query = [name for name, _ in parse_qsl(one["query"])]
                    found.append(Exchange(api, operation, query, one["body"], one["answer"]))
    known = [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name))) for name in UNKNOWN]
    beyond = [one for one in strangers if not any(name.fullmatch(as_published(one)) for name in known)]
    assert beyond == [], "no published client has these addresses"
    return found


def as_published(path: str) -> str:
    """Spell a path as the published client does, which knows one version."""
    return re.sub("|".join(DATES), "2026-03", path).rstrip("/")


def find_published(api: str, method: str, path: str) -> Operation | None:
    path = path.removeprefix("/v1") if api == "openai" else as_published(path)
    return find_operation(PUBLISHED[api], method, path)


def find_problems(one: Exchange, differences: Iterable[Difference]) -> list[str]:
    """Say where an exchange is not as the types have it; what the differences allow is left out."""
    place = f"{one.operation.method} {one.operation.template}"
    problems = [f"{place} {problem}" for problem in one.operation.check_query(one.query)]
    allowed = [each for each in differences if each.covers(one.api, one.operation.method, one.operation.template)]
    for side, content, check in (
        ("body", one.body, one.operation.check_body),
        ("answer", one.answer, one.operation.check_answer),
    ):
        if NO_JSON.get(place) == side or (side == "answer" and (content is None or is_deletion(one))):
            continue  # what is streamed is held by a test of its own
        held = copy.deepcopy(content)
        mine = [each for each in allowed if each.side == side]
        for each in mine:
            each.apply(held)
        told = [problem for problem in check(held) if not any(each.excuses(problem) for each in mine)]
        problems += [f"{place} {side} {problem}" for problem in told]
    return problems


def is_deletion(one: Exchange) -> bool:
    """Whether it deletes a response: OpenAI's API reference has an answer there, which its client does not read."""
    return one.operation.method == "DELETE" and one.operation.template == "/responses/{response_id}"


def test_all_that_is_sent_and_answered_is_as_published(exchanges: list[Exchange]) -> None:
    differences = list_differences()
    problems = {re.sub(r"\.\d+", "[]", problem) for one in exchanges for problem in find_problems(one, differences)}
    assert not problems, "\n".join(sorted(problems))
    stale = [f"{one.operation} {one.place}" for one in differences if not one.used]
    assert not stale, "\n".join(["nothing needs these differences now:", *stale])


def test_every_dated_operation_is_held(exchanges: list[Exchange], recorded: Sandbox) -> None:
    called = {re.sub(r" \d+$", "", route) for route in recorded.counts()["hubspot"]}
    for version in DATES:
        for _, _, prefix, operations in FAMILIES:
            wanted = {f"{one.method} {prefix.format(version)}{one.template}" for one in operations}
            assert wanted - called == set()


def test_streams_are_as_published(post: Callable[..., Any]) -> None:
    def read(text: str) -> list[Any]:
        lines = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
        return [json.loads(line) for line in lines]

    for more in ({}, {"model": "sandbox-nova"}, {"include": ["message.output_text.logprobs"], "top_logprobs": 2}):
        events = read(post("POST", "/v1/responses", {**QUESTION, **more, "stream": True}))
        assert len(events) > 5
        assert [problem for one in events for problem in check_model(ResponseStreamEvent, one)] == []
    asked = {**MESSAGES, "stream": True, "stream_options": {"include_usage": True}, "logprobs": True}
    chunks = read(post("POST", "/v1/chat/completions", asked))
    assert [problem for one in chunks for problem in check_model(ChatCompletionChunk, one)] == []


@pytest.mark.parametrize(
    ("api", "method", "path", "side", "place"),
    [
        ("hubspot", "POST", "/crm/objects/2026-03/contacts/batch/read", "body", ["inputs", 0]),
        ("hubspot", "POST", "/crm/objects/2026-03/contacts/batch/read", "answer", ["results", 0]),
        ("hubspot", "GET", "/crm/properties/2026-03/{object_type}", "answer", ["results", 0, "modificationMetadata"]),
        ("openai", "POST", "/responses", "body", ["text", "format"]),
        ("openai", "POST", "/responses", "answer", ["usage", "output_tokens_details"]),
        ("openai", "POST", "/decisions", "body", ["questions", 0, "levels", 0]),
        ("openai", "POST", "/decisions", "answer", ["answers", 0]),
        ("openai", "POST", "/chat/completions", "answer", ["choices", 0, "message"]),
    ],
)
def test_an_invented_field_is_found_however_deep(
    exchanges: list[Exchange], api: str, method: str, path: str, side: str, place: list[str | int]
) -> None:
    """The proof can fail: into what was really sent or answered goes one field that nobody declares."""
    fits = (one for one in exchanges if (one.api, one.operation.method, one.operation.template) == (api, method, path))
    one = copy.deepcopy(next(one for one in fits if _dig(getattr(one, side), place) is not None))
    assert find_problems(one, list_differences()) == []
    _dig(getattr(one, side), place)["value_or_so"] = 1
    assert any("value_or_so" in problem for problem in find_problems(one, list_differences()))


@pytest.mark.parametrize(("name", "value"), [("results", "text"), ("status", "DONE"), ("startedAt", None)])
def test_a_value_of_another_type_is_found(exchanges: list[Exchange], name: str, value: object) -> None:
    path = "/crm/objects/2026-03/contacts/batch/read"
    one = copy.deepcopy(next(one for one in exchanges if one.operation.template == path))
    one.answer[name] = value
    assert find_problems(one, list_differences()) != []


def _dig(content: Any, place: list[str | int]) -> Any:
    for key in place:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return None
    return content
