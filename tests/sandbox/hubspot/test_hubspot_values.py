"""What properties hold: types, options, clearing, read-only ones, required ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Api, Reply
    from hubspot import HubSpot

CONTACT = "/crm/objects/2026-09/contacts/101"


def write(api: Api, name: str, value: object, path: str = CONTACT) -> Reply:
    return api("PATCH", path, {"properties": {name: value}})


def read_value(api: Api, name: str, path: str = CONTACT) -> str | None:
    value: str | None = api("GET", path, properties=name).data["properties"][name]
    return value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such_property", "x", "PROPERTY_DOESNT_EXIST"),
        ("email", "no address", "INVALID_EMAIL"),
        ("email", "two@@example.com", "INVALID_EMAIL"),
        ("lead_class", "Sales inquiry", "INVALID_OPTION"),
        ("lead_class", "SALES", "INVALID_OPTION"),
        ("product_interest", "inventory;nonsense", "INVALID_OPTION"),
        ("newsletter_opt_in", "yes", "INVALID_OPTION"),
        ("seats_planned", "about ten", "INVALID_INTEGER"),
        ("seats_planned", "NaN", "INVALID_INTEGER"),
        ("contract_end_date", "soon", "INVALID_DATE"),
        ("contract_end_date", "2026-02-30", "INVALID_DATE"),
        ("contract_end_date", "1796688001000", "INVALID_DATE"),
        ("contract_end_date", "999999999999999", "INVALID_DATE"),
        ("hs_lifecyclestage_customer_date", "yesterday", "INVALID_LONG"),
        ("hubspot_owner_id", "12", "INVALID_OWNER_ID"),
        ("hs_email_domain", "example.com", "READ_ONLY_VALUE"),
        ("createdate", "2026-01-01", "READ_ONLY_VALUE"),
        ("lastmodifieddate", "2026-01-01", "READ_ONLY_VALUE"),
        ("hs_object_id", "5", "READ_ONLY_VALUE"),
        ("num_associated_deals", "5", "READ_ONLY_VALUE"),
        ("message", "x" * 65_537, "PROPERTY_VALUE_TOO_LONG"),
        ("city", ["Austin"], "INVALID_STRING"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_code(api: Api, name: str, value: object, code: str) -> None:
    reply = write(api, name, value)
    assert (reply.status, reply.data["category"], reply.codes) == (400, "VALIDATION_ERROR", [code])
    assert reply.data["errors"][0]["context"] == {"propertyName": [name]}
    told = json.loads(reply.data["message"].removeprefix("Property values were not valid: "))
    assert [(one["name"], one["error"]) for one in told] == [(name, code)]


def test_an_invalid_option_is_answered_with_every_option(api: Api) -> None:
    message = write(api, "lead_class", "Sales inquiry").data["errors"][0]["message"]
    assert message.startswith("Sales inquiry was not one of the allowed options: ")
    for option in ("sales", "support", "billing", "partnership", "careers", "spam", "other"):
        assert option in message


def test_every_bad_property_has_an_entry_and_the_good_ones_are_not_written(api: Api) -> None:
    before = read_value(api, "city")
    reply = api("PATCH", CONTACT, {"properties": {"city": "Austin", "seats_planned": "x", "nothing": "x"}})
    assert sorted(reply.codes) == ["INVALID_INTEGER", "PROPERTY_DOESNT_EXIST"]
    assert read_value(api, "city") == before


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("lead_class", "sales", "sales"),
        ("product_interest", "inventory;returns", "inventory;returns"),
        ("product_interest", "returns; returns;inventory", "returns;inventory"),
        ("newsletter_opt_in", "TRUE", "true"),
        ("newsletter_opt_in", False, "false"),
        ("seats_planned", " 12.50 ", "12.50"),
        ("seats_planned", 12, "12"),
        ("contract_end_date", "2026-12-31", "2026-12-31"),
        ("contract_end_date", "1796688000000", "2026-12-08"),
        ("contract_end_date", 1796688000000, "2026-12-08"),
        ("contract_end_date", "2026-12-31T00:00:00Z", "2026-12-31"),
        ("hs_lifecyclestage_customer_date", "2026-11-16T10:30:00+02:00", "2026-11-16T08:30:00.000Z"),
        ("hs_lifecyclestage_customer_date", "1796688000123", "2026-12-08T00:00:00.123Z"),
        ("hs_lifecyclestage_customer_date", "2026-11-16", "2026-11-16T00:00:00.000Z"),
        ("hubspot_owner_id", "41000002", "41000002"),
        ("hubspot_owner_id", "41000007", "41000007"),
        ("email", " Name+Tag@Sub.Example.com ", "name+tag@sub.example.com"),
        ("message", "x" * 65_536, "x" * 65_536),
        ("city", "São Paulo 🏙 \u202eright to left", "São Paulo 🏙 \u202eright to left"),
        ("city", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("city", "half \ud83d", "half ?"),
    ],
)
def test_a_value_that_fits_is_kept_as_its_type_writes_it(api: Api, name: str, value: object, kept: str) -> None:
    reply = write(api, name, value)
    assert (reply.status, read_value(api, name)) == (200, kept)
    assert reply.data["properties"][name] == kept


@pytest.mark.parametrize(
    "name", ["state", "lead_class", "product_interest", "seats_planned", "hubspot_owner_id", "email"]
)
def test_an_empty_string_clears(api: Api, name: str) -> None:
    assert write(api, name, "").status == 200
    assert read_value(api, name) is None


def test_a_leading_semicolon_adds_to_the_options_chosen(api: Api) -> None:
    write(api, "product_interest", "inventory;returns")
    write(api, "product_interest", ";analytics;returns")
    assert read_value(api, "product_interest") == "inventory;returns;analytics"


def test_the_lifecycle_stage_only_moves_forward_and_says_nothing(api: Api) -> None:
    for value, kept in (
        ("opportunity", "opportunity"),
        ("lead", "opportunity"),
        ("customer", "customer"),
        ("", None),
        ("lead", "lead"),
    ):
        reply = write(api, "lifecyclestage", value)
        assert (reply.status, reply.data["properties"]["lifecyclestage"]) == (200, kept)


def test_a_property_that_became_a_dropdown_takes_only_its_options(api: Api) -> None:
    options = [{"label": "Texas", "value": "TX"}, {"label": "Ohio", "value": "OH"}]
    body = {"type": "enumeration", "fieldType": "select", "options": options}
    assert api("PATCH", "/crm/properties/2026-09/contacts/state", body).status == 200
    assert write(api, "state", "Texas").codes == ["INVALID_OPTION"]
    assert write(api, "state", "TX").status == 200


def test_only_the_newest_version_holds_writes_to_required_properties(api: Api) -> None:
    body = {"properties": {"content": "No name"}}
    refused = api("POST", "/crm/objects/2026-09/tickets", body)
    assert (refused.status, refused.codes) == (400, ["MISSING_REQUIRED_PROPERTY"])
    cleared = {"properties": {"subject": ""}}
    assert api("PATCH", "/crm/objects/2026-09/tickets/40000001", cleared).codes == ["MISSING_REQUIRED_PROPERTY"]
    assert api("PATCH", "/crm/objects/2026-09/tickets/40000001", body).status == 200
    for older in ("/crm/v3/objects", "/crm/objects/2026-03"):
        assert api("POST", f"{older}/tickets", body).status == 201
        assert api("PATCH", f"{older}/tickets/40000001", cleared).status == 200


def test_a_body_without_properties_is_refused(api: Api) -> None:
    for body in ({"state": "TX"}, {"properties": ["state"]}):
        assert api("PATCH", CONTACT, body).status == 400
        assert api("POST", "/crm/v3/objects/contacts", body).status == 400


def test_the_typed_client_raises_on_an_invalid_value(hubspot_client: HubSpot) -> None:
    from hubspot.crm.contacts import ApiException, SimplePublicObjectInput

    wish = SimplePublicObjectInput(properties={"lead_class": "Sales inquiry"})
    with pytest.raises(ApiException) as caught:
        hubspot_client.crm.contacts.basic_api.update("101", wish)
    assert caught.value.status == 400
    assert "INVALID_OPTION" in caught.value.body
