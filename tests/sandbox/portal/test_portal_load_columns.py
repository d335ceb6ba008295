"""Loading exports: headings become properties, labels become internal values, nothing is lost."""

import pytest

from hsai_kit.sandbox.portal import load_portal


@pytest.fixture
def load(tmp_path):
    """Write text to a CSV file and load it as one object type."""

    def write_and_load(text, object_type="contacts"):
        path = tmp_path / f"{object_type}.csv"
        path.write_text(text, encoding="utf-8")
        return load_portal({object_type: path})

    return write_and_load


def only(portal, object_type="contacts"):
    (record,) = portal.records[object_type]
    return record


@pytest.mark.parametrize(
    "heading", ["Record ID", "record id", "Record ID - Contact", "hs_object_id", "Contact ID", "vid"]
)
def test_the_record_id_is_found_under_each_of_its_names(load, heading):
    record = only(load(f"{heading},City\n8412,Austin\n"))
    assert record.id == record.properties["hs_object_id"] == "8412"


def test_ids_are_made_where_there_are_none_and_never_collide(load):
    assert [one.id for one in load("City,Zip\nAustin,1\nReno,2\n").records["contacts"]] == ["101", "102"]
    mixed = load("Record ID,City\n,Austin\n101,Reno\n,Boise\n").records["contacts"]
    assert [one.id for one in mixed] == ["102", "101", "103"]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("First Name", "firstname"), ("FIRST NAME", "firstname"), ("firstname", "firstname"),
        ("State/Region", "state"), ("Postal Code", "zip"), ("Country/Region", "country"), ("Company name", "company"),
        ("Email", "email"), ("  Street\u00a0 Address ", "address"), ("IP State/Region", "ip_state"),
        ("How can we help?", "how_can_we_help"),
    ],
)  # fmt: skip
def test_headings_are_labels_or_internal_names_in_any_case(load, heading, name):
    assert only(load(f"Record ID,{heading}\n1,x\n")).properties[name] == "x"


def test_an_unknown_column_becomes_a_text_property_that_keeps_its_label(load):
    portal = load('Record ID,Booth visit (2026),2nd contact,名前,Booth visit 2026\n1,yes,"a\nb",田中,no\n')
    contacts = portal.object_type("contacts")
    assert only(portal).properties.items() >= {
        ("booth_visit_2026", "yes"), ("p_2nd_contact", "a\nb"), ("column_4", "田中"), ("booth_visit_2026_2", "no"),
    }  # fmt: skip
    definition = contacts.definition("booth_visit_2026")
    assert (definition.label, definition.type, definition.field_type) == ("Booth visit (2026)", "string", "text")
    assert contacts.definition("p_2nd_contact").field_type == "textarea"
    assert definition.group in {group.name for group in contacts.groups}


def test_two_columns_with_the_same_heading_are_both_kept(load):
    properties = only(load("Record ID,City,City\n1,Austin,Dallas\n")).properties
    assert (properties["city"], properties["city_2"]) == ("Austin", "Dallas")


@pytest.mark.parametrize("cell", ["Marketing Qualified Lead", "marketingqualifiedlead", "marketing qualified lead"])
def test_option_labels_become_internal_values(load, cell):
    portal = load(f"Record ID,Lifecycle Stage\n1,{cell}\n")
    assert only(portal).properties["lifecyclestage"] == "marketingqualifiedlead"
    assert portal.remarks == []


def test_an_unknown_option_is_added_and_told(load):
    portal = load("Record ID,Lifecycle Stage\n1,Alumni\n")
    assert only(portal).properties["lifecyclestage"] == "Alumni"
    options = portal.object_type("contacts").definition("lifecyclestage").options
    assert [option.value for option in options][-2:] == ["other", "Alumni"]
    assert portal.remarks == ["contacts.csv: added as option of Lifecycle Stage: Alumni (1 in all)."]


def test_several_options_in_one_cell_are_each_mapped(load):
    portal = load("Record ID,Product interest\n1,Inventory; Demand forecasting;Robots\n")
    assert only(portal).properties["product_interest"] == "inventory;forecasting;Robots"


@pytest.mark.parametrize("cell", ["Inês Carvalho", "ines.carvalho@sandbox.example", "41000003",
                                  "Inês Carvalho (ines.carvalho@sandbox.example)"])  # fmt: skip
def test_owners_are_found_by_name_address_or_id(load, cell):
    portal = load(f"Record ID,Contact owner\n1,{cell}\n")
    assert only(portal).properties["hubspot_owner_id"] == "41000003"
    assert len(portal.owners) == 7


def test_an_unknown_owner_is_added_once(load):
    text = "Record ID,Contact owner\n1,Rosa Whitcomb\n2,rosa whitcomb\n3,kim@corp.example\n4,55501\n"
    portal = load(text)
    held = [record.properties["hubspot_owner_id"] for record in portal.records["contacts"]]
    added = {owner.id: owner for owner in portal.owners[7:]}
    assert held[0] == held[1]
    assert (added[held[0]].first_name, added[held[0]].last_name) == ("Rosa", "Whitcomb")
    assert added[held[2]].email == "kim@corp.example"
    assert held[3] == "55501"
    assert len(added) == 3


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-03-04 10:30", "2026-03-04T15:30:00.000Z"),
        ("2026-07-04 10:30:15", "2026-07-04T14:30:15.000Z"),
        ("2026-03-04T10:30:00Z", "2026-03-04T10:30:00.000Z"),
        ("2026-03-04T10:30:00.250Z", "2026-03-04T10:30:00.250Z"),
        ("1772620200000", "2026-03-04T10:30:00.000Z"),
        ("03/04/2026 10:30 AM", "2026-03-04T15:30:00.000Z"),
        ("2026-03-04", "2026-03-04T05:00:00.000Z"),
    ],
)
def test_moments_are_read_in_the_accounts_time_zone_unless_they_name_one(load, cell, moment):
    record = only(load(f"Record ID,Create Date\n1,{cell}\n"))
    assert record.created_at == record.properties["createdate"] == moment


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (["03/04/2026"], ["2026-03-04"]),
        (["03/04/2026", "25/04/2026"], ["2026-04-03", "2026-04-25"]),
        (["4.3.2026"], ["2026-03-04"]),
        (["Mar 4, 2026"], ["2026-03-04"]),
        (["2026-03-04", "1772582400000"], ["2026-03-04", "2026-03-04"]),
    ],
)
def test_days_are_read_in_the_one_form_that_fits_the_whole_column(load, cells, days):
    text = "".join(f'{number},"{cell}"\n' for number, cell in enumerate(cells, start=1))
    loaded = load(f"Record ID,Contract end date\n{text}").records["contacts"]
    assert [record.properties["contract_end_date"] for record in loaded] == days


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1200", "1200"), ("$1,200.50", "1200.50"), ("1.200,50 €", "1200.50"), ("(300)", "-300"), ("1.2E+05", "120000")],
)
def test_numbers_lose_their_signs_and_separators(load, cell, value):
    deal = only(load(f'Record ID,Amount\n1,"{cell}"\n', "deals"), "deals")
    assert deal.properties["amount"] == value


@pytest.mark.parametrize(
    ("heading", "name", "cells"),
    [
        ("Contract end date", "contract_end_date", ["2026-03-04", "someday"]),
        ("Contract end date", "contract_end_date", ["03/04/2026", "2026-13-45"]),
        ("Contract end date", "contract_end_date", ["03/04/2026", "02/30/2026"]),
        ("Seats planned", "seats_planned", ["12", "a dozen"]),
        ("Newsletter", "newsletter_opt_in", ["Yes", "maybe"]),
    ],
)
def test_a_cell_of_the_wrong_kind_turns_the_property_into_text_and_is_told(load, heading, name, cells):
    portal = load(f"Record ID,{heading}\n1,{cells[0]}\n2,{cells[1]}\n")
    assert [record.properties[name] for record in portal.records["contacts"]] == cells
    assert portal.object_type("contacts").definition(name).type == "string"
    assert portal.remarks[0].startswith(f"contacts.csv, row 3, column “{heading}”: “{cells[1]}” is no ")


def test_a_record_without_dates_was_made_today(load):
    record = only(load("Record ID,City\n1,Austin\n"))
    assert record.created_at == record.updated_at == record.properties["createdate"] == "2026-11-16T14:00:00.000Z"


def test_only_the_loaded_records_are_in_the_portal(load):
    portal = load("Record ID,City\n1,Austin\n")
    assert {name: len(records) for name, records in portal.records.items() if records} == {"contacts": 1}
    assert portal.truth == {}
    assert [(one.name, one.member_ids) for one in portal.lists] == [("All of contacts.csv", ("1",))]
    assert len(portal.pipelines) == 6


def test_stages_and_pipelines_that_are_new_are_added(load):
    portal = load(
        "Record ID,Deal Name,Pipeline,Deal Stage\n"
        "1,One,Sales Pipeline,Closed Won\n2,Two,Onboarding,Kick-off\n3,Three,Onboarding,Done\n",
        "deals",
    )
    held = [(one.properties["pipeline"], one.properties["dealstage"]) for one in portal.records["deals"]]
    assert held == [("default", "closedwon"), ("Onboarding", "Kick-off"), ("Onboarding", "Done")]
    added = next(one for one in portal.pipelines if one.id == "Onboarding")
    assert [(stage.label, stage.metadata["isClosed"]) for stage in added.stages] == [
        ("Kick-off", "false"), ("Done", "true"),
    ]  # fmt: skip


def test_records_of_two_files_are_associated_by_the_ids_they_list(tmp_path):
    (tmp_path / "contacts.csv").write_text(
        "Record ID,Email,Associated Company IDs,Associated Company IDs (Primary)\n"
        "1,a@one.example,70;71,70\n2,b@two.example,99,\n",
        encoding="utf-8",
    )
    (tmp_path / "companies.csv").write_text("Record ID,Company name\n70,One\n71,Two\n", encoding="utf-8")
    portal = load_portal({"contacts": tmp_path / "contacts.csv", "companies": tmp_path / "companies.csv"})
    found = {(one.from_id, one.to_id, one.type_id) for one in portal.associations}
    assert found == {
        ("1", "70", 279),
        ("1", "70", 1),
        ("70", "1", 280),
        ("70", "1", 2),
        ("1", "71", 279),
        ("71", "1", 280),
    }
    assert len(portal.associations) == 6
    assert portal.records["contacts"][0].properties["hs_email_domain"] == "one.example"


def test_object_types_can_be_named_in_the_singular_or_by_type_id(tmp_path):
    path = tmp_path / "notes.csv"
    path.write_text("Record ID,Note body,Activity date\n5,Called.,2026-01-05 09:00\n", encoding="utf-8")
    for word in ("notes", "Note", "0-46"):
        (note,) = load_portal({word: path}).records["notes"]
        assert note.properties["hs_note_body"] == "Called."


def test_a_file_of_nothing_but_ids_gives_bare_records(load):
    records = load("Record ID\n7\n8\n").records["contacts"]
    assert [(one.id, one.properties["hs_object_id"], len(one.properties)) for one in records] == [
        ("7", "7", 3), ("8", "8", 3),
    ]  # fmt: skip


def test_a_new_ticket_status_tells_whether_it_is_closed(load):
    portal = load("Record ID,Ticket name,Ticket status\n1,One,Solved by phone\n2,Two,Escalated\n", "tickets")
    support = next(one for one in portal.pipelines if one.object_type == "tickets")
    states = {stage.label: stage.metadata["ticketState"] for stage in support.stages[-2:]}
    assert states == {"Solved by phone": "CLOSED", "Escalated": "OPEN"}


def test_a_path_may_begin_with_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "contacts.csv").write_text("Record ID,City\n1,Austin\n", encoding="utf-8")
    assert len(load_portal({"contacts": "~/contacts.csv"}).records["contacts"]) == 1
