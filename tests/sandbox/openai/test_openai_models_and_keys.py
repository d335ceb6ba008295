"""Models, keys and what every answer carries."""

from __future__ import annotations

import datetime as dt

import openai
import pytest

TODAY = dt.date(2026, 11, 23)


def test_models_are_listed_with_their_shutdown_dates(call):
    models = list(call(lambda client: client.models.list()).data)
    assert all(model.id.startswith("sandbox-") and model.owned_by == "sandbox" for model in models)
    dates = [dt.date.fromisoformat(model.shutdown_date) for model in models if model.shutdown_date]
    assert any(date < TODAY for date in dates)
    assert any(TODAY <= date <= TODAY + dt.timedelta(days=60) for date in dates)
    assert any(date > TODAY + dt.timedelta(days=365) for date in dates)
    assert any(model.shutdown_date is None for model in models)


def test_one_model_is_retrieved_by_its_id(call):
    model = call(lambda client: client.models.retrieve("sandbox-legacy"))
    assert (model.id, model.object, model.shutdown_date) == ("sandbox-legacy", "model", "2027-01-14")


def test_a_key_sees_only_the_models_on_its_allow_list(call, sandbox):
    sandbox.key("sk-narrow", models=["sandbox-luna", "sandbox-sol"])
    models = call.with_options(lambda client: client.models.list(), api_key="sk-narrow")
    assert [model.id for model in models.data] == ["sandbox-luna", "sandbox-sol"]


@pytest.mark.parametrize("model", ["sandbox-astra", "gpt-6-luna"])
def test_a_model_that_the_key_may_not_use_is_not_found_and_named(call, sandbox, model):
    sandbox.key("sk-narrow", models=["sandbox-luna"])
    for use in (
        lambda client: client.responses.create(model=model, input="State: Calif."),
        lambda client: client.models.retrieve(model),
    ):
        with pytest.raises(openai.NotFoundError, match=model) as caught:
            call.with_options(use, api_key="sk-narrow")
        assert caught.value.code == "model_not_found"


def test_a_model_that_was_shut_down_is_listed_but_answers_nothing(call):
    assert call(lambda client: client.models.retrieve("sandbox-relic")).shutdown_date == "2026-08-26"
    with pytest.raises(openai.NotFoundError, match="sandbox-relic") as caught:
        call(lambda client: client.responses.create(model="sandbox-relic", input="x"))
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("state", ["mistyped", "expired", "revoked"])
def test_a_key_that_does_not_work_is_refused_and_not_repeated(call, sandbox, state):
    secret = "sk-proj-" + "q7" * 20
    if state != "mistyped":
        sandbox.key(secret, state=state)
    with pytest.raises(openai.AuthenticationError) as caught:
        call.with_options(lambda client: client.models.list(), api_key=secret)
    error = caught.value
    assert (error.status_code, error.code, error.type) == (401, "invalid_api_key", "invalid_request_error")
    assert secret not in str(error)
    assert secret[-4:] not in error.response.text
    assert error.request_id.startswith("req_")


def test_a_request_without_a_key_is_refused(call):
    with pytest.raises(openai.AuthenticationError) as caught:
        call.with_options(lambda client: client.get("/models", cast_to=object), default_headers={"Authorization": ""})
    assert caught.value.code == "invalid_api_key"


def test_a_key_of_any_form_is_accepted_once_it_is_known(call, sandbox):
    sandbox.key("whatever form it has")
    assert call.with_options(lambda client: client.models.list(), api_key="whatever form it has").data


def test_every_answer_names_the_request_the_time_and_the_organization(call):
    raw = call(lambda client: client.models.with_raw_response.list())
    assert raw.headers["x-request-id"].startswith("req_")
    assert int(raw.headers["openai-processing-ms"]) < 1000
    assert raw.headers["openai-organization"] == "sandbox"
    again = call(lambda client: client.models.with_raw_response.list())
    assert again.headers["x-request-id"] != raw.headers["x-request-id"]


@pytest.mark.parametrize(
    "path", ["/assistants", "/assistants/asst_1", "/threads/thread_1/runs", "/prompts", "/nowhere"]
)
def test_addresses_that_do_not_exist_any_more_answer_404_in_openais_form(call, path):
    with pytest.raises(openai.NotFoundError) as caught:
        call(lambda client: client.get(path, cast_to=object))
    error = caught.value
    assert error.type == "invalid_request_error"
    assert f"GET /v1{path}" in error.message
    assert error.request_id


def test_a_method_that_an_address_does_not_take_is_refused_in_openais_form(call):
    with pytest.raises(openai.APIStatusError) as caught:
        call(lambda client: client.delete("/models", cast_to=object))
    assert (caught.value.status_code, caught.value.code) == (405, "method_not_supported")


def test_the_sandbox_says_which_keys_and_models_there_are(sandbox):
    from hsai_kit.sandbox import SandboxError

    with pytest.raises(SandboxError, match="sandbox-luna"):
        sandbox.key("sk-1", models=["gpt-6-luna"])
    with pytest.raises(SandboxError, match="live, expired, revoked"):
        sandbox.key("sk-1", state="asleep")
