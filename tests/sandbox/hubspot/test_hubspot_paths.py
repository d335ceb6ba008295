"""Addresses: versions, names of object types, slashes, and what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot

    from hsai_kit.sandbox import Sandbox

BOTH_FAMILIES = [
    ("/crm/v3/objects/contacts", "/crm/objects/{}/contacts"),
    ("/crm/v3/properties/contacts", "/crm/properties/{}/contacts"),
    ("/crm/v3/properties/contacts/groups", "/crm/properties/{}/contacts/groups"),
    ("/crm/v3/owners", "/crm/owners/{}"),
    ("/crm/v3/lists/11", "/crm/lists/{}/11"),
    ("/crm/v3/pipelines/deals", "/crm/pipelines/{}/deals"),
    ("/crm/v3/property-validations/0-1", "/crm/property-validations/{}/0-1"),
    ("/crm-object-schemas/v3/schemas", "/crm-object-schemas/{}/schemas"),
    ("/account-info/v3/details", "/account-info/{}/details"),
    ("/crm/v4/objects/contacts/101/associations/companies", "/crm/objects/{}/contacts/101/associations/companies"),
    ("/crm/v4/associations/contacts/companies/labels", "/crm/associations/{}/contacts/companies/labels"),
]


def _but_paging(body: dict) -> dict:
    kept = {name: value for name, value in body.items() if name != "paging"}
    for one in kept.get("results", []):
        one.update({"toObjectId": str(one["toObjectId"])} if "toObjectId" in one else {})
    return kept


@pytest.mark.parametrize("version", ["2026-09", "2026-03"])
@pytest.mark.parametrize(("old", "dated"), BOTH_FAMILIES)
def test_dated_paths_answer_as_the_old_ones_do(api: Api, old: str, dated: str, version: str) -> None:
    expected, found = api("GET", old), api("GET", dated.format(version))
    assert (expected.status, found.status) == (200, 200)
    assert _but_paging(found.data) == _but_paging(expected.data)


@pytest.mark.parametrize("name", ["contacts", "contact", "CONTACTS", "Contact", "0-1"])
def test_contacts_go_by_every_name(api: Api, objects: str, name: str) -> None:
    assert api("GET", f"{objects}/{name}/101").data["properties"]["hs_object_id"] == "101"


@pytest.mark.parametrize("name", ["subscriptions", "subscription", "2-11000001", "p24681357_subscriptions"])
def test_a_custom_object_goes_by_its_fully_qualified_name_too(api: Api, objects: str, name: str) -> None:
    assert api("GET", f"{objects}/{name}/95000001").status == 200


def test_activities_go_by_their_type_ids(api: Api) -> None:
    for type_id, first in {"0-46": 50000001, "0-27": 60000001, "0-49": 70000001, "0-48": 80000001}.items():
        assert api("GET", f"/crm/objects/2026-09/{type_id}/{first}").status == 200


@pytest.mark.parametrize("path", ["/crm/v3/owners/", "/crm/v3/objects/contacts/", "/crm/objects/2026-09/contacts/101/"])
def test_a_trailing_slash_changes_nothing(api: Api, path: str) -> None:
    with_slash, without = api("GET", path), api("GET", path.rstrip("/"))
    assert (with_slash.status, without.status) == (200, 200)
    assert _but_paging(with_slash.data) == _but_paging(without.data)


def test_an_unknown_object_type_cannot_be_inferred(api: Api, objects: str) -> None:
    reply = api("GET", f"{objects}/unicorns")
    assert reply.status == 400
    assert reply.data["message"] == "Unable to infer object type from: unicorns"
    assert reply.data["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "path",
    ["/crm/v3/imports/", "/crm/exports/2026-09/export/async", "/crm/v3/nothing", "/crm/objects/2025-09/contacts", "/"],
)
def test_what_is_not_there_is_a_404_in_the_envelope(api: Api, path: str) -> None:
    reply = api("GET", path)
    assert reply.status == 404
    assert reply.data["status"] == "error"
    assert reply.data["message"] == "resource not found"


def test_a_record_that_is_not_there_is_a_404(api: Api, objects: str) -> None:
    for identifier in ("999999999", "abc", "99999999999999999999999999", "-1"):
        reply = api("GET", f"{objects}/contacts/{identifier}")
        assert (reply.status, reply.data["category"]) == (404, "OBJECT_NOT_FOUND")


def test_a_wrong_method_is_a_405_that_names_the_right_ones(api: Api) -> None:
    reply = api("DELETE", "/crm/objects/2026-09/contacts")
    assert reply.status == 405
    assert reply.headers["Allow"] == "GET, POST"
    assert reply.data["status"] == "error"


@pytest.mark.parametrize("body", [b'{"properties": {"city": ', b"\xff\xfe", b"[1]", b'"text"', b"[" * 100_000, b""])
def test_a_malformed_body_is_a_400_in_the_envelope(api: Api, sandbox: Sandbox, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {sandbox.hubspot_token}", "Content-Type": "application/json"}
    reply = api.raw("PATCH", "/crm/objects/2026-09/contacts/101", body, headers)
    assert reply.status == 400
    assert reply.data["message"].startswith("Invalid input JSON")
    assert reply.data["category"] == "VALIDATION_ERROR"


def test_every_answer_has_a_correlation_id_and_errors_repeat_it(api: Api) -> None:
    good, bad, gone = (
        api("GET", "/crm/v3/owners"),
        api("GET", "/crm/v3/nothing"),
        api("DELETE", "/crm/v3/objects/notes/50000001"),
    )
    ids = [reply.headers["X-HubSpot-Correlation-Id"] for reply in (good, bad, gone)]
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)
    assert len(set(ids)) == 3
    assert bad.data["correlationId"] == ids[1]
    assert gone.status == 204


def test_an_address_that_is_too_long_is_a_414_with_a_page(api: Api) -> None:
    for names in (140, 400):
        reply = api("GET", "/crm/v3/objects/contacts", properties=["x" * 100 for _ in range(names)])
        assert reply.status == 414
        assert reply.data.startswith("<html>")


def test_the_journal_counts_routes_and_not_addresses(api: Api, sandbox: Sandbox) -> None:
    api("GET", "/crm/v3/objects/contacts/101")
    api("GET", "/crm/v3/objects/contacts/101/")
    api("POST", "/crm/objects/2026-09/0-1/batch/read", {"inputs": []})
    assert sandbox.counts()["hubspot"] == {
        "GET /crm/v3/objects/{object_type}/{object_id}": {"200": 2},
        "POST /crm/objects/2026-09/{object_type}/batch/read": {"200": 1},
    }


def test_the_typed_client_parses_errors_as_well(hubspot_client: HubSpot) -> None:
    from hubspot.crm.objects.exceptions import NotFoundException

    with pytest.raises(NotFoundException) as caught:
        hubspot_client.crm.objects.basic_api.get_by_id("contacts", "999999999")
    assert caught.value.headers["X-HubSpot-Correlation-Id"]
