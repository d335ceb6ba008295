"""`pull` against the sandbox over HTTP: every object type, typed, paced, checked before anything is read."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pandas as pd
import pytest

from hsai_kit import connect, open_pull, pull, start_pull
from hsai_kit.errors import (
    DailyLimit,
    HsaiError,
    HubSpotError,
    KeyRefused,
    PullError,
    ScopesMissing,
    UnknownObjectType,
    UnknownProperty,
    WhereError,
    WorkStopped,
)

SUBSCRIPTIONS = "p24681357_subscriptions"
TYPED = {
    "state": "string",
    "hubspot_owner_id": "string",
    "lifecyclestage": "category",
    "createdate": "datetime64[us, UTC]",
    "contract_end_date": "datetime64[us, UTC]",
    "newsletter_opt_in": "boolean",
    "seats_planned": "Int64",
    "product_interest": "object",
    "company.name": "string",
    "company.industry": "category",
}


def calls(sandbox, part: str = "") -> dict[str, int]:
    """How often each address of HubSpot's side was asked, whatever it answered."""
    counts = sandbox.counts()["hubspot"]
    return {route: sum(statuses.values()) for route, statuses in counts.items() if part in route}


def reads(sandbox) -> int:
    """How many requests for records there were."""
    return sum(calls(sandbox, "/crm/objects/").values())


def raw(client, object_type: str, *names: str) -> dict[str, dict[str, str | None]]:
    """The records as HubSpot's own client reads them."""
    page = client.crm.objects.basic_api.get_page(object_type, limit=100, properties=list(names))
    return {record.id: record.properties for record in page.results}


@pytest.mark.parametrize(
    ("object_type", "name", "records"),
    [
        ("contacts", "state", 2400),
        ("companies", "name", 300),
        ("deals", "dealname", 400),
        ("tickets", "subject", 200),
        ("notes", "hs_note_body", 900),
        ("calls", "hs_call_title", 300),
        ("emails", "hs_email_subject", 480),
        ("tasks", "hs_task_subject", 240),
        ("meetings", "hs_meeting_title", 72),
        (SUBSCRIPTIONS, "subscription_name", 120),
    ],
)
def test_every_object_type_is_pulled_whole(hub, object_type, name, records):
    frame = pull(hub, object_type, [name])
    assert frame.shape == (records, 1)
    assert frame.index.is_unique
    assert frame.index.name == "record_id"
    assert frame.index.dtype == "string"
    assert frame[name].notna().mean() > 0.9
    assert frame.attrs["hsai_kit"]["object_type"] == object_type
    kept = hub.store.pulls.values(frame.attrs["hsai_kit"]["pull_id"], name)
    assert {one: value or None for one, value in kept.items()} == frame[name].astype(object).where(
        frame[name].notna(), None
    ).to_dict()


@pytest.mark.parametrize("name", ["contact", "Contacts", "0-1", " contacts "])
def test_a_standard_type_goes_by_its_other_names_too(hub, name):
    assert pull(hub, name, ["state"], limit=5).attrs["hsai_kit"]["object_type"] == "contacts"


@pytest.mark.parametrize("name", ["subscriptions", "Subscription", "Subscriptions", "2-11000001", SUBSCRIPTIONS])
def test_a_custom_type_goes_by_name_label_and_type_id(hub, name):
    frame = pull(hub, name, ["plan"], limit=5)
    assert frame.attrs["hsai_kit"]["object_type"] == SUBSCRIPTIONS
    assert set(frame["plan"]) <= {"starter", "team", "business"}


def test_each_property_is_a_column_of_its_type_in_the_order_given(hub):
    frame = pull(hub, "contacts", list(TYPED), limit=300)
    assert frame.dtypes.astype(str).to_dict() == TYPED
    assert list(frame.columns) == list(TYPED)
    assert pull(hub, "deals", ["amount"]).dtypes["amount"] == "Float64"
    categories = list(frame["lifecyclestage"].cat.categories)
    assert categories[:3] == ["subscriber", "lead", "marketingqualifiedlead"], "internal values in the portal's order"


def test_dates_and_times_are_those_of_hubspot_in_utc(hub, hubspot_client):
    frame = pull(hub, "contacts", ["createdate", "contract_end_date"], limit=100)
    days = 0
    for one, values in raw(hubspot_client, "contacts", "createdate", "contract_end_date").items():
        assert frame.loc[one, "createdate"] == pd.Timestamp(values["createdate"])
        if values["contract_end_date"]:
            days += 1
            assert frame.loc[one, "contract_end_date"].isoformat() == f"{values['contract_end_date']}T00:00:00+00:00"
        else:
            assert frame.loc[one, "contract_end_date"] is pd.NaT
    assert days > 5


def test_unset_is_na_and_never_a_word(hub, hubspot_client):
    frame = pull(hub, "contacts", list(TYPED), limit=100)
    for one, values in raw(hubspot_client, "contacts", *(name for name in TYPED if "." not in name)).items():
        for name in set(values) & set(TYPED):
            assert pd.api.types.is_list_like(frame.loc[one, name]) or pd.isna(frame.loc[one, name]) == (
                not values[name]
            )
    for name in frame.columns.difference(["product_interest"]):
        assert not frame[name].dropna().astype(str).str.fullmatch("None|nan|<NA>|NaT|").any()
    lists = frame["product_interest"].dropna()
    assert lists.map(type).eq(list).all()
    assert {"shipping", "returns"} <= set(lists.explode())


def test_a_pull_that_finds_nothing_has_its_columns_and_types_all_the_same(hub):
    frame = pull(hub, "contacts", ["state", "lifecyclestage", "createdate"], where='state is "No such place"')
    assert frame.shape == (0, 3)
    assert frame.dtypes.astype(str).to_dict() == {name: TYPED[name] for name in frame.columns}


def test_a_company_stands_beside_each_of_its_contacts_and_is_read_once(hub, sandbox, hubspot_client):
    columns = ["state", "company.name", "company.industry", "companies.city"]
    frame = pull(hub, "contacts", columns, limit=1100)
    assert list(frame.columns) == columns
    assert 0.3 < frame["company.name"].notna().mean() < 1
    ids = {one: values["name"] for one, values in raw(hubspot_client, "companies", "name").items()}
    named = frame["company.name"].dropna()
    assert named.isin(pull(hub, "companies", ["name"])["name"]).all()
    for one in named.index[:3]:
        page = hubspot_client.crm.associations.v4.basic_api.get_page("contacts", one, "companies")
        beside = [str(other.to_object_id) for other in page.results]
        assert named[one] in {ids.get(other, named[one]) for other in beside}
    counted = calls(sandbox, "2026-09")
    assert counted["POST /crm/associations/2026-09/{object_type}/{to_object_type}/batch/read"] == 2
    read = [
        len(r["body"]["inputs"]) for r in sandbox.requests("hubspot") if r["path"].endswith("09/companies/batch/read")
    ]
    assert sum(read) <= 300
    assert max(read) <= 100


def test_where_and_limit_read_no_more_than_they_must(hub, sandbox):
    frame = pull(hub, "contacts", ["state"], where="state is known", limit=250)
    assert len(frame) == 250
    assert calls(sandbox, "/search") == {"POST /crm/objects/2026-09/{object_type}/search": 2}
    assert len(pull(hub, "contacts", ["state"], limit=250)) == 250
    assert calls(sandbox, "GET /crm/objects/2026-09/{object_type}")["GET /crm/objects/2026-09/{object_type}"] == 3
    assert len(pull(hub, "companies", ["name"], limit=1000)) == 300
    with pytest.raises(HsaiError, match="limit is 0"):
        pull(hub, "contacts", ["state"], limit=0)


def among(column: str, *values: str):
    return lambda c: c[column].astype("string").str.lower().isin(values)


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ("state is known", lambda c: c["state"].notna()),
        ("state is unknown", lambda c: c["state"].isna()),
        ("state is CA", among("state", "ca")),
        ("city is 'Los Angeles'", among("city", "los angeles")),
        ('state is CA or TX or "New York"', among("state", "ca", "tx", "new york")),
        ("state = ca", among("state", "ca")),
        ("state is not CA", lambda c: c["state"].notna() & ~among("state", "ca")(c)),
        ("state is CA or state is TX", among("state", "ca", "tx")),
        ("lifecyclestage is lead", among("lifecyclestage", "lead")),
        ('lifecyclestage is "sales qualified lead"', among("lifecyclestage", "salesqualifiedlead")),
        (
            "industry is not RETAIL or 'Food & Beverages'",
            lambda c: c["industry"].notna() & ~among("industry", "retail", "food_beverages")(c),
        ),
        ("numberofemployees >= 50", lambda c: c["numberofemployees"] >= 50),
        ("numberofemployees<50", lambda c: c["numberofemployees"] < 50),
        ("createdate after 2026-01-31", lambda c: c["createdate"] > "2026-01-31"),
        ("createdate before 2026-01-31 ", lambda c: c["createdate"] < "2026-01-31"),
        ("renewal_date >= 2027-01-01", lambda c: c["renewal_date"] >= "2027-01-01"),
        ("name contains outfitters", lambda c: c["name"].str.contains("outfitters", case=False)),
        (
            "state IS known AND lifecyclestage is lead OR numberofemployees > 100",
            lambda c: (c["state"].notna() & among("lifecyclestage", "lead")(c)) | (c["numberofemployees"] > 100),
        ),
    ],
)
def test_where_selects_what_its_words_say(hub, where, fits):
    columns = ["name", "state", "city", "lifecyclestage", "industry", "numberofemployees", "createdate", "renewal_date"]
    everything = pull(hub, "companies", columns)
    expected = everything[fits(everything).fillna(False).astype(bool)]
    assert 0 < len(expected) < len(everything)
    pd.testing.assert_frame_equal(pull(hub, "companies", columns, where=where), expected)


def test_yes_and_no_stand_for_what_hubspot_keeps(hub):
    found = pull(hub, "contacts", ["newsletter_opt_in"], where="newsletter_opt_in is yes", limit=50)
    assert found["newsletter_opt_in"].all()


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("", "where is empty"),
        ("  ", "where is empty"),
        ("state", "not understood at 'state'"),
        ("state is", "not understood at 'state is'"),
        ("state contains", "a value is missing"),
        ("state equals CA", "not understood at 'state equals'"),
        ("state is known and", "not understood at 'and'"),
        ("state is known STATE is CA", "not understood at 'STATE'"),
        ('state is "CA', "not understood at"),
        ("state is CA, TX", "not understood at 'TX'"),
        ("seats_planned > many", "seats_planned is a number, and 'many' is none"),
        ("createdate after yesteryear", "Write it as 2026-01-31"),
        ("lifecyclestage is leed", "no option 'leed'. It has: Subscriber, Lead"),
        ("company.name is known", "company.name is of another record. Pull it as a column"),
        (" and ".join(["state is known"] * 7), "more conditions than HubSpot's search takes"),
        (" or ".join(["state is known and city is known and zip is known and country is known"] * 5), "18 in all"),
    ],
)
def test_a_where_that_is_not_understood_is_said_before_any_record_is_read(hub, sandbox, where, sentence):
    with pytest.raises(WhereError) as problem:
        pull(hub, "contacts", ["state"], where=where)
    assert sentence in str(problem.value)
    assert reads(sandbox) == 0


@pytest.mark.parametrize(
    ("object_type", "properties", "where", "error", "sentence"),
    [
        ("contacts", ["stat"], None, UnknownProperty, "no property 'stat' (did you mean 'state'?)"),
        ("contacts", ["State/Region"], None, UnknownProperty, "did you mean 'state'"),
        ("contacts", ["state", "zipp", "citty"], None, UnknownProperty, "'zip'?); 'citty' (did you mean 'city'?)"),
        ("contacts", ["state"], "stat is known", UnknownProperty, "did you mean 'state'"),
        (
            "contacts",
            ["company.nmae"],
            None,
            UnknownProperty,
            "companies has no property 'nmae' (did you mean 'name'?)",
        ),
        ("contacts", ["compny.name"], None, UnknownObjectType, "Did you mean 'companies'?"),
        ("contacs", ["state"], None, UnknownObjectType, "Did you mean 'contacts'?"),
        ("subscription plans", ["plan"], None, UnknownObjectType, f"Did you mean '{SUBSCRIPTIONS}'?"),
    ],
)
def test_a_wrong_name_is_told_with_the_nearest_one_before_any_record_is_read(
    hub, sandbox, object_type, properties, where, error, sentence
):
    with pytest.raises(error) as problem:
        pull(hub, object_type, properties, where=where)
    assert sentence in str(problem.value)
    assert reads(sandbox) == 0


def test_one_property_may_be_named_without_a_list_and_twice(hub):
    assert list(pull(hub, "contacts", "state", limit=1).columns) == ["state"]
    assert list(pull(hub, "contacts", ["state", "state"], limit=1).columns) == ["state"]
    assert pull(hub, "contacts", [], limit=3).shape == (3, 0)


def test_more_results_than_one_search_shows_are_all_read(hub, sandbox):
    # HubSpot's own limit is 10,000, which would take this test a quarter of a minute.
    sandbox.limits("hubspot", search_results=450)
    frame = pull(hub, "contacts", ["state"], where="lifecyclestage is lead")
    assert len(frame) > 600
    assert frame.index.is_unique
    assert list(frame.index) == sorted(frame.index, key=int)


def test_so_many_properties_that_their_names_make_no_address_are_all_read(hub, sandbox, hubspot_client):
    from hubspot.crm.properties import PropertyCreate

    sandbox.limits("hubspot", per_ten_seconds=None)
    names = [f"a_long_name_that_an_integration_has_made_{'x' * 50}_{number}" for number in range(70)]
    for name in names:
        fields = {"type": "string", "field_type": "text", "group_name": "contactinformation"}
        hubspot_client.crm.properties.core_api.create("contacts", PropertyCreate(name=name, label=name, **fields))
    frame = pull(hub, "contacts", ["state", *names], limit=250)
    assert frame.shape == (250, 71)
    pd.testing.assert_series_equal(frame["state"], pull(hub, "contacts", ["state"], limit=250)["state"])
    assert max(len(request["query"]) for request in sandbox.requests("hubspot")) < 6000


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_each_version_of_the_api_gives_the_same_frame(hub, keys, version, tmp_path):
    settings = tmp_path / version / "hsai.toml"
    settings.parent.mkdir()
    settings.write_text(f'[hubspot]\napi_version = "{version}"\n')
    columns = ["state", "lifecyclestage", "company.name"]
    here = pull(hub, "contacts", columns, where="state is CA")
    plans = pull(hub, "Subscription", ["plan"])
    keys.reset()
    with connect(workspace=settings.parent) as other:
        pd.testing.assert_frame_equal(pull(other, "contacts", columns, where="state is CA"), here)
        pd.testing.assert_frame_equal(pull(other, "Subscription", ["plan"]), plans)
    used = {route.split()[1] for route in calls(keys)}
    assert all(f"/{version}/" in route or (version == "v3" and "/v4/" in route) for route in used), used


@pytest.mark.parametrize(
    "fault",
    [
        "500:count=1",
        "503_html:count=1",
        "521:count=1",
        "reset:count=1",
        "cut:count=1",
        "423:count=1",
        "477:count=1",
        "ten_secondly:count=1",
    ],
)
def test_trouble_that_passes_loses_no_record(hub, sandbox, fault):
    whole = pull(hub, "companies", ["name", "city"])
    sandbox.fault(f"hubspot:{fault}:path=/objects")
    hub.hubspot.patience = 0.1
    pd.testing.assert_frame_equal(pull(hub, "companies", ["name", "city"]), whole)
    assert any(request["fault"] for request in sandbox.requests("hubspot"))


@pytest.mark.parametrize("fault", ["secondly:count=1", "cut:count=1:after=1", "reset:count=1:after=1"])
def test_trouble_that_passes_loses_no_record_of_a_search(hub, sandbox, fault):
    whole = pull(hub, "contacts", ["state"], where="state is known", limit=350)
    sandbox.fault(f"hubspot:{fault}:path=/search")
    pd.testing.assert_frame_equal(pull(hub, "contacts", ["state"], where="state is known", limit=350), whole)
    assert any(request["fault"] for request in sandbox.requests("hubspot"))


def test_the_windows_are_kept_once_they_are_known(hub, sandbox):
    sandbox.limits("hubspot", per_ten_seconds=20)
    started = time.monotonic()
    assert len(pull(hub, "contacts", ["state"])) == 2400
    assert 8 < time.monotonic() - started < 40, "25 requests are more than one window takes"
    assert len(pull(hub, "contacts", ["state"], where="state is known", limit=1500)) == 1500
    assert all(set(statuses) == {"200"} for statuses in sandbox.counts()["hubspot"].values())


def test_a_used_up_day_stops_at_once_and_says_when_it_goes_on(hub, sandbox):
    sandbox.limits("hubspot", daily=3)
    with pytest.raises(DailyLimit, match="midnight in the account's time zone"):
        pull(hub, "contacts", ["state"])
    # What was in flight already is refused too; nothing is sent after that.
    assert 1 <= sum(statuses.get("429", 0) for statuses in sandbox.counts()["hubspot"].values()) <= 8


def test_trouble_that_does_not_pass_ends_in_a_sentence_with_the_correlation_id(hub, sandbox):
    sandbox.fault("hubspot:414:path=/objects")
    with pytest.raises(HubSpotError, match=r"414.*correlation id: \w"):
        pull(hub, "contacts", ["state"])


def test_missing_scopes_are_named(keys, tmp_path):
    keys.token("pat-na1-narrow", scopes=["crm.objects.contacts.read"])
    with connect(hubspot_key="pat-na1-narrow", workspace=tmp_path / "w") as narrow:
        assert len(pull(narrow, "contacts", ["state"], limit=5)) == 5
        with pytest.raises(ScopesMissing, match=r"crm\.objects\.deals\.read") as problem:
            pull(narrow, "deals", ["amount"])
        assert problem.value.scopes
        with pytest.raises(UnknownObjectType, match=r"cannot be seen with this key.*crm\.schemas\.custom\.read"):
            pull(narrow, "subscriptions", ["plan"])


def test_a_key_that_is_revoked_meanwhile_is_no_unknown_object_type(hub, sandbox):
    sandbox.token(sandbox.hubspot_token, state="revoked")
    with pytest.raises(KeyRefused, match="--switch-hubspot-key"):
        pull(hub, "subscriptions", ["plan"])


def test_a_handle_comes_back_at_once_and_a_cancel_keeps_whole_rows(hub, sandbox):
    sandbox.latency("hubspot", 0.05)
    handle = start_pull(hub, "contacts", ["state", "company.name"])
    assert not handle.done
    while handle.progress.done < 300:
        time.sleep(0.01)
    handle.cancel()
    part = handle.result(30)
    assert 300 <= len(part) < 2400
    sandbox.latency("hubspot", 0)
    pd.testing.assert_frame_equal(part, pull(hub, "contacts", ["state", "company.name"]).loc[part.index])


def test_the_total_is_known_as_soon_as_a_search_tells_it(hub, sandbox):
    handle = start_pull(hub, "companies", ["state"], where="state is known")
    handle.result(30)
    assert (handle.progress.done, handle.progress.total) == (290, 290)


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_stops_with_a_sentence(hub, sandbox):
    sandbox.latency("hubspot", 0.1)
    threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(WorkStopped, match=r"Stopped after [\d,]+ of 2,400\. .* the same pull with resume=True"):
        pull(hub, "contacts", ["state"])


def test_an_earlier_pull_is_opened_as_it_was_with_the_same_types(hub, colleague):
    before = pull(hub, "contacts", ["state", "createdate", "lifecyclestage", "hs_email_optout"], limit=20)
    colleague.writes(before.index[0], "state", "changed by somebody")
    pull_id = before.attrs["hsai_kit"]["pull_id"]
    again = open_pull(hub, pull_id)
    pd.testing.assert_frame_equal(again.loc[before.index], before)
    assert again.attrs["hsai_kit"]["pull_id"] == pull_id
    with pytest.raises(PullError, match="no pull 'pull-1'"):
        open_pull(hub, "pull-1")
