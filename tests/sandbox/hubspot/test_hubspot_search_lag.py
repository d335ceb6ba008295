"""Search sees the portal as it was a moment ago."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot

    from hsai_kit.sandbox import Sandbox

CONTACTS = "/crm/v3/objects/contacts"


def search_ids(api: Api, name: str, value: Any, path: str = CONTACTS) -> list[str]:
    """Which records have that value of a property, as search sees it."""
    operand = {"operator": "IN", "values": value} if isinstance(value, list) else {"operator": "EQ", "value": value}
    body = {"filterGroups": [{"filters": [{"propertyName": name, **operand}]}]}
    return api("POST", f"{path}/search", body).ids


def test_search_sees_a_change_only_after_the_lag(api: Api, sandbox: Sandbox) -> None:
    sandbox.limits("hubspot", search_lag=0.6, search_per_second=None)
    assert search_ids(api, "city", "Nowhere On Purpose") == []
    api("PATCH", f"{CONTACTS}/101", {"properties": {"city": "Nowhere On Purpose"}})
    made = api("POST", CONTACTS, {"properties": {"city": "Nowhere On Purpose"}}).data["id"]
    assert api("GET", f"{CONTACTS}/101", properties="city").data["properties"]["city"] == "Nowhere On Purpose"
    assert search_ids(api, "city", "Nowhere On Purpose") == []
    time.sleep(0.7)
    assert search_ids(api, "city", "Nowhere On Purpose") == ["101", made]
    api("DELETE", f"{CONTACTS}/101")
    assert search_ids(api, "city", "Nowhere On Purpose") == ["101", made]
    time.sleep(0.7)
    assert search_ids(api, "city", "Nowhere On Purpose") == [made]


def test_the_lag_holds_for_a_type_that_was_never_searched_before(api: Api, sandbox: Sandbox) -> None:
    sandbox.limits("hubspot", search_lag=30, search_per_second=None)
    api("PATCH", "/crm/v3/objects/deals/30000001", {"properties": {"dealname": "Nothing Like It"}})
    assert search_ids(api, "dealname", "Nothing Like It", "/crm/v3/objects/deals") == []


def test_a_refused_batch_is_not_seen_either(api: Api) -> None:
    assert search_ids(api, "city", "Reno On Purpose") == []
    inputs = [
        {"id": "101", "properties": {"city": "Reno On Purpose"}},
        {"id": "102", "properties": {"seats_planned": "many"}},
    ]
    assert api("POST", f"{CONTACTS}/batch/update", {"inputs": inputs}).status == 400
    assert search_ids(api, "city", "Reno On Purpose") == []


def test_archived_and_merged_records_are_not_found(api: Api) -> None:
    api("DELETE", f"{CONTACTS}/101")
    api("POST", f"{CONTACTS}/merge", {"primaryObjectId": "102", "objectIdToMerge": "103"})
    assert search_ids(api, "hs_object_id", ["101", "102", "103", "104"]) == ["102"]


def test_the_typed_client_searches(hubspot_client: HubSpot) -> None:
    from hubspot.crm.objects import Filter, FilterGroup, PublicObjectSearchRequest

    one = Filter(property_name="hs_object_id", operator="IN", values=["101", "102"])
    request = PublicObjectSearchRequest(filter_groups=[FilterGroup(filters=[one])], properties=["state"], limit=1)
    answer = hubspot_client.crm.objects.search_api.do_search("contacts", request)
    assert (answer.total, answer.results[0].id, answer.paging.next.after) == (2, "101", "1")
