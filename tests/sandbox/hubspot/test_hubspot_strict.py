"""What HubSpot refuses, warns of, and does beyond records: as strictly as its descriptions have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Api

DATED = "/crm/objects/2026-03"
DEAL, TICKET = 30_000_001, 40_000_001


@pytest.mark.parametrize(
    ("path", "body", "unknown"),
    [
        ("contacts", {"properties": {}, "sendEmail": True}, "sendEmail"),
        ("contacts", {"properties": {}, "associations": [{"to": {"id": "1", "kind": "x"}, "types": []}]},
         "associations[0].to.kind"),
        ("contacts/batch/read", {"inputs": [{"id": "101"}, {"id": "102", "propertyName": "x"}]},
         "inputs[1].propertyName"),
        ("contacts/batch/update", {"inputs": [{"id": "101", "properties": {}, "ifUnchangedSince": "x"}]},
         "inputs[0].ifUnchangedSince"),
        ("contacts/search", {"filterGroups": [{"filters": [{"property": "state"}]}]},
         "filterGroups[0].filters[0].property"),
    ],
)  # fmt: skip
def test_a_field_that_no_description_has_is_refused_by_its_place(api: Api, path: str, body: Any, unknown: str) -> None:
    reply = api("POST", f"{DATED}/{path}", body)
    assert reply.status == 400
    assert reply.data["message"].endswith(f"there is no field {unknown}.")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_has_to_be_sent_as_json(api: Api, media_type: str, sandbox: Any) -> None:
    headers = {"Authorization": f"Bearer {sandbox.hubspot_token}", "Content-Type": media_type}
    reply = api.raw("PATCH", f"{DATED}/contacts/101", b'{"properties": {"city": "Reno"}}', headers)
    assert reply.status == 415
    assert api("GET", f"{DATED}/contacts/101", properties="city").data["properties"]["city"] != "Reno"


def find(api: Api, kind: str, name: str, value: str) -> str:
    filters = [{"propertyName": name, "operator": "EQ", "value": value}]
    found = api("POST", f"{DATED}/{kind}/search", {"filterGroups": [{"filters": filters}], "limit": 1})
    return found.ids[0]


def test_a_stage_belongs_to_the_pipeline_of_its_record(api: Api) -> None:
    renewal = find(api, "deals", "pipeline", "71402210")
    path = f"{DATED}/deals/{renewal}"
    refused = api("PATCH", path, {"properties": {"dealstage": "closedwon"}})
    assert (refused.status, refused.codes) == (400, ["INVALID_OPTION"])
    assert "138022404" in refused.data["message"]
    assert api("PATCH", path, {"properties": {"dealstage": "138022404"}}).status == 200
    assert api("PATCH", path, {"properties": {"pipeline": "default"}}).codes == ["INVALID_OPTION"]
    moved = api("PATCH", path, {"properties": {"pipeline": "default", "dealstage": "closedwon"}})
    assert moved.data["properties"]["dealstage"] == "closedwon"


def test_a_new_deal_without_a_pipeline_goes_into_the_first_one(api: Api) -> None:
    made = api("POST", f"{DATED}/deals", {"properties": {"dealname": "New", "dealstage": "qualifiedtobuy"}})
    assert made.data["properties"]["pipeline"] == "default"
    elsewhere = api("POST", f"{DATED}/deals", {"properties": {"dealname": "New", "dealstage": "138022401"}})
    assert elsewhere.codes == ["INVALID_OPTION"]


def test_two_pipelines_use_the_same_labels(api: Api) -> None:
    stages = api("GET", "/crm/properties/2026-03/deals/dealstage").data["options"]
    assert [one["value"] for one in stages if one["label"] == "Closed Won"] == ["closedwon", "138022413"]
    statuses = api("GET", "/crm/properties/2026-03/tickets/hs_pipeline_stage").data["options"]
    assert [one["value"] for one in statuses if one["label"] == "New"] == ["1", "138022421"]


def test_a_write_that_was_not_done_is_warned_of(api: Api) -> None:
    api("PATCH", f"{DATED}/contacts/101", {"properties": {"lifecyclestage": "customer"}})
    back = {"properties": {"lifecyclestage": "lead"}}
    (warning,) = api("PATCH", f"{DATED}/contacts/101", back).data["warnings"]
    assert warning["context"] == {"propertyName": "lifecyclestage"}
    batch = api("POST", f"{DATED}/contacts/batch/update", {"inputs": [{"id": "101", **back}]})
    assert batch.data["results"][0]["warnings"] == [warning]
    assert "warnings" not in api("PATCH", "/crm/v3/objects/contacts/101", back).data


@pytest.mark.parametrize("by", ["hs_object_id", "email"])
def test_a_contact_is_deleted_for_good(api: Api, by: str) -> None:
    email = api("GET", f"{DATED}/contacts/101").data["properties"]["email"]
    body = {"objectId": "101"} if by == "hs_object_id" else {"objectId": email, "idProperty": "email"}
    assert api("POST", f"{DATED}/contacts/gdpr-delete", body).status == 204
    assert api("GET", f"{DATED}/contacts/101").status == 404
    assert api("GET", f"{DATED}/contacts/101", archived="true").status == 404
    assert api("POST", f"{DATED}/contacts/gdpr-delete", body).status == 204
    made = api("POST", f"{DATED}/contacts", {"properties": {"email": email}})
    assert made.data["id"] != "101"
    assert api("POST", f"{DATED}/deals/gdpr-delete", {"objectId": str(DEAL)}).status == 400


@pytest.mark.parametrize("lists", ["/crm/v3/lists", "/crm/lists/2026-09"])
def test_a_list_is_made_filled_and_taken_away(api: Api, lists: str) -> None:
    wanted = {"name": "For the call", "objectTypeId": "0-1", "processingType": "MANUAL"}
    made = api("POST", lists, wanted).data["list"]
    assert (made["name"], made["size"], made["objectTypeId"]) == ("For the call", 0, "0-1")
    assert api("POST", lists, wanted).status == 400
    assert api("PUT", f"{lists}/{made['listId']}/memberships/add", ["101"]).data["recordsIdsAdded"] == ["101"]
    assert api("DELETE", f"{lists}/{made['listId']}").status == 204
    assert api("GET", f"{lists}/{made['listId']}").status == 404
    assert api("POST", lists, {**wanted, "processingType": "DYNAMIC"}).status == 400


def test_properties_are_read_by_their_names(api: Api) -> None:
    body = {"inputs": [{"name": "state"}, {"name": "nowhere"}], "archived": False, "dataSensitivity": "non_sensitive"}
    for version, status in (("2026-03", 207), ("2026-09", 200)):
        reply = api("POST", f"/crm/properties/{version}/contacts/batch/read", body)
        assert (reply.status, reply.data["results"][0]["name"], reply.data["numErrors"]) == (status, "state", 1)


def test_what_sync_tools_ask_of_quotes_and_schemas_is_there(api: Api) -> None:
    quote = api("GET", f"{DATED}/quotes", properties="hs_public_url_key", limit=1).data["results"][0]
    assert len(quote["properties"]["hs_public_url_key"]) == 32
    schema = api("GET", "/crm-object-schemas/2026-03/schemas/subscriptions").data
    assert schema["allowsSensitiveProperties"] is False


def test_refusals_are_worded_as_hubspot_does(api: Api) -> None:
    missing = api("POST", "/crm/objects/2026-09/tickets", {"properties": {"content": "Help"}})
    assert missing.codes == ["MISSING_REQUIRED_PROPERTY"]
    assert "A value for subject must be provided" in missing.data["message"]
    words = api("GET", f"{DATED}/contacts/ada")
    assert (words.status, words.data["message"]) == (404, "Object not found.  objectId are usually numeric.")
