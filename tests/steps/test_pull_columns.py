"""The columns of a pull: labels and owners, what stands beside a record, and its newest activities as text."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from hsai_kit import Prompt, object_types, pull, with_labels
from hsai_kit.errors import PullError, UnknownObjectType, UnknownProperty
from hsai_kit.hubspot.rich_text import strip_html


def beside(client, object_type: str, record_id: str, other: str) -> list[str]:
    """The ids that HubSpot's own client finds beside a record."""
    page = client.crm.associations.v4.basic_api.get_page(object_type, record_id, other)
    return [str(one.to_object_id) for one in page.results]


def values(client, object_type: str, ids: list[str], *names: str) -> dict[str, dict[str, str | None]]:
    from hubspot.crm.objects import BatchReadInputSimplePublicObjectId as Batch
    from hubspot.crm.objects import SimplePublicObjectId as Id

    found = {}
    for start in range(0, len(ids), 100):
        inputs = [Id(one) for one in ids[start : start + 100]]
        batch = Batch(inputs=inputs, properties=list(names), properties_with_history=[])
        found |= {one.id: one.properties for one in client.crm.objects.batch_api.read(object_type, batch).results}
    return found


@pytest.mark.parametrize(
    ("name", "type_id"),
    [
        *[("contact", "0-1"), ("company", "0-2"), ("deal", "0-3"), ("ticket", "0-5"), ("product", "0-7")],
        *[("line item", "0-8"), ("quote", "0-14"), ("lead", "0-136"), ("call", "0-48"), ("e-mail", "0-49")],
        *[("meeting", "0-47"), ("note", "0-46"), ("task", "0-27"), ("Subscription", "2-11000001")],
    ],
)
def test_every_object_type_is_pulled_by_name_label_or_type_id(hub, name, type_id):
    known = object_types(hub).set_index("type_id").loc[type_id]
    by_id = pull(hub, type_id, ["hs_object_id"], limit=30)
    assert 0 < len(by_id) <= 30
    assert by_id["hs_object_id"].astype(str).tolist() == by_id.index.tolist()
    for other in (name, known["name"], known["label"], known["label"].upper()):
        pd.testing.assert_frame_equal(pull(hub, other, ["hs_object_id"], limit=30), by_id)


def test_many_deals_are_counted_summed_or_the_latest_taken(hub, hubspot_client):
    columns = ["deals (count)", "deals.amount (count)", "deals.amount (sum)", "deals.amount (latest)", "deals.amount"]
    frame = pull(hub, "companies", columns)
    assert list(frame.columns) == columns
    assert frame.dtypes.astype(str).tolist() == ["Int64", "Int64", "Float64", "Float64", "Float64"]
    checked = [*frame.index[frame["deals (count)"] > 2][:4], *frame.index[frame["deals (count)"] == 0][:2]]
    for one in checked:
        ids = beside(hubspot_client, "companies", one, "deals")
        deals = values(hubspot_client, "deals", ids, "amount", "createdate")
        amounts = [deal["amount"] for deal in deals.values() if deal["amount"]]
        row = frame.loc[one]
        assert row["deals (count)"] == len(ids)
        assert row["deals.amount (count)"] == len(amounts)
        if not ids:
            assert row[["deals.amount (sum)", "deals.amount (latest)", "deals.amount"]].isna().all()
            continue
        assert row["deals.amount (sum)"] == float(sum(map(Decimal, amounts)))
        latest = max(deals.values(), key=lambda deal: deal["createdate"])["amount"]
        assert pd.isna(row["deals.amount (latest)"]) if not latest else row["deals.amount (latest)"] == float(latest)
    assert len(checked) == 6


def test_line_items_quotes_and_leads_stand_beside_their_records(hub):
    deals = pull(hub, "deals", ["line_items (count)", "line_items.amount (sum)", "quotes.hs_title", "contact.email"])
    assert (deals["line_items (count)"] > 0).sum() > 50
    assert deals.loc[deals["line_items (count)"] > 0, "line_items.amount (sum)"].gt(0).all()
    leads = pull(hub, "leads", ["hs_lead_name", "contact.email", "hs_pipeline_stage"])
    assert leads["contact.email"].notna().mean() > 0.8
    assert "Qualified" in set(with_labels(leads)["hs_pipeline_stage"])


def test_the_newest_activities_are_one_dated_text_without_markup(hub, hubspot_client):
    frame = pull(hub, "contacts", ["notes (2)", "notes (100)", "activities (3)"], limit=300)
    assert frame.dtypes.astype(str).eq("string").all()
    some = frame[frame["notes (100)"].str.count(r"(?m)^\d{4}-\d\d-\d\d Note: ").fillna(0) > 2]
    assert len(some) > 3
    for one in some.index[:3]:
        notes = values(
            hubspot_client, "notes", beside(hubspot_client, "contacts", one, "notes"), "hs_note_body", "hs_timestamp"
        )
        newest = sorted(notes.values(), key=lambda note: note["hs_timestamp"], reverse=True)
        told = [f"{note['hs_timestamp'][:10]} Note: {strip_html(note['hs_note_body'])}" for note in newest]
        assert some.loc[one, "notes (100)"] == "\n\n".join(told)
        assert some.loc[one, "notes (2)"] == "\n\n".join(told[:2])
    assert not frame["notes (100)"].dropna().str.contains(r"</|<br|<div|&nbsp;").any()
    assert frame["notes (2)"].isna().any()
    days = some["activities (3)"].str.findall(
        r"(?m)^(\d{4}-\d\d-\d\d) (?:Incoming )?(?:Note|E-mail|Call|Meeting|e-mail|call)"
    )
    assert days.map(lambda found: found[:3] == sorted(found[:3], reverse=True)).all()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain, 3 < 4 & so on", "plain, 3 < 4 & so on"),
        ("<p>One</p><p>Two&nbsp;&amp; more</p>", "One\nTwo & more"),
        ("<div>A<br>B<br><br>C</div>", "A\nB\n\nC"),
        ("<ul><li>a</li><li>b <b>c</b></li></ul>", "- a\n- b c"),
        ("<style>p {}</style><script>alert(1)</script>Hi", "Hi"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("a\nb\n\n\n\nc", "a\nb\n\nc"),
        ("<p>not closed <b>bold", "not closed bold"),
        ("", ""),
    ],
)
def test_html_reads_as_a_person_sees_it(html, text):
    assert strip_html(html) == text


def test_labels_and_owners_are_at_hand_and_calculated_properties_are_marked(hub, sandbox, hubspot_client):
    columns = ["lifecyclestage", "product_interest", "hubspot_owner_id", "owner.name", "owner.email", "state"]
    frame = pull(hub, "contacts", [*columns, "num_associated_deals", "company.industry"], limit=400)
    people = hubspot_client.crm.owners.owners_api
    owners = [*people.get_page().results, *people.get_page(archived=True).results]
    names = {one.id: f"{one.first_name} {one.last_name}" for one in owners}
    owned = frame["hubspot_owner_id"].dropna()
    assert with_labels(frame["hubspot_owner_id"]).dropna().tolist() == [names[one] for one in owned]
    assert frame["owner.name"].dropna().tolist() == [names[one] for one in owned]
    assert frame["owner.email"].dropna().str.contains("@").all()
    shown = with_labels(frame[frame["lifecyclestage"].notna()].head(50))
    assert isinstance(shown["lifecyclestage"].dtype, pd.CategoricalDtype)
    assert set(shown["lifecyclestage"].cat.categories) >= {"Sales Qualified Lead", "Lead"}
    assert {"Shipping labels", "Analytics"} <= set(with_labels(frame)["product_interest"].dropna().explode())
    pd.testing.assert_series_equal(with_labels(frame["state"]), frame["state"])
    assert frame.attrs["hsai_kit"]["read_only"] == ["num_associated_deals"]


def test_a_key_that_may_not_see_owners_pulls_all_the_same(keys, tmp_path):
    from hsai_kit import connect

    keys.token("pat-na1-narrow", scopes=["crm.objects.contacts.read"])
    with connect(hubspot_key="pat-na1-narrow", workspace=tmp_path / "w") as narrow:
        frame = pull(narrow, "contacts", ["hubspot_owner_id", "owner.name"], limit=50)
    assert frame["hubspot_owner_id"].notna().any()
    assert frame["owner.name"].isna().all()


@pytest.mark.parametrize(
    ("column", "error", "sentence"),
    [
        ("deals.amount (total)", PullError, "asks for 'total', which is not known"),
        ("deals.amount (sums)", PullError, r"Did you mean \(sum\)\?"),
        ("deals.dealname (sum)", PullError, "dealname of deals is a string"),
        ("deals (sum)", PullError, r"Write it as: 'deals.amount \(sum\)'"),
        ("deals (5)", PullError, "the newest ones are read of notes, emails, calls, meetings, tasks or activities"),
        ("notes (0)", PullError, "the newest ones are read of"),
        ("notes (", PullError, "is not understood"),
        ("owner.phone", UnknownProperty, "owner.name, owner.email"),
        ("deals.amuont (sum)", UnknownProperty, "did you mean 'amount'"),
        ("deels (count)", UnknownObjectType, "Did you mean 'deals'"),
    ],
)
def test_a_column_that_means_nothing_is_told_before_any_record_is_read(hub, sandbox, column, error, sentence):
    with pytest.raises(error, match=sentence):
        pull(hub, "contacts", ["state", column])
    assert not any("/objects/" in request["path"] for request in sandbox.requests("hubspot"))


def test_what_was_pulled_beside_a_record_goes_into_a_prompt(hub):
    frame = pull(hub, "contacts", ["firstname", "deals(count)", "notes (2)", "company.name"], limit=200)
    assert list(frame.columns) == ["firstname", "deals (count)", "notes (2)", "company.name"]
    asked = Prompt("{{ firstname }} has {{ deals (count) }} deals.\n{{ notes (2) }}\n{{ company.name }}").render(frame)
    with_notes = frame["notes (2)"].notna()
    assert asked[with_notes].str.contains("Note: ").all()
