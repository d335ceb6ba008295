"""Tokens and scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Api

    from hsai_kit.sandbox import Sandbox

SECRET = "pat-na1-secret-of-the-test"


@pytest.fixture
def token_api(sandbox: Sandbox, open_api: Callable[[str, str], Api]) -> Callable[..., Api]:
    """Make an Api with a token of its own scopes and state."""

    def make(*scopes: str, state: str = "live") -> Api:
        sandbox.token(SECRET, scopes=scopes or None, state=state)
        return open_api(sandbox.hubspot_url, SECRET)

    return make


@pytest.mark.parametrize(
    ("state", "category"), [("expired", "EXPIRED_AUTHENTICATION"), ("revoked", "INVALID_AUTHENTICATION")]
)
def test_a_token_that_is_not_live_is_refused(token_api: Callable[..., Api], state: str, category: str) -> None:
    for reply in (token_api(state=state)("GET", path) for path in ("/crm/v3/owners", "/crm/v3/nothing")):
        assert (reply.status, reply.data["category"]) == (401, category)
        assert SECRET not in str(reply)


def test_an_unknown_token_and_none_are_refused(sandbox: Sandbox, open_api: Callable[[str, str], Api]) -> None:
    unknown = open_api(sandbox.hubspot_url, "pat-na1-mistyped")
    reply = unknown("GET", "/crm/v3/owners")
    assert (reply.status, reply.data["category"]) == (401, "INVALID_AUTHENTICATION")
    assert "mistyped" not in str(reply)
    assert unknown.raw("GET", "/crm/v3/owners", b"", {}).status == 401
    assert "X-HubSpot-RateLimit-Remaining" not in reply.headers


@pytest.mark.parametrize(
    ("method", "path", "body", "missing"),
    [
        ("GET", "/crm/objects/2026-09/contacts", None, ["crm.objects.contacts.read"]),
        ("POST", "/crm/v3/objects/contacts/search", {}, ["crm.objects.contacts.read"]),
        ("PATCH", "/crm/objects/2026-09/0-1/101", {"properties": {}}, ["crm.objects.contacts.write"]),
        ("POST", "/crm/objects/2026-09/companies/batch/update", {"inputs": []}, ["crm.objects.companies.write"]),
        ("GET", "/crm/objects/2026-09/tickets", None, ["tickets"]),
        ("POST", "/crm/objects/2026-09/notes", {"properties": {}}, ["crm.objects.contacts.write"]),
        ("GET", "/crm/objects/2026-09/subscriptions", None, ["crm.objects.custom.read"]),
        ("GET", "/crm/objects/2026-09/line_items", None, ["crm.objects.line_items.read"]),
        ("GET", "/crm/objects/2026-09/0-136", None, ["crm.objects.leads.read"]),
        ("GET", "/crm/properties/2026-09/deals", None, ["crm.objects.deals.read", "crm.schemas.deals.read"]),
        ("POST", "/crm/properties/2026-09/contacts", {}, ["crm.schemas.contacts.write"]),
        ("GET", "/crm-object-schemas/2026-09/schemas", None, ["crm.schemas.custom.read"]),
        ("GET", "/crm/lists/2026-09/11", None, ["crm.lists.read"]),
        ("PUT", "/crm/lists/2026-09/11/memberships/add", ["101"], ["crm.lists.write"]),
        ("GET", "/crm/owners/2026-09", None, ["crm.objects.owners.read"]),
        (
            "POST", "/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": []},
            ["crm.objects.contacts.read", "crm.objects.companies.read"],
        ),
    ],
)  # fmt: skip
def test_a_missing_scope_is_named(
    token_api: Callable[..., Api], method: str, path: str, body: Any, missing: list[str]
) -> None:
    reply = token_api("oauth")(method, path, body)
    assert (reply.status, reply.data["category"]) == (403, "MISSING_SCOPES")
    assert reply.data["errors"][0]["context"]["requiredGranularScopes"] == missing
    granted = token_api(*missing)(method, path, body)
    assert granted.status != 403


def test_reading_needs_no_right_to_write(token_api: Callable[..., Api]) -> None:
    reader = token_api("crm.objects.contacts.read")
    assert reader("GET", "/crm/v3/objects/contacts").status == 200
    assert reader("POST", "/crm/v3/objects/contacts/batch/read", {"inputs": [{"id": "101"}]}).status == 200
    assert reader("GET", "/crm/v3/properties/contacts").status == 200
    assert reader("DELETE", "/crm/v3/objects/contacts/101").status == 403
    assert reader("GET", "/account-info/v3/details").status == 200


def test_the_text_of_emails_needs_a_scope_of_its_own(token_api: Callable[..., Api]) -> None:
    path, query = (
        "/crm/objects/2026-09/emails/70000001",
        {"properties": "hs_email_text,hs_email_subject,hs_email_direction"},
    )
    without = token_api("crm.objects.contacts.read")("GET", path, **query).data["properties"]
    assert (without["hs_email_text"], without["hs_email_subject"]) == (None, None)
    assert without["hs_email_direction"]
    with_it = token_api("crm.objects.contacts.read", "sales-email-read")("GET", path, **query).data["properties"]
    assert with_it["hs_email_subject"]
    assert with_it["hs_email_text"]


def test_the_text_of_emails_does_not_come_by_history_either(token_api: Callable[..., Api]) -> None:
    reply = token_api("crm.objects.contacts.read")(
        "GET", "/crm/v3/objects/emails/70000001", propertiesWithHistory="hs_email_text"
    )
    assert reply.data["propertiesWithHistory"]["hs_email_text"] == []


def test_reset_forgets_other_tokens(token_api: Callable[..., Api], sandbox: Sandbox) -> None:
    client = token_api()
    assert client("GET", "/crm/v3/owners").status == 200
    sandbox.reset()
    assert client("GET", "/crm/v3/owners").status == 401
