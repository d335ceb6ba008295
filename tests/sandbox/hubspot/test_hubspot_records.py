"""Single records and pages of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hsai_kit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Api
    from hubspot import HubSpot


def _all_ids(api: Api, path: str, size: int) -> list[str]:
    ids: list[str] = []
    after = {}
    while True:
        page = api("GET", path, limit=size, **after)
        ids += page.ids
        if "paging" not in page.data:
            return ids
        after = {"after": page.data["paging"]["next"]["after"]}


def test_pages_cover_every_record_once_in_order_of_id(api: Api, objects: str) -> None:
    ids = [int(one) for one in _all_ids(api, f"{objects}/companies", 77)]
    assert len(ids) == 300
    assert ids == sorted(set(ids))


def test_after_is_the_id_of_the_next_record_and_the_link_is_absolute(api: Api, objects: str) -> None:
    page = api("GET", f"{objects}/contacts", limit=3, properties=["state", "city"])
    following = page.data["paging"]["next"]
    assert api("GET", f"{objects}/contacts", limit=1, after=following["after"]).ids == [following["after"]]
    assert following["link"].startswith(f"{api.url}{objects}/contacts?")
    assert api("GET", following["link"].removeprefix(api.url)).ids[0] == following["after"]
    assert "properties=state&properties=city" in following["link"]


def test_a_page_has_ten_records_by_default_and_a_hundred_at_most(api: Api, objects: str) -> None:
    assert len(api("GET", f"{objects}/contacts").ids) == 10
    assert len(api("GET", f"{objects}/contacts", limit=100).ids) == 100
    for wrong in (101, 0, "many", -1):
        assert api("GET", f"{objects}/contacts", limit=wrong).status == 400
    assert api("GET", f"{objects}/contacts", after="x").status == 400


def test_a_page_with_history_has_fifty_records_at_most(api: Api) -> None:
    path = "/crm/objects/2026-09/contacts"
    assert len(api("GET", path, limit=50, propertiesWithHistory="state").ids) == 50
    assert api("GET", path, limit=51, propertiesWithHistory="state").status == 400


def test_properties_may_be_repeated_or_joined_by_commas(api: Api, objects: str) -> None:
    repeated = api("GET", f"{objects}/contacts/101", properties=["state", "country"])
    joined = api("GET", f"{objects}/contacts/101", properties="state,country")
    assert repeated.data == joined.data
    assert {"state", "country"} < repeated.data["properties"].keys()


def test_unset_properties_are_null_and_undefined_ones_are_left_out(api: Api) -> None:
    reply = api("GET", "/crm/v3/objects/contacts/101", properties="seats_planned,no_such_property")
    assert reply.data["properties"]["seats_planned"] is None
    assert "no_such_property" not in reply.data["properties"]
    assert "email" not in reply.data["properties"]


def test_ids_and_dates_come_with_every_record(api: Api) -> None:
    for kind, identifier, created in (("contacts", 101, "createdate"), ("notes", 50000001, "hs_createdate")):
        one = api("GET", f"/crm/v3/objects/{kind}/{identifier}", properties="state").data
        assert one["properties"]["hs_object_id"] == str(identifier) == one["id"]
        assert one["properties"][created] == one["createdAt"]
        assert one["archived"] is False


def test_a_request_without_names_gets_the_types_own_default(api: Api) -> None:
    assert set(api("GET", "/crm/v3/objects/deals/30000001").data["properties"]) == {
        "amount", "closedate", "createdate", "dealname", "dealstage", "hs_lastmodifieddate", "hs_object_id", "pipeline",
    }  # fmt: skip


def test_the_typed_client_reads_pages_and_records(hubspot_client: HubSpot) -> None:
    page = hubspot_client.crm.contacts.basic_api.get_page(limit=5, properties=["state"], associations=["companies"])
    assert [one.id for one in page.results] == ["101", "102", "103", "105", "106"]
    one = hubspot_client.crm.deals.basic_api.get_by_id("30000001", associations=["contacts"])
    assert one.associations["contacts"].results[0].type == "deal_to_contact"


def test_associations_of_a_record_come_once_per_type(api: Api) -> None:
    one = api("GET", "/crm/objects/2026-09/contacts/101", associations="companies,notes").data["associations"]
    assert [link["type"] for link in one["companies"]["results"]] == [
        "contact_to_company_unlabeled",
        "contact_to_company",
    ]
    assert {link["type"] for link in one["notes"]["results"]} == {"contact_to_note"}


def test_a_contact_is_found_by_its_email_in_any_case(api: Api, objects: str) -> None:
    email = api("GET", f"{objects}/contacts/101", properties="email").data["properties"]["email"]
    found = api("GET", f"{objects}/contacts/{email.upper()}", idProperty="email")
    assert found.data["id"] == "101"
    assert api("GET", f"{objects}/contacts/nobody@example.com", idProperty="email").status == 404
    assert api("GET", f"{objects}/contacts/Teresa", idProperty="firstname").status == 400


def test_a_record_can_be_created_read_changed_and_archived(api: Api, objects: str) -> None:
    made = api("POST", f"{objects}/contacts", {"properties": {"email": "New.Person@example.com", "state": "TX"}})
    assert made.status == 201
    assert made.data["properties"]["email"] == "new.person@example.com"
    path = f"{objects}/contacts/{made.data['id']}"
    changed = api("PATCH", path, {"properties": {"state": "Texas", "city": ""}})
    assert changed.status == 200
    assert changed.data["properties"]["state"] == "Texas"
    assert changed.data["properties"]["city"] is None
    assert changed.data["updatedAt"] > made.data["updatedAt"] == made.data["createdAt"]
    assert changed.data["properties"]["lastmodifieddate"] == changed.data["updatedAt"]
    assert api("GET", path, properties="state").data["properties"]["state"] == "Texas"
    assert api("DELETE", path).status == 204
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404
    archived = api("GET", path, archived="true")
    assert archived.data["archived"] is True
    assert archived.data["archivedAt"] >= changed.data["updatedAt"]
    assert made.data["id"] in api("GET", f"{objects}/contacts", archived="true").ids
    assert made.data["id"] not in _all_ids(api, f"{objects}/contacts", 100)


def test_archiving_what_never_was_is_a_404(api: Api) -> None:
    assert api("DELETE", "/crm/v3/objects/contacts/999999999").status == 404


def test_a_change_to_the_same_value_changes_no_date(api: Api) -> None:
    before = api("GET", "/crm/v3/objects/contacts/101", properties="state").data
    after = api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"state": before["properties"]["state"]}}).data
    assert after["updatedAt"] == before["updatedAt"]


def test_the_history_of_a_property_goes_back_to_the_first_value(api: Api, objects: str) -> None:
    path = f"{objects}/contacts/101"
    before = api("GET", path, properties="state", propertiesWithHistory="state,zip,seats_planned").data
    (first,) = before["propertiesWithHistory"]["state"]
    assert first["value"] == before["properties"]["state"]
    assert first["timestamp"] == before["createdAt"]
    assert before["propertiesWithHistory"]["seats_planned"] == []
    for value in ("Texas", ""):
        api("PATCH", path, {"properties": {"state": value}})
    versions = api("GET", path, propertiesWithHistory="state").data["propertiesWithHistory"]["state"]
    assert [one["value"] for one in versions] == ["", "Texas", first["value"]]
    assert versions[0]["sourceType"] == "INTEGRATION"
    assert versions[0].keys() == {"value", "timestamp", "sourceType", "sourceId", "sourceLabel"}
    assert versions[0]["timestamp"] > versions[1]["timestamp"] > versions[2]["timestamp"]


def test_a_second_contact_with_an_email_is_a_conflict_that_names_the_first(api: Api, objects: str) -> None:
    email = api("GET", f"{objects}/contacts/101", properties="email").data["properties"]["email"]
    made = api("POST", f"{objects}/contacts", {"properties": {"email": email}})
    assert (made.status, made.data["category"]) == (409, "CONFLICT")
    assert made.data["message"] == "Contact already exists. Existing ID: 101"
    assert api("PATCH", f"{objects}/contacts/102", {"properties": {"email": email}}).status == 409
    assert api("PATCH", f"{objects}/contacts/101", {"properties": {"email": email}}).status == 200


def test_an_archived_contact_gives_its_email_free(api: Api) -> None:
    email = api("GET", "/crm/v3/objects/contacts/101", properties="email").data["properties"]["email"]
    api("DELETE", "/crm/v3/objects/contacts/101")
    assert api("POST", "/crm/v3/objects/contacts", {"properties": {"email": email}}).status == 201


def test_associations_can_be_made_with_a_new_record(api: Api, objects: str) -> None:
    link = {"to": {"id": "101"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]}
    note = {"properties": {"hs_note_body": "Called.", "hs_timestamp": "2026-11-16"}, "associations": [link]}
    made = api("POST", f"{objects}/notes", note)
    assert made.status == 201
    linked = api("GET", "/crm/v4/objects/contacts/101/associations/notes", limit=500).data["results"]
    assert int(made.data["id"]) in [one["toObjectId"] for one in linked]


@pytest.mark.parametrize("to_id", ["999999999", "abc"])
def test_a_record_linked_to_nobody_is_not_made(api: Api, to_id: str) -> None:
    link = {"to": {"id": to_id}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 202}]}
    note = {"properties": {"hs_note_body": "Called."}, "associations": [link]}
    before = _all_ids(api, "/crm/v3/objects/notes", 100)
    assert api("POST", "/crm/v3/objects/notes", note).status == 400
    assert _all_ids(api, "/crm/v3/objects/notes", 100) == before


def test_a_merge_leaves_one_record_that_answers_for_both(api: Api, objects: str) -> None:
    body = {"primaryObjectId": "101", "objectIdToMerge": "102"}
    kept, gone = (api("GET", f"{objects}/contacts/{one}", properties="state,email").data for one in (101, 102))
    merged = api("POST", f"{objects}/contacts/merge", body)
    assert (merged.status, merged.data["id"]) == (200, "101")
    assert merged.data["properties"]["state"] == kept["properties"]["state"]
    assert api("GET", f"{objects}/contacts/102").data["id"] == "101"
    found = api("GET", f"{objects}/contacts/{gone['properties']['email']}", idProperty="email")
    assert found.data["id"] == "101"
    assert "102" not in _all_ids(api, f"{objects}/contacts", 100)
    assert api("POST", f"{objects}/contacts/merge", body).status == 404
    assert api("POST", f"{objects}/contacts/merge", {**body, "objectIdToMerge": "101"}).status == 400


def test_a_merge_leaves_values_of_archived_properties_behind(api: Api) -> None:
    api(
        "PATCH",
        "/crm/v3/objects/contacts/102",
        {"properties": {"ai_summary": "Of the one that goes", "seats_planned": "7"}},
    )
    assert api("DELETE", "/crm/v3/properties/contacts/ai_summary").status == 204
    merged = api("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "101", "objectIdToMerge": "102"})
    assert merged.status == 200
    assert "ai_summary" not in merged.data["properties"]
    assert merged.data["properties"]["seats_planned"] == "7"


def test_a_merged_records_associations_go_to_the_survivor(api: Api) -> None:
    def notes(contact: int) -> set[int]:
        linked = api("GET", f"/crm/v4/objects/contacts/{contact}/associations/notes", limit=500).data["results"]
        return {one["toObjectId"] for one in linked}

    both = notes(101) | notes(102)
    api("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "101", "objectIdToMerge": "102"})
    assert notes(101) == both
    back = api("GET", f"/crm/v4/objects/notes/{max(both)}/associations/contacts").data["results"]
    assert 102 not in [one["toObjectId"] for one in back]


def test_the_seeds_merged_contact_answers_with_its_survivor(api: Api) -> None:
    assert api("GET", "/crm/objects/2026-09/contacts/104").data["id"] == "105"


def test_state_outlives_the_process_with_a_data_file(tmp_path: Path, open_api: Callable[[str, str], Api]) -> None:
    for expected in (None, "kept"):
        with Sandbox(data=tmp_path / "portal.sqlite", contacts=20) as started:
            client = open_api(started.hubspot_url, started.hubspot_token)
            found = client("GET", "/crm/v3/objects/contacts/101", properties="ai_summary").data["properties"]
            assert found["ai_summary"] == expected
            client("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"ai_summary": "kept"}})
