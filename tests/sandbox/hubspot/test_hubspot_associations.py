"""Associations between records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot

PRIMARY = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}


@pytest.fixture(
    params=[("/crm/v4/objects", "/crm/v4/associations"), ("/crm/objects/2026-09", "/crm/associations/2026-09")]
)
def paths(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The paths of one record's associations and of many records' ones."""
    return request.param  # type: ignore[no-any-return]


def ends(api: Api, path: str) -> dict[int, list[int]]:
    """Which records are at the other end, and by which type ids."""
    found = api("GET", path, limit=500).data["results"]
    return {int(one["toObjectId"]): [known["typeId"] for known in one["associationTypes"]] for one in found}


def test_a_record_shows_what_it_is_linked_to_and_how(api: Api, paths: tuple[str, str]) -> None:
    (one,) = api("GET", f"{paths[0]}/contacts/101/associations/companies").data["results"]
    # A number as in v4's examples, text as in the descriptions of the dated versions.
    assert isinstance(one["toObjectId"], int if "v4" in paths[0] else str)
    assert one["associationTypes"] == [
        {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
        {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
    ]


def test_the_associations_of_a_record_are_paged(api: Api) -> None:
    path = "/crm/v4/objects/companies/20000001/associations/contacts"
    everyone = ends(api, path)
    assert len(everyone) > 3
    found: list[int] = []
    after: dict[str, str] = {}
    while True:
        page = api("GET", path, limit=2, **after)
        found += [one["toObjectId"] for one in page.data["results"]]
        if "paging" not in page.data:
            break
        after = {"after": page.data["paging"]["next"]["after"]}
    assert found == sorted(everyone)
    assert api("GET", path, limit=501).status == 400


def test_a_batch_read_tells_apart_who_is_linked_to_nothing(api: Api, paths: tuple[str, str]) -> None:
    companies = f"{paths[0]}/contacts/101/associations/companies"
    for one in ends(api, companies):
        api("DELETE", f"{companies}/{one}")
    body = {"inputs": [{"id": "101"}, {"id": "102"}, {"id": "999999999"}]}
    reply = api("POST", f"{paths[1]}/contacts/companies/batch/read", body)
    assert (reply.status, reply.data["numErrors"]) == (207 if "v4" in paths[0] else 200, 2)
    (one,) = reply.data["results"]
    assert one["from"] == {"id": "102"}
    assert one["to"][0]["associationTypes"][0]["typeId"] == 279
    error = reply.data["errors"][0]
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == ["101"]
    alone = api("POST", f"{paths[1]}/contacts/companies/batch/read", {"inputs": [{"id": "102"}]})
    assert (alone.status, "errors" in alone.data) == (200, False)


def test_a_default_association_goes_both_ways(api: Api, paths: tuple[str, str]) -> None:
    reply = api("PUT", f"{paths[0]}/notes/50000001/associations/default/tickets/40000001")
    assert reply.status == 200
    assert reply.data["results"][0]["associationSpec"]["associationTypeId"] == 228
    assert ends(api, f"{paths[0]}/notes/50000001/associations/tickets") == {40000001: [228]}
    assert ends(api, f"{paths[0]}/tickets/40000001/associations/notes")[50000001] == [227]


def test_a_labeled_association_brings_the_default_one_along(api: Api, paths: tuple[str, str]) -> None:
    path = f"{paths[0]}/contacts/101/associations/companies"
    made = api("PUT", f"{path}/20000300", [PRIMARY])
    assert (made.status, made.data["labels"]) == (201, ["Primary"])
    assert ends(api, path)[20000300] == [279, 1]
    assert ends(api, f"{paths[0]}/companies/20000300/associations/contacts")[101] == [280, 2]
    assert api("DELETE", f"{path}/20000300").status == 204
    assert 20000300 not in ends(api, path)
    assert 101 not in ends(api, f"{paths[0]}/companies/20000300/associations/contacts")


def test_batches_make_and_take_away_associations(api: Api, paths: tuple[str, str]) -> None:
    pair = {"from": {"id": "101"}, "to": {"id": "20000300"}}
    made = api("POST", f"{paths[1]}/contacts/companies/batch/create", {"inputs": [{**pair, "types": [PRIMARY]}]})
    is_old = "v4" in paths[0]
    assert made.status == (201 if is_old else 200)
    start, end = (101, 20000300) if is_old else ("101", "20000300")
    assert made.data["results"][0] == {
        "fromObjectTypeId": "0-1", "fromObjectId": start, "toObjectTypeId": "0-2", "toObjectId": end,
        "labels": ["Primary"],
    }  # fmt: skip
    gone = {"inputs": [{"from": {"id": "101"}, "to": [{"id": "20000300"}]}]}
    assert api("POST", f"{paths[1]}/contacts/companies/batch/archive", gone).status == 204
    again = api("POST", f"{paths[1]}/contacts/companies/batch/associate/default", {"inputs": [pair]})
    assert (again.status, again.data["results"][0]["associationSpec"]["associationTypeId"]) == (200, 279)
    assert ends(api, f"{paths[0]}/contacts/101/associations/companies")[20000300] == [279]


def test_records_that_are_not_there_are_not_linked(api: Api, paths: tuple[str, str]) -> None:
    inputs = [
        {"from": {"id": "101"}, "to": {"id": one}, "types": [PRIMARY]} for one in ("20000300", "999999999", "abc")
    ]
    reply = api("POST", f"{paths[1]}/contacts/companies/batch/create", {"inputs": inputs})
    assert (reply.status, len(reply.data["results"])) == (207 if "v4" in paths[0] else 200, 1)
    assert reply.data["errors"][0]["context"]["ids"] == ["999999999", "abc"]
    assert api("PUT", f"{paths[0]}/contacts/101/associations/default/companies/999999999").status == 404
    assert api("GET", f"{paths[0]}/contacts/999999999/associations/companies").status == 404


@pytest.mark.parametrize(
    "types", [[], [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 3}], ["1"], None]
)
def test_a_type_of_another_pair_is_refused(api: Api, types: Any) -> None:
    pair = {"from": {"id": "101"}, "to": {"id": "20000300"}, "types": types}
    assert api("POST", "/crm/v4/associations/contacts/companies/batch/create", {"inputs": [pair]}).status == 400


def test_the_types_between_two_object_types_are_listed(api: Api, paths: tuple[str, str]) -> None:
    for one, other, expected in (
        ("contacts", "companies", [(279, None), (1, "Primary")]),
        ("deals", "contacts", [(3, None)]),
        ("companies", "companies", [(450, None), (13, "Child Company"), (14, "Parent Company")]),
        ("subscriptions", "contacts", [(35, None)]),
        ("notes", "tasks", []),
    ):
        found = api("GET", f"{paths[1]}/{one}/{other}/labels").data["results"]
        assert [(known["typeId"], known["label"]) for known in found] == expected


def test_a_custom_object_is_linked_by_its_own_types(api: Api) -> None:
    path = "/crm/objects/2026-09/subscriptions/95000001/associations"
    assert api("PUT", f"{path}/default/contacts/101").status == 200
    assert ends(api, f"{path}/contacts")[101] == [35]
    assert ends(api, "/crm/objects/2026-09/contacts/101/associations/p24681357_subscriptions")[95000001] == [36]


def test_a_parent_company_sees_its_child(api: Api) -> None:
    parent = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 14}]
    api("PUT", "/crm/v4/objects/companies/20000001/associations/companies/20000002", parent)
    assert ends(api, "/crm/v4/objects/companies/20000002/associations/companies")[20000001] == [450, 13]


def test_archiving_a_record_ends_its_associations(api: Api) -> None:
    (company,) = ends(api, "/crm/v4/objects/contacts/101/associations/companies")
    api("DELETE", "/crm/v3/objects/contacts/101")
    assert 101 not in ends(api, f"/crm/v4/objects/companies/{company}/associations/contacts")


def test_association_batches_have_limits_of_their_own(api: Api) -> None:
    many = [{"id": str(number)} for number in range(900_000_000, 900_001_001)]
    read = "/crm/v4/associations/contacts/companies/batch/read"
    assert api("POST", read, {"inputs": many}).status == 400
    assert api("POST", read, {"inputs": many[:1000]}).status == 207
    pairs = [{"from": {"id": "101"}, "to": {"id": "20000001"}, "types": [PRIMARY]}] * 2001
    create = "/crm/v4/associations/contacts/companies/batch/create"
    assert api("POST", create, {"inputs": pairs}).status == 400
    assert api("POST", create, {"inputs": pairs[:2000]}).status == 201


def test_the_typed_client_reads_and_makes_associations(hubspot_client: HubSpot) -> None:
    from hubspot.crm.associations.v4 import (
        AssociationSpec,
        BatchInputPublicFetchAssociationsBatchRequest,
        PublicFetchAssociationsBatchRequest,
    )

    v4 = hubspot_client.crm.associations.v4
    wish = BatchInputPublicFetchAssociationsBatchRequest(inputs=[PublicFetchAssociationsBatchRequest(id="101")])
    answer = v4.batch_api.get_page("contacts", "companies", wish)
    assert answer.results[0].to[0].association_types[1].label == "Primary"
    made = v4.basic_api.create(
        "contacts", "101", "companies", "20000300",
        [AssociationSpec(association_category="HUBSPOT_DEFINED", association_type_id=1)],
    )  # fmt: skip
    assert made.labels == ["Primary"]
    assert v4.basic_api.create_default("notes", "50000001", "tickets", "40000001").results
    assert len(v4.basic_api.get_page("contacts", "101", "companies").results) == 2
    assert v4.schema.definitions_api.get_all("deals", "contacts").results[0].type_id == 3
