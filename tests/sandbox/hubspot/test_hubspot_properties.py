"""Property definitions and groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Api
    from hubspot import HubSpot

    from hsai_kit.sandbox import Sandbox

WISH: dict[str, Any] = {
    "name": "state_checked", "label": "State, checked", "type": "enumeration", "fieldType": "select",
    "groupName": "our_own_fields", "options": [{"label": "Texas", "value": "TX"}, {"label": "Ohio", "value": "OH"}],
}  # fmt: skip


@pytest.fixture(params=["/crm/v3/properties", "/crm/properties/2026-09"])
def properties(request: pytest.FixtureRequest) -> str:
    """The path of all definitions."""
    return str(request.param)


def test_definitions_tell_type_options_and_what_may_be_written(api: Api, properties: str) -> None:
    found = {one["name"]: one for one in api("GET", f"{properties}/contacts").data["results"]}
    assert found["lead_class"]["type"] == "enumeration"
    assert found["lead_class"]["options"][0] == {
        "label": "Sales inquiry", "value": "sales", "description": "", "displayOrder": 0, "hidden": False,
    }  # fmt: skip
    assert found["createdate"]["modificationMetadata"]["readOnlyValue"] is True
    assert found["state"]["modificationMetadata"]["readOnlyValue"] is False
    assert found["hs_email_domain"]["calculated"] is True
    assert found["email"]["hasUniqueValue"] is True
    assert (found["hubspot_owner_id"]["externalOptions"], found["hubspot_owner_id"]["referencedObjectType"]) == (
        True,
        "OWNER",
    )
    assert (found["state"]["hubspotDefined"], found["lead_class"]["hubspotDefined"]) == (True, False)


def test_a_property_can_be_made_changed_and_archived(api: Api, properties: str, objects: str) -> None:
    made = api("POST", f"{properties}/contacts", WISH)
    assert made.status == 201
    path = f"{properties}/contacts/state_checked"
    assert api("GET", path).data == made.data
    assert api("PATCH", f"{objects}/contacts/101", {"properties": {"state_checked": "TX"}}).status == 200
    more = [*WISH["options"], {"label": "Utah", "value": "UT"}]
    changed = api("PATCH", path, {"label": "Checked", "options": more})
    assert (changed.data["label"], len(changed.data["options"])) == ("Checked", 3)
    assert changed.data["updatedAt"] > made.data["updatedAt"]
    assert api("PATCH", f"{objects}/contacts/101", {"properties": {"state_checked": "UT"}}).status == 200
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404
    assert api("GET", path, archived="true").data["archived"] is True
    assert "state_checked" not in api("GET", f"{objects}/contacts/101", properties="state_checked").data["properties"]
    refused = api("PATCH", f"{objects}/contacts/101", {"properties": {"state_checked": "TX"}})
    assert refused.codes == ["PROPERTY_DOESNT_EXIST"]
    assert api("POST", f"{properties}/contacts", WISH).status == 201


def test_a_name_that_is_taken_is_a_conflict(api: Api, properties: str) -> None:
    assert api("POST", f"{properties}/contacts", {**WISH, "name": "state"}).status == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "State"},
        {"name": None},
        {"label": ""},
        {"type": "picklist"},
        {"fieldType": "text"},
        {"groupName": "nothing"},
        {"options": []},
        {"options": [{"label": "Texas"}]},
        {"options": [{"label": "Texas", "value": "TX"}, {"label": "Tejas", "value": "TX"}]},
        {"options": "TX"},
    ],
)
def test_a_definition_without_sense_is_refused(api: Api, properties: str, wrong: dict[str, Any]) -> None:
    reply = api("POST", f"{properties}/contacts", {**WISH, **wrong})
    assert (reply.status, reply.data["category"]) == (400, "VALIDATION_ERROR")


def test_hubspots_own_properties_stay(api: Api, properties: str) -> None:
    assert api("DELETE", f"{properties}/contacts/state").status == 400
    assert api("PATCH", f"{properties}/contacts/createdate", {"label": "Born"}).status == 400
    assert api("GET", f"{properties}/contacts/nothing").status == 404


def test_groups_can_be_made_changed_and_archived(api: Api, properties: str) -> None:
    made = api("POST", f"{properties}/deals/groups", {"name": "review", "label": "Review", "displayOrder": 5})
    assert (made.status, made.data) == (
        201,
        {"name": "review", "label": "Review", "displayOrder": 5, "archived": False},
    )
    assert api("POST", f"{properties}/deals/groups", {"name": "review", "label": "Again"}).status == 409
    path = f"{properties}/deals/groups/review"
    assert api("PATCH", path, {"label": "Reviewed"}).data["label"] == "Reviewed"
    assert api("GET", path).data["displayOrder"] == 5
    assert "review" in [one["name"] for one in api("GET", f"{properties}/deals/groups").data["results"]]
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404
    assert api("DELETE", f"{properties}/deals/groups/dealinformation").status == 400


def test_rules_for_values_are_kept_shown_and_enforced(api: Api) -> None:
    rules = "/crm/property-validations/2026-09"
    for path in ("/crm/v3/property-validations/0-1", f"{rules}/contacts"):
        assert api("GET", path).data == {"results": []}
    wish = {"ruleArguments": ["ALPHA_ONLY"]}
    assert api("PUT", f"{rules}/0-1/firstname/rule-type/ALPHANUMERIC", wish).status == 204
    rule = {"ruleType": "ALPHANUMERIC", "ruleArguments": ["ALPHA_ONLY"]}
    shown = {"propertyName": "firstname", "propertyValidationRules": [rule]}
    assert api("GET", "/crm/v3/property-validations/0-1").data == {"results": [shown]}
    assert api("GET", f"{rules}/contacts/firstname").data == {"results": [rule]}
    refused = api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"firstname": "R2D2"}})
    assert (refused.status, refused.codes) == (400, ["INVALID_ALPHA"])
    assert "Enter only letters" in refused.data["message"]
    assert api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"firstname": "Ada"}}).status == 200
    assert api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"firstname": ""}}).status == 200
    assert api("PUT", f"{rules}/0-1/firstname/rule-type/MAGIC", wish).status == 400
    assert api("PUT", f"{rules}/0-1/nothing/rule-type/FORMAT", wish).status == 404


@pytest.mark.parametrize(
    ("name", "rule", "arguments", "good", "bad"),
    [
        ("city", "ALPHANUMERIC", ["NUMERIC_ONLY"], "123", "12a"),
        ("city", "ALPHANUMERIC", ["ALPHANUMERIC"], "A 1", "A-1"),
        ("city", "MAX_LENGTH", ["3"], "abc", "abcd"),
        ("city", "MIN_LENGTH", ["3"], "abc", "ab"),
        ("city", "FORMAT", ["UPPER"], "ABC", "Abc"),
        ("city", "REGEX", ["^[A-Z]{2}$", "Two letters"], "TX", "Texas"),
        ("city", "SPECIAL_CHARACTERS", ["NOT_ALLOWED"], "A b", "A$"),
        ("seats_planned", "MAX_NUMBER", ["9.5"], "9.5", "10"),
        ("seats_planned", "MIN_NUMBER", ["-1"], "-1", "-1.5"),
        ("seats_planned", "DECIMAL", ["1"], "2.50", "2.55"),
        ("contract_end_date", "START_DATE", ["1767225600000"], "2026-01-01", "2025-12-31"),
        ("contract_end_date", "END_DATE", ["1767225600000"], "2026-01-01", "2026-01-02"),
        ("contract_end_date", "DAYS_OF_WEEK", ["MONDAY"], "2026-11-23", "2026-11-24"),
    ],
)
def test_each_rule_lets_through_what_it_says(api: Api, name: str, rule: str, arguments: list[str], good: str, bad: str):
    path = f"/crm/property-validations/2026-09/0-1/{name}/rule-type/{rule}"
    assert api("PUT", path, {"ruleArguments": arguments}).status == 204
    for value, status in ((good, 200), (bad, 400)):
        assert api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {name: value}}).status == status


def test_a_value_can_make_another_property_required_from_2026_09_on(api: Api, sandbox: Sandbox) -> None:
    sandbox.require("contacts", "jobtitle", where="lead_class", value="sales")
    api("PATCH", "/crm/v3/objects/contacts/101", {"properties": {"jobtitle": "", "lead_class": "spam"}})
    wish = {"properties": {"lead_class": "sales"}}
    refused = api("PATCH", "/crm/objects/2026-09/contacts/101", wish)
    assert refused.codes == ["MISSING_CONDITIONAL_REQUIRED_PROPERTY"]
    assert refused.data["errors"][0]["context"] == {"propertyName": ["jobtitle"]}
    assert "based on [lead_class]" in refused.data["errors"][0]["message"]
    assert api("PATCH", "/crm/objects/2026-03/contacts/101", wish).status == 200
    both = {"properties": {"lead_class": "sales", "jobtitle": "Buyer"}}
    assert api("PATCH", "/crm/objects/2026-09/contacts/101", both).status == 200
    assert api("PATCH", "/crm/objects/2026-09/contacts/101", {"properties": {"jobtitle": ""}}).status == 400
    assert api("PATCH", "/crm/objects/2026-09/contacts/101", {"properties": {"city": "Reno"}}).status == 200


def test_the_typed_client_knows_definitions(hubspot_client: HubSpot) -> None:
    from hubspot.crm.properties import OptionInput, PropertyCreate

    core = hubspot_client.crm.properties.core_api
    wish = PropertyCreate(
        name="verdict", label="Verdict", type="enumeration", field_type="radio", group_name="our_own_fields",
        options=[OptionInput(label="Good", value="good", hidden=False)],
    )  # fmt: skip
    assert core.create("contacts", wish).options[0].value == "good"
    assert "verdict" in [one.name for one in core.get_all("contacts").results]
    assert core.get_by_name("contacts", "hs_object_id").modification_metadata.read_only_value is True
    core.archive("contacts", "verdict")
    assert hubspot_client.crm.properties.groups_api.get_all("contacts").results
