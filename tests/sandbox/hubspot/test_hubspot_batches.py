"""Batches, and HubSpot's ways of succeeding by halves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot


def ids(*numbers: int | str) -> list[dict[str, str]]:
    return [{"id": str(one)} for one in numbers]


def changes(values: dict[int | str, str], name: str = "city") -> dict[str, Any]:
    return {"inputs": [{"id": str(one), "properties": {name: value}} for one, value in values.items()]}


def cities(api: Api, *numbers: int) -> dict[str, str | None]:
    body = {"inputs": ids(*numbers), "properties": ["city"]}
    found = api("POST", "/crm/v3/objects/contacts/batch/read", body).data["results"]
    return {one["id"]: one["properties"]["city"] for one in found}


def test_a_batch_read_answers_in_order_of_id_and_once_per_record(api: Api, objects: str) -> None:
    body = {"inputs": ids(110, 101, 110, 105), "properties": ["city"]}
    reply = api("POST", f"{objects}/contacts/batch/read", body)
    assert (reply.status, reply.data["status"], reply.ids) == (200, "COMPLETE", ["101", "105", "110"])
    assert reply.data["startedAt"] <= reply.data["completedAt"]


def test_ids_that_are_no_records_make_a_partial_answer(api: Api, objects: str, partial: int) -> None:
    body = {"inputs": ids(101, 999999999, "abc"), "properties": ["city"]}
    reply = api("POST", f"{objects}/contacts/batch/read", body)
    assert (reply.status, reply.ids, reply.data["numErrors"]) == (partial, ["101"], 1)
    (error,) = reply.data["errors"]
    assert error["context"]["ids"] == ["999999999", "abc"]
    assert error["category"] == "OBJECT_NOT_FOUND"
    assert "CONTACT" in error["message"]


def test_a_merged_record_is_left_out_in_silence(api: Api, objects: str) -> None:
    read = api("POST", f"{objects}/contacts/batch/read", {"inputs": ids(104, 105)})
    assert (read.status, read.ids) == (200, ["105"])
    assert "errors" not in read.data
    update = api("POST", f"{objects}/contacts/batch/update", changes({104: "Reno", 106: "Reno"}))
    assert (update.status, update.ids) == (200, ["106"])
    assert cities(api, 105)["105"] != "Reno"


def test_archived_records_are_read_only_where_asked_for(api: Api) -> None:
    api("DELETE", "/crm/v3/objects/contacts/101")
    body = {"inputs": ids(101)}
    assert api("POST", "/crm/v3/objects/contacts/batch/read", body).status == 207
    assert api("POST", "/crm/v3/objects/contacts/batch/read", body, archived="true").ids == ["101"]


def test_a_batch_reads_by_email_too(api: Api) -> None:
    emails = [one["properties"]["email"] for one in api("GET", "/crm/v3/objects/contacts", limit=2).data["results"]]
    body = {"inputs": [{"id": emails[0].upper()}, {"id": "nobody@example.com"}], "idProperty": "email"}
    reply = api("POST", "/crm/objects/2026-03/contacts/batch/read", body)
    assert (reply.status, reply.ids) == (207, ["101"])
    assert reply.data["errors"][0]["context"]["ids"] == ["nobody@example.com"]


def test_a_batch_update_changes_all_and_shows_what_it_wrote(api: Api, objects: str) -> None:
    reply = api("POST", f"{objects}/contacts/batch/update", changes({101: "Reno", 102: "Erie"}))
    assert reply.status == 200
    assert [one["properties"]["city"] for one in reply.data["results"]] == ["Reno", "Erie"]
    assert cities(api, 101, 102) == {"101": "Reno", "102": "Erie"}


def test_an_update_of_missing_records_writes_the_others(api: Api, objects: str, partial: int) -> None:
    reply = api("POST", f"{objects}/contacts/batch/update", changes({101: "Reno", 999999999: "Erie"}))
    assert (reply.status, reply.ids) == (partial, ["101"])
    assert reply.data["errors"][0]["context"]["ids"] == ["999999999"]
    assert cities(api, 101) == {"101": "Reno"}


def test_trace_ids_come_back_with_results_and_errors(api: Api) -> None:
    body = changes({101: "Reno", 999999999: "Erie"})
    for one in body["inputs"]:
        one["objectWriteTraceId"] = f"row-{one['id']}"
    reply = api("POST", "/crm/v3/objects/contacts/batch/update", body)
    assert reply.data["results"][0]["objectWriteTraceId"] == "row-101"
    assert reply.data["errors"][0]["context"] == {"ids": ["999999999"], "objectWriteTraceId": ["row-999999999"]}


@pytest.mark.parametrize("bad", [102, 999999999])
def test_one_invalid_value_discards_a_whole_update(api: Api, objects: str, bad: int) -> None:
    before = cities(api, 101, 103)
    body = changes({101: "Reno", 103: "Erie"})
    body["inputs"].insert(1, {"id": str(bad), "properties": {"seats_planned": "many"}})
    reply = api("POST", f"{objects}/contacts/batch/update", body)
    assert (reply.status, reply.codes) == (400, ["INVALID_INTEGER"])
    assert cities(api, 101, 103) == before


def test_an_id_twice_in_an_update_is_refused(api: Api) -> None:
    body = {"inputs": [*changes({101: "Reno"})["inputs"], *changes({101: "Erie"})["inputs"]]}
    reply = api("POST", "/crm/v3/objects/contacts/batch/update", body)
    assert reply.status == 400
    assert "101" in reply.data["message"]


def test_an_email_twice_in_an_upsert_is_refused_in_any_case(api: Api) -> None:
    inputs = [{"id": one, "idProperty": "email", "properties": {}} for one in ("x@example.com", "X@example.com")]
    assert api("POST", "/crm/v3/objects/contacts/batch/upsert", {"inputs": inputs}).status == 400


def test_two_records_cannot_take_one_email_in_a_batch(api: Api) -> None:
    reply = api(
        "POST", "/crm/v3/objects/contacts/batch/update", changes({101: "a@example.com", 102: "a@example.com"}, "email")
    )
    assert (reply.status, reply.data["message"]) == (409, "Contact already exists. Existing ID: 101")
    assert api("GET", "/crm/v3/objects/contacts/a@example.com", idProperty="email").status == 404


def test_a_batch_has_a_hundred_inputs_at_most(api: Api, objects: str) -> None:
    for address, item in (
        ("read", {}), ("update", {"properties": {}}), ("archive", {}), ("create", {"properties": {}}),
        ("upsert", {"properties": {}, "idProperty": "email"}),
    ):  # fmt: skip
        numbers = range(900_000_000, 900_000_101)
        inputs = [item if address == "create" else {"id": str(number), **item} for number in numbers]
        reply = api("POST", f"{objects}/contacts/batch/{address}", {"inputs": inputs})
        assert (reply.status, reply.data["category"]) == (400, "VALIDATION_ERROR"), address
        assert "is 100" in reply.data["message"]
    with_history = {"inputs": ids(*range(101, 152)), "propertiesWithHistory": ["state"]}
    assert api("POST", f"{objects}/contacts/batch/read", with_history).status == 400
    with_history["inputs"] = ids(*range(101, 151))
    assert api("POST", f"{objects}/contacts/batch/read", with_history).status == 200


def test_a_batch_create_is_all_or_nothing(api: Api, objects: str) -> None:
    body = {"inputs": [{"properties": {"email": f"{name}@example.com"}} for name in ("one", "two")]}
    made = api("POST", f"{objects}/contacts/batch/create", body)
    assert (made.status, len(made.ids)) == (201, 2)
    again = {"inputs": [{"properties": {"email": "three@example.com"}}, *body["inputs"]]}
    refused = api("POST", f"{objects}/contacts/batch/create", again)
    assert (refused.status, refused.data["message"]) == (409, f"Contact already exists. Existing ID: {made.ids[0]}")
    assert api("GET", f"{objects}/contacts/three@example.com", idProperty="email").status == 404


def test_a_batch_create_reports_one_by_one_where_every_input_has_a_trace_id(api: Api) -> None:
    inputs: list[dict[str, Any]] = [
        {"properties": {"email": "four@example.com"}, "objectWriteTraceId": "a"},
        {"properties": {"email": "no address"}, "objectWriteTraceId": "b"},
        {"properties": {"email": "four@example.com"}, "objectWriteTraceId": "c"},
    ]
    path = "/crm/objects/2026-09/contacts/batch/create"
    without = [
        {name: one[name] for name in ("properties",)} if one["objectWriteTraceId"] == "a" else one for one in inputs
    ]
    assert api("POST", path, {"inputs": without}).status == 400
    reply = api("POST", path, {"inputs": inputs})
    assert (reply.status, reply.data["numErrors"]) == (201, 2)
    assert reply.data["results"][0]["objectWriteTraceId"] == "a"
    assert [one["context"]["objectWriteTraceId"] for one in reply.data["errors"]] == [["b"], ["c"]]
    assert [one["category"] for one in reply.data["errors"]] == ["VALIDATION_ERROR", "CONFLICT"]


def test_an_upsert_changes_what_is_there_and_makes_what_is_not(api: Api, objects: str) -> None:
    known = api("GET", f"{objects}/contacts/101", properties="email").data["properties"]["email"]
    inputs = [
        {"id": email, "idProperty": "email", "properties": {"city": "Reno"}} for email in (known, "five@example.com")
    ]
    reply = api("POST", f"{objects}/contacts/batch/upsert", {"inputs": inputs})
    assert reply.status == 200
    assert [(one["new"], one["properties"]["city"]) for one in reply.data["results"]] == [
        (False, "Reno"),
        (True, "Reno"),
    ]
    assert api("GET", f"{objects}/contacts/five@example.com", idProperty="email").data["id"] == reply.ids[1]


def test_a_batch_archive_passes_over_what_is_not_there(api: Api, objects: str) -> None:
    assert api("POST", f"{objects}/contacts/batch/archive", {"inputs": ids(101, 102, 999999999)}).status == 204
    assert api("POST", f"{objects}/contacts/batch/read", {"inputs": ids(101, 102, 103)}).ids == ["103"]


@pytest.mark.parametrize("body", [{}, {"inputs": {}}, {"inputs": ["101"]}, {"inputs": [{"properties": {}}]}])
def test_a_batch_without_proper_inputs_is_refused(api: Api, body: dict[str, Any]) -> None:
    assert api("POST", "/crm/v3/objects/contacts/batch/update", body).status == 400


def test_the_typed_client_tells_a_207_by_its_model(hubspot_client: HubSpot) -> None:
    from hubspot.crm.objects import BatchInputSimplePublicObjectBatchInput, SimplePublicObjectBatchInput

    inputs = [SimplePublicObjectBatchInput(id=one, properties={"city": "Reno"}) for one in ("101", "999999999")]
    api = hubspot_client.crm.objects.batch_api
    partly = api.update("contacts", BatchInputSimplePublicObjectBatchInput(inputs=inputs))
    assert type(partly).__name__ == "BatchResponseSimplePublicObjectWithErrors"
    assert partly.num_errors == 1
    whole = api.update("contacts", BatchInputSimplePublicObjectBatchInput(inputs=inputs[:1]))
    assert type(whole).__name__ == "BatchResponseSimplePublicObject"
    assert whole.results[0].properties["city"] == "Reno"
