"""The rest of a portal: owners, pipelines, lists, schemas, the account."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot

    from hsai_kit.sandbox import Sandbox


@pytest.fixture(params=["/crm/v3", "/crm/{}/2026-09"])
def at(request: pytest.FixtureRequest) -> str:
    """Where a resource's name goes in its path."""
    return f"{request.param}/{{}}" if request.param == "/crm/v3" else str(request.param)


def test_owners_are_listed_without_those_who_left(api: Api, at: str) -> None:
    path = at.format("owners")
    present, gone = api("GET", path), api("GET", path, archived="true")
    assert (len(present.ids), gone.ids) == (6, ["41000007"])
    assert present.data["results"][3]["teams"] == [
        {"id": "51900102", "name": "Sales West", "primary": True},
        {"id": "51900101", "name": "Sales East", "primary": False},
    ]
    assert gone.data["results"][0]["userId"] is None
    assert gone.data["results"][0]["userIdIncludingInactive"] == 61000007


def test_owners_are_paged_and_found_by_email(api: Api, at: str) -> None:
    path = at.format("owners")
    page = api("GET", path, limit=4)
    assert api("GET", path, after=page.data["paging"]["next"]["after"]).ids == ["41000005", "41000006"]
    assert api("GET", path, email="Priya.Raman@sandbox.example").ids == ["41000005"]
    assert api("GET", path, email="nobody@sandbox.example").ids == []
    assert api("GET", path, limit=501).status == 400


def test_an_owner_is_read_by_owner_id_or_user_id(api: Api, at: str) -> None:
    path = at.format("owners")
    assert api("GET", f"{path}/41000003").data["firstName"] == "Inês"
    assert api("GET", f"{path}/61000003", idProperty="userId").data["id"] == "41000003"
    assert api("GET", f"{path}/41000007").status == 404
    assert api("GET", f"{path}/41000007", archived="true").data["archived"] is True


def test_pipelines_have_stages_with_what_they_mean(api: Api, at: str) -> None:
    path = f"{at.format('pipelines')}/deals"
    sales, renewals, _ = api("GET", path).data["results"]
    assert (sales["id"], renewals["label"]) == ("default", "Renewals")
    assert sales["stages"][5]["metadata"] == {"isClosed": "true", "probability": "1.0"}
    assert api("GET", f"{path}/default").data == sales
    assert api("GET", f"{path}/default/stages").data["results"] == sales["stages"]
    assert api("GET", f"{path}/default/stages/closedwon").data == sales["stages"][5]
    assert api("GET", f"{path}/nothing").status == 404
    assert api("GET", f"{at.format('pipelines')}/notes").data == {"results": []}


def test_a_list_is_found_by_id_name_and_search(api: Api, at: str) -> None:
    path = at.format("lists")
    one = api("GET", f"{path}/11").data["list"]
    assert (one["name"], one["processingType"], one["objectTypeId"]) == ("Trade fair Chicago 2026", "MANUAL", "0-1")
    assert api("GET", f"{path}/object-type-id/0-1/name/Trade%20fair%20Chicago%202026").data["list"] == one
    assert api("GET", f"{path}/object-type-id/0-2/name/Trade%20fair%20Chicago%202026").status == 404
    assert [found["listId"] for found in api("GET", path, listIds=["11", "14", "99"]).data["lists"]] == ["11", "14"]
    assert api("GET", f"{path}/99").status == 404
    answer = api("POST", f"{path}/search", {"query": "CUSTOMERS"}).data
    assert (answer["total"], answer["hasMore"], answer["lists"][0]["listId"]) == (1, False, "13")
    size = api("GET", f"{path}/13").data["list"]["size"]
    assert answer["lists"][0]["additionalProperties"] == {"hs_list_size": str(size)}
    page = api("POST", f"{path}/search", {"processingTypes": ["MANUAL"], "count": 1}).data
    assert (page["total"], page["hasMore"], page["offset"]) == (2, True, 1)


def test_members_come_in_order_of_id_and_250_a_page(api: Api, at: str) -> None:
    path = f"{at.format('lists')}/13/memberships"
    first = api("GET", path, limit=250)
    rest = api("GET", path, limit=250, after=first.data["paging"]["next"]["after"])
    ids = [int(one["recordId"]) for page in (first, rest) for one in page.data["results"]]
    assert len(first.data["results"]) == 250
    assert len(ids) == first.data["total"] == api("GET", f"{at.format('lists')}/13").data["list"]["size"]
    assert ids == sorted(set(ids))
    assert "paging" not in rest.data
    assert api("GET", path, limit=251).status == 400


def test_members_of_a_manual_list_can_be_added_and_removed(api: Api, at: str) -> None:
    path = f"{at.format('lists')}/11/memberships"
    before = api("GET", path, limit=1).data["total"]
    member = api("GET", path, limit=2).data["results"][1]["recordId"]
    added = api("PUT", f"{path}/add", ["101", member, "999999999"])
    assert (added.status, added.data) == (
        200, {"recordsIdsAdded": ["101"], "recordIdsRemoved": [], "recordIdsMissing": ["999999999"]},
    )  # fmt: skip
    assert api("GET", f"{at.format('lists')}/records/0-1/101/memberships").data["results"][0]["listId"] == "11"
    both = api("PUT", f"{path}/add-and-remove", {"recordIdsToAdd": ["102"], "recordIdsToRemove": ["101"]})
    assert (both.data["recordsIdsAdded"], both.data["recordIdsRemoved"]) == (["102"], ["101"])
    assert api("PUT", f"{path}/remove", ["102", "103"]).data["recordIdsRemoved"] == ["102"]
    assert api("GET", path, limit=1).data["total"] == before


def test_a_dynamic_list_takes_nobody_by_hand(api: Api, at: str) -> None:
    path = f"{at.format('lists')}/13/memberships"
    before = api("GET", path, limit=1).data["total"]
    for reply in (api("PUT", f"{path}/add", ["101"]), api("PUT", f"{path}/remove", ["101"])):
        assert (reply.status, reply.data["category"]) == (400, "VALIDATION_ERROR")
        assert "DYNAMIC" in reply.data["message"]
    assert api("GET", path, limit=1).data["total"] == before


def test_an_old_list_still_holds_a_merged_contact_and_loses_an_archived_one(api: Api) -> None:
    path = "/crm/v3/lists/11/memberships"
    archived = [one["recordId"] for one in api("GET", path, limit=250).data["results"]][-1]
    assert api("DELETE", f"/crm/v3/objects/contacts/{archived}").status == 204
    ids = [one["recordId"] for one in api("GET", path, limit=250).data["results"]]
    assert "104" in ids
    assert archived not in ids


@pytest.mark.parametrize("path", ["/crm-object-schemas/v3/schemas", "/crm-object-schemas/2026-03/schemas"])
def test_schemas_tell_custom_objects(api: Api, path: str) -> None:
    (one,) = api("GET", path).data["results"]
    assert (one["objectTypeId"], one["fullyQualifiedName"]) == ("2-11000001", "p24681357_subscriptions")
    assert one["requiredProperties"] == ["subscription_name"]
    assert one["primaryDisplayProperty"] == "subscription_name"
    assert "plan" in [definition["name"] for definition in one["properties"]]
    assert {"0-1", "0-2"} <= {link["toObjectTypeId"] for link in one["associations"]}
    assert api("GET", f"{path}/p24681357_subscriptions").data == one
    assert api("GET", f"{path}/contacts").data["labels"] == {"singular": "Contact", "plural": "Contacts"}


@pytest.mark.parametrize("path", ["/account-info/v3", "/account-info/2026-09"])
def test_the_account_tells_who_it_is(api: Api, sandbox: Sandbox, path: str) -> None:
    details = api("GET", f"{path}/details").data
    assert (details["portalId"], details["accountType"], details["companyCurrency"]) == (24681357, "SANDBOX", "USD")
    assert "sandbox" in details["portalName"].lower()
    assert re.fullmatch(r"-0[45]:00", details["utcOffset"])
    sandbox.account(accountType="STANDARD", timeZone="UTC")
    changed = api("GET", f"{path}/details").data
    assert (changed["accountType"], changed["utcOffset"], changed["portalId"]) == ("STANDARD", "+00:00", 24681357)


def test_daily_usage_counts_this_very_call(api: Api) -> None:
    for _ in range(3):
        api("GET", "/crm/v3/owners")
    (usage,) = api("GET", "/account-info/2026-09/api-usage/daily/private-apps").data["results"]
    assert (usage["currentUsage"], usage["usageLimit"]) == (4, 625_000)
    assert datetime.fromisoformat(usage["resetsAt"]) > datetime.fromisoformat(usage["collectedAt"])


def test_a_token_can_be_asked_what_it_may_do(api: Api, sandbox: Sandbox) -> None:
    path = "/oauth/v2/private-apps/get/access-token-info"
    sandbox.token("pat-na1-reader", scopes=["crm.objects.contacts.read"])
    told = api("POST", path, {"tokenKey": "pat-na1-reader"}).data
    assert (told["scopes"], told["hubId"], told["isUserToken"]) == (["crm.objects.contacts.read"], 24681357, False)
    assert told.keys() == {"userId", "hubId", "appId", "scopes", "isUserToken"}
    assert "crm.objects.contacts.write" in api("POST", path, {"tokenKey": sandbox.hubspot_token}).data["scopes"]
    unknown = api("POST", path, {"tokenKey": "pat-na1-nobody"})
    assert unknown.status == 404
    assert "pat-na1-nobody" not in str(unknown)


def test_the_typed_client_reads_all_of_it(hubspot_client: HubSpot) -> None:
    crm = hubspot_client.crm
    assert len(crm.owners.owners_api.get_page().results) == 6
    assert crm.owners.owners_api.get_by_id(41000003).last_name == "Carvalho"
    assert crm.pipelines.pipelines_api.get_all("tickets").results[0].stages[3].metadata["ticketState"] == "CLOSED"
    assert crm.lists.lists_api.get_by_id("13").list.name == "Customers"
    assert crm.lists.lists_api.get_by_name("Customers", "0-1").list.list_id == "13"
    assert crm.lists.lists_api.do_search({"query": ""}).total == 5
    assert crm.lists.memberships_api.get_page("13", limit=1).results[0].record_id
    assert crm.lists.memberships_api.add("11", ["101"]).records_ids_added == ["101"]
    assert crm.schemas.core_api.get_all().results[0].object_type_id == "2-11000001"
    assert crm.schemas.core_api.get_by_id("subscriptions").labels.plural == "Subscriptions"
