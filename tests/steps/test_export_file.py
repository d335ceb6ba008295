"""A file as HubSpot exported it is read untouched, in the languages that exports come in; joins say what met."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import ask, pull, review
from hsai_kit.errors import FrameError
from hsai_kit.steps.pull.export_file import read_export

HEADINGS = {
    "internal": ["hs_object_id", "firstname", "lastname", "state", "lifecyclestage"],
    "labels": ["Record ID", "First Name", "Last Name", "State/Region", "Lifecycle Stage"],
    "German": ["Datensatz-ID", "Vorname", "Nachname", "Bundesland/Region", "Lifecycle-Phase"],
    "French": ["ID d\u2019enregistrement", "Prénom", "Nom", "État/Région", "Phase du cycle de vie"],
    "Spanish": ["ID de registro", "Nombre", "Apellidos", "Estado/región", "Etapa del ciclo de vida"],
    "Japanese": ["レコードID", "名", "姓", "都道府県/地域", "ライフサイクルステージ"],
    "several types": ["Record ID - Contact", "First Name", "Last Name", "State/Region", "Lifecycle Stage"],
}
ROW = ["101", "Ada", "Lovelace", "Calif.", "Lead"]


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize(("ending", "encoding"), [("csv", "utf-8-sig"), ("csv", "utf-8"), ("xlsx", None)])
def test_an_untouched_export_is_read(hub, tmp_path, language, ending, encoding):
    path = tmp_path / f"export.{ending}"
    table = pd.DataFrame([ROW, ["102", *ROW[1:]]], columns=HEADINGS[language])
    table.to_csv(path, index=False, encoding=encoding) if encoding else table.to_excel(path, index=False)
    frame = read_export(hub, path, "contacts")
    assert frame.index.tolist() == ["101", "102"]
    assert frame.loc["101"].to_dict() == dict(zip(HEADINGS["internal"][1:], ROW[1:], strict=True))


def test_columns_that_mean_the_same_or_several_things_are_said_and_the_first_is_read(hub, tmp_path, capsys):
    path = tmp_path / "export.csv"
    path.write_text("Record ID,State/Region,Bundesland/Region,City,City,Own\n1,CA,NY,Fresno,Erie,x\n", "utf-8")
    frame = read_export(hub, path, "contacts")
    assert frame.loc["1", ["state", "city", "Own"]].tolist() == ["CA", "Fresno", "x"]
    said = capsys.readouterr().out
    assert "'State/Region' and 'Bundesland/Region' are both state" in said
    assert "column 'City' more than once" in said


def test_ten_megabytes_of_notes_and_two_hundred_columns_load(hub, tmp_path):
    note = "called again\n" * 800_000
    path = tmp_path / "export.csv"
    columns = ["Record ID", "Notes", *(f"Own {number}" for number in range(200))]
    pd.DataFrame([["1", note, *["x"] * 200]], columns=columns).to_csv(path, index=False)
    frame = read_export(hub, path, "contacts")
    assert frame.shape == (1, 201)
    assert frame["Notes"]["1"] == note


def test_a_file_without_record_ids_is_a_sentence(hub, tmp_path):
    (tmp_path / "export.csv").write_text("Vorname,Nachname\nAda,Lovelace\n", "utf-8")
    with pytest.raises(FrameError, match="record id"):
        read_export(hub, tmp_path / "export.csv", "contacts")


@pytest.mark.parametrize("as_spreadsheet", ["numbers", "floats", "text", "index", "German"])
def test_a_join_takes_ids_as_a_spreadsheet_has_them_and_says_how_many_matched(hub, as_spreadsheet, capsys):
    contacts = pull(hub, "contacts", ["state", "country"], limit=6)
    checked = review(ask(hub, contacts, "state-abbreviations"))
    ids = [*map(int, contacts.index[:5]), 999_999_999, None]
    own = pd.DataFrame({"Record ID": pd.array(ids, dtype="Int64"), "budget": range(7)})
    if as_spreadsheet == "floats":
        own["Record ID"] = own["Record ID"].astype("Float64").astype(float)
    elif as_spreadsheet == "text":
        own["Record ID"] = own["Record ID"].astype("string")
    elif as_spreadsheet == "index":
        own = own.set_index("Record ID").rename_axis("record_id")
    elif as_spreadsheet == "German":
        own = own.rename(columns={"Record ID": "Datensatz-ID"})
    joined = checked.join(own)
    assert joined["budget"].tolist() == list(range(7))
    assert joined["decision"].notna().tolist() == [True] * 5 + [False] * 2
    assert joined["proposal"].tolist()[:5] == checked.frame["proposal"].reindex(contacts.index[:5]).tolist()
    assert "5 of 7 rows match a record" in capsys.readouterr().out
