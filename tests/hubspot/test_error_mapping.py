"""HubSpot's error answers: what passes is waited out for the right time, the rest is a sentence with a way out."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsai_kit.errors import DailyLimit, HsaiError, HubSpotError, InvalidValues, KeyRefused, NotFound, ScopesMissing
from hsai_kit.hubspot.error_mapping import ErrorResponse, explain_error, find_pause

ID = "3f2a-77"
PATH = "/crm/objects/2026-09/contacts"
TEN_SECONDS = {"message": "You have reached your ten_secondly_rolling limit.", "policyName": "TEN_SECONDLY_ROLLING"}
DAILY = {"message": "You have reached your daily limit.", "policyName": "DAILY"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
envelopes = st.fixed_dictionaries(
    {},
    optional={
        name: json_values | st.sampled_from(["DAILY", "VALIDATION_ERROR", "MISSING_SCOPES"])
        for name in ("message", "category", "correlationId", "policyName", "context", "links")
    }
    | {
        "errors": json_values
        | st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "message": json_values,
                    "context": json_values
                    | st.fixed_dictionaries({"requiredGranularScopes": json_values, "propertyName": json_values}),
                },
            ),
            max_size=3,
        )
    },
)


def answer(status: int, headers=None, **envelope) -> ErrorResponse:
    return ErrorResponse(status, json.dumps({"status": "error", "correlationId": ID, **envelope}), headers or {})


def problem(status: int, **envelope) -> HsaiError:
    return explain_error(answer(status, **envelope), "GET", PATH)


def test_the_ten_second_window_is_waited_out_whatever_its_message_says():
    pauses = [find_pause(answer(429, **TEN_SECONDS), attempt) for attempt in range(1, 6)]
    assert pauses == [2, 4, 8, 10, 10]
    assert sum(pauses) > 10


@pytest.mark.parametrize(
    "envelope",
    [
        {"policyName": "SECONDLY", "message": "Limit reached."},
        {"message": "You have reached your secondly limit."},
    ],
)
def test_the_search_limit_is_over_after_a_second(envelope):
    assert [find_pause(answer(429, **envelope), attempt) for attempt in (1, 5)] == [1, 1]


@pytest.mark.parametrize("envelope", [DAILY, {"message": "You have reached your daily limit."}])
def test_the_daily_limit_is_never_waited_out_and_says_when_it_is_over(envelope):
    assert find_pause(answer(429, **envelope), 1) is None
    error = problem(429, **envelope)
    assert isinstance(error, DailyLimit)
    assert "midnight in the account's time zone" in str(error)
    assert "goes on where it stopped" in str(error)


@pytest.mark.parametrize("status", [477, 500, 502, 503, 504, 521, 523, 524])
def test_what_passes_is_tried_again_after_growing_pauses_also_with_a_web_page_for_an_answer(status):
    page = ErrorResponse(status, "<html><body>Web server is down</body></html>")
    assert [find_pause(page, attempt) for attempt in (1, 2, 3)] == [0.5, 1, 2]
    error = explain_error(page, "GET", PATH)
    assert isinstance(error, HubSpotError)
    assert error.status == status
    assert "run the same again later" in str(error)
    assert "<html>" not in str(error)


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 0), ("3600", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 0.5), ("", 0.5)]
)
def test_a_time_that_hubspot_names_is_kept_to_within_reason(said, seconds):
    for name in ("Retry-After", "retry-after"):
        assert find_pause(answer(477, {name: said}), 1) == seconds


def test_a_locked_record_is_tried_again_after_two_seconds():
    assert find_pause(answer(423, message="locked"), 4) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 414, 415])
def test_what_will_not_pass_is_not_tried_again(status):
    assert find_pause(answer(status, message="no"), 1) is None


def test_a_refused_key_says_whether_it_expired_and_ends_with_the_command_to_copy():
    expired = problem(401, category="EXPIRED_AUTHENTICATION", message="The token has expired.")
    revoked = problem(401, category="INVALID_AUTHENTICATION", message="Authentication credentials not found.")
    assert isinstance(expired, KeyRefused)
    assert isinstance(revoked, KeyRefused)
    assert "401, it has expired" in str(expired)
    assert "401, it was revoked or mistyped" in str(revoked)
    assert str(revoked).endswith("Switch it with: hsai connect --switch-hubspot-key")
    assert ID in str(revoked)


def test_missing_scopes_are_named_once_each_with_where_to_add_them():
    error = problem(
        403,
        category="MISSING_SCOPES",
        errors=[
            {"context": {"requiredGranularScopes": ["crm.objects.deals.read", "crm.lists.read"]}},
            {"context": {"requiredGranularScopes": ["crm.lists.read"]}},
        ],
    )
    assert isinstance(error, ScopesMissing)
    assert error.scopes == ("crm.objects.deals.read", "crm.lists.read")
    assert "lacks scopes for this: crm.objects.deals.read, crm.lists.read. Add them" in str(error)
    assert "Development → Keys" in str(error)


def test_a_refusal_that_names_no_scopes_gives_hubspots_own_reason():
    error = problem(403, category="BANNED", message="This account has been suspended.")
    assert isinstance(error, ScopesMissing)
    assert error.scopes == ()
    assert "This account has been suspended" in str(error)


def test_invalid_values_are_told_by_property_and_not_as_json_inside_of_json():
    error = problem(
        400,
        category="VALIDATION_ERROR",
        message='Property values were not valid: [{"isValid":false,"message":"Calif was not one of…"}]',
        errors=[
            {"message": "Calif was not one of the allowed options", "context": {"propertyName": ["state"]}},
            {"message": 'Property "statee" does not exist', "code": "PROPERTY_DOESNT_EXIST"},
            {"code": "INVALID_DATE", "context": {"propertyName": "closedate"}},
        ],
    )
    assert isinstance(error, InvalidValues)
    assert str(error) == (
        "HubSpot refused the values: state: Calif was not one of the allowed options; "
        f'Property "statee" does not exist; closedate: INVALID_DATE (HubSpot\'s correlation id: {ID}).'
    )
    assert isinstance(error.detail, list)
    assert len(error.detail) == 3


def test_a_reason_that_lists_every_option_is_kept_to_a_readable_length():
    options = ", ".join(f"option {n}" for n in range(2000))
    errors = [{"message": f"X was not one of the allowed options: [{options}]"}] * 40
    assert len(str(problem(400, category="VALIDATION_ERROR", message="…", errors=errors))) < 500


def test_an_invalid_request_without_details_gives_the_message_itself():
    error = problem(400, category="VALIDATION_ERROR", message="Unable to infer object type from: contacs.")
    assert str(error).startswith("HubSpot refused the values: Unable to infer object type from: contacs (HubSpot's")


def test_what_does_not_exist_and_what_conflicts_are_told_with_the_request():
    missing = problem(404, category="OBJECT_NOT_FOUND", message="resource not found")
    assert isinstance(missing, NotFound)
    assert f"GET {PATH} asks for: resource not found" in str(missing)
    conflict = problem(409, category="CONFLICT", message="Contact already exists. Existing ID: 3401")
    assert isinstance(conflict, HubSpotError)
    assert (conflict.status, conflict.category, conflict.correlation_id) == (409, "CONFLICT", ID)
    assert "with 409: Contact already exists. Existing ID: 3401" in str(conflict)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 429, 500])
def test_the_correlation_id_is_in_every_message_from_the_body_or_the_header(status):
    assert ID in str(problem(status, message="no"))
    header = ErrorResponse(status, "", {"X-HubSpot-Correlation-Id": "from-header"})
    assert "correlation id: from-header" in str(explain_error(header, "GET", PATH))


@given(st.sampled_from([0, 400, 401, 403, 404, 409, 423, 429, 477, 500, 524, 999]), envelopes)
def test_no_envelope_of_any_shape_breaks_the_telling(status, envelope):
    for text in (json.dumps(envelope), json.dumps([envelope]), "", "<html>", json.dumps("text")):
        given_answer = ErrorResponse(status, text)
        pause = find_pause(given_answer, 1)
        assert pause is None or 0 <= pause <= 60
        error = explain_error(given_answer, "POST", PATH)
        assert len(str(error)) > 20


@pytest.mark.parametrize(
    ("status", "envelope", "sentence"),
    [
        (
            401,
            {
                "category": "EXPIRED_AUTHENTICATION",
                "message": "The OAuth token used to make this call expired 17 hour(s) ago.",
            },
            "an OAuth token, which holds for 30 minutes",
        ),
        (401, {"message": "This hapikey doesn't exist."}, "an API key of the old kind"),
        (401, {"message": "The app has been uninstalled."}, "was uninstalled or deleted"),
        (403, {"message": "User doesn't have permission to do this."}, "Whoever made the key may not do this"),
        (
            403,
            {"message": "This portal does not have access to it."},
            "its subscription may not contain it",
        ),
        (
            403,
            {
                "category": "MISSING_SCOPES",
                "message": "This app hasn't been granted all required scopes to make this call.",
                "context": {"requiredScopes": ["contacts"]},
            },
            "lacks scopes for this: contacts.*installed again",
        ),
    ],
)
def test_what_is_known_of_keys_that_are_not_taken_is_a_sentence(status, envelope, sentence):
    error = problem(status, **envelope)
    assert isinstance(error, KeyRefused if status == 401 else ScopesMissing)
    assert re.search(sentence, str(error))
    assert ID in str(error)
