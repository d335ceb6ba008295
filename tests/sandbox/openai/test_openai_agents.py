"""GET /v1/agents: the account's reusable agents."""

from __future__ import annotations

import openai
import pytest


def all_ids(call, **options):
    """Follow the pages by hand, as the client's own iteration differs between its forms."""
    ids, after = [], {}
    while True:
        page = call(lambda client, after=after: client.beta.agents.list(**options, **after))
        ids += [agent.id for agent in page.data]
        if not page.has_more:
            return ids
        after = {"after": page.data[-1].id}


def test_agents_come_newest_first_and_in_either_order(call):
    newest = all_ids(call)
    assert len(newest) >= 4
    assert all_ids(call, order="asc") == newest[::-1]


def test_small_pages_lead_to_the_same_agents(call):
    assert all_ids(call, limit=1) == all_ids(call, limit=3) == all_ids(call, limit=100)


def test_an_agent_tells_what_it_is_made_of(call):
    (agent,) = [agent for agent in call(lambda client: client.beta.agents.list()).data if agent.tools]
    again = call(lambda client: client.beta.agents.retrieve(agent.id))
    assert again == agent
    assert {tool.type for tool in agent.tools} == {"web_search", "function"}
    assert agent.reasoning.effort == "high"
    assert agent.model == "sandbox-astra"
    assert agent.updated_at > agent.created_at


def test_agents_may_be_nameless_structured_or_of_a_model_that_has_ended(call):
    agents = call(lambda client: client.beta.agents.list()).data
    assert any(agent.name is None for agent in agents)
    assert any(agent.model == "sandbox-relic" for agent in agents)
    (structured,) = [agent for agent in agents if agent.text.format.type == "json_schema"]
    assert structured.text.format.schema_["properties"]["answer"]["enum"]


def test_an_agent_that_does_not_exist_is_not_found(call):
    with pytest.raises(openai.NotFoundError, match="agent_missing"):
        call(lambda client: client.beta.agents.retrieve("agent_missing"))


@pytest.mark.parametrize(
    ("options", "param"),
    [({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"order": "random"}, "order"), ({"after": "x"}, "after")],
)
def test_a_wrong_page_is_refused(call, options, param):
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.beta.agents.list(**options))
    assert caught.value.param == param


def test_the_beta_header_is_asked_for(call):
    with pytest.raises(openai.BadRequestError, match="OpenAI-Beta: agents=v1") as caught:
        call(lambda client: client.get("/agents", cast_to=object))
    assert caught.value.code == "invalid_beta"
