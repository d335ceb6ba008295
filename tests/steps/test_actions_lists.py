"""Approved records in a static list, and out of it again."""

from __future__ import annotations

import pytest

from hsai_kit import add_to_list, plan, then, undo
from hsai_kit.errors import PushRefused, UnknownList

LIST, NAME = "12", "Newsletter test group"


@pytest.fixture
def members(hubspot_client):
    def read() -> set[str]:
        memberships = hubspot_client.crm.lists.memberships_api.get_page(LIST, limit=250)
        return {one.record_id for one in memberships.results}

    return read


@pytest.fixture
def checked(proposed, members, hubspot_client):
    """Four approved contacts, the first of which is a member already."""
    made = proposed(limit=4)
    hubspot_client.crm.lists.memberships_api.remove(LIST, list(made.frame.index))
    hubspot_client.crm.lists.memberships_api.add(LIST, [made.frame.index[0]])
    made.approve()
    return made


def test_only_those_that_were_added_here_are_removed_again(hub, checked, members, colleague, hubspot_client):
    before = members()
    already, ours, deleted, removed = checked.frame.index
    receipt = then(hub, checked, add_to_list(NAME), confirm=True)
    assert receipt.counts == {"done": 3}
    assert members() == before | {ours, deleted, removed}
    assert dict(plan(hub, checked, add_to_list(NAME)).frame["verdict"]) == dict.fromkeys(
        checked.frame.index, "done already"
    )
    colleague.deletes(deleted)
    hubspot_client.crm.lists.memberships_api.remove(LIST, [removed])
    assert undo(hub, receipt, confirm=True).counts == {"gone": 2, "taken back": 1}
    assert members() == before
    assert already in before


@pytest.mark.parametrize("fault", ["cut", "502", "ten_secondly"])
@pytest.mark.parametrize("path", ["memberships/add", "memberships/remove"])
def test_answers_that_are_lost_on_the_way_neither_add_nor_remove_too_much(hub, sandbox, checked, members, fault, path):
    before = members()
    sandbox.fault(f"hubspot:{fault}:path={path}:count=2")
    hub.hubspot.patience = 0.1
    receipt = then(hub, checked, add_to_list(LIST), confirm=True)
    assert receipt.counts == {"done": 3}
    assert undo(hub, receipt, confirm=True).counts == {"taken back": 3}
    assert members() == before


def test_what_was_being_added_when_it_was_killed_is_known_to_be_ours(hub, sandbox, checked, members):
    before = members()
    receipt = then(hub, checked, add_to_list(LIST), confirm=True)
    hub.store._database.execute("UPDATE acts SET outcome = 'sending' WHERE outcome = 'done'")
    assert then(hub, checked, add_to_list(LIST), confirm=True).counts == {}
    assert undo(hub, receipt, confirm=True).counts == {"taken back": 3}
    assert members() == before


@pytest.mark.parametrize(
    ("wanted", "error", "sentence"),
    [
        ("Customers", PushRefused, "fills itself by its filters"),
        ("Newsletter tset group", UnknownList, "Did you mean 'Newsletter test group'?"),
        ("14", UnknownList, "not contacts"),
    ],
)
def test_a_list_that_cannot_be_added_to_is_told_before_anything_is_done(hub, checked, wanted, error, sentence):
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        then(hub, checked, add_to_list(wanted), confirm=True)
