"""Files that cannot be loaded: the error names file and row, and the way out."""

import zipfile

import openpyxl
import pytest

from hsai_kit.sandbox.portal import LoadError, load_portal

OLE_HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.fixture
def refusal_of(tmp_path):
    """Write bytes to a file and give the sentence with which loading refuses it."""

    def write_and_load(data, name="contacts.csv", object_type="contacts"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        with pytest.raises(LoadError) as caught:
            load_portal({object_type: path})
        return str(caught.value)

    return write_and_load


def test_a_missing_file(tmp_path):
    with pytest.raises(LoadError, match=r"nowhere\.csv does not exist or is no file\. Check the path"):
        load_portal({"contacts": tmp_path / "nowhere.csv"})
    with pytest.raises(LoadError, match="is no file"):
        load_portal({"contacts": tmp_path})


def test_an_unknown_object_type(refusal_of):
    told = refusal_of("Record ID\n1\n", object_type="carts")
    assert "“carts”" in told
    assert "contacts, companies, deals" in told


@pytest.mark.parametrize("data", ["", "\ufeff", "\n\n  \n", ",,\n,,\n"])
def test_an_empty_file(refusal_of, data):
    assert refusal_of(data).startswith("contacts.csv is empty. Export the records again")


def test_headings_without_rows(refusal_of):
    assert "has headings but no rows" in refusal_of("Record ID,Email\n")


@pytest.mark.parametrize(
    "data", ["1,ann@one.example,Austin\n2,bo@two.example,Reno\n", "101,2026-01-02,TX\n102,2026-01-03,NV\n"]
)
def test_no_header(refusal_of, data):
    told = refusal_of(data)
    assert "contacts.csv has no headings" in told
    assert "for example Record ID, Email, State/Region" in told


def test_a_row_that_is_too_long(refusal_of):
    told = refusal_of('Record ID,City\n1,"Austin\nTX"\n2,Reno\n3,Austin, TX\n')
    assert told.startswith("contacts.csv, row 4: 3 cells under 2 headings.")
    assert "save the file as .xlsx" in told


def test_a_row_that_is_too_short(refusal_of):
    assert refusal_of("Record ID,City,Zip\n1,Austin,78701\n2,Re\nno,89501\n").startswith(
        "contacts.csv, row 3: 2 cells under 3"
    )


def test_a_quotation_mark_that_is_never_closed(refusal_of):
    told = refusal_of('Record ID,City\n1,Austin\n2,"Reno\n3,Boise\n')
    assert told.startswith("contacts.csv, row 3 (from line 3 on): ")
    assert "quotation mark is missing" in told


def test_a_quotation_mark_left_open_over_a_large_file(refusal_of):
    told = refusal_of('Record ID,City\n1,"Austin\n' + "2,Reno\n" * 30_000)
    assert told.startswith("contacts.csv, row 2 (from line 2 on): ")


def test_a_record_id_that_stands_twice(refusal_of):
    told = refusal_of("Record ID,City\n11,Austin\n12,Reno\n11,Boise\n")
    assert told.startswith("contacts.csv, row 4: record id 11 stands in row 2 already.")


def test_record_ids_that_excel_has_shortened(refusal_of):
    told = refusal_of("Record ID,City\n1.23457E+11,Austin\n")
    assert "row 2: Excel has shortened the record id to 1.23457E+11" in told
    assert "without saving it in Excel" in told


def test_record_ids_that_are_none(refusal_of):
    assert "row 3: “Reno” is no record id" in refusal_of("Record ID,City\n1,Austin\nReno,2\n")


def test_a_value_without_a_heading(refusal_of):
    assert "column 2 has no heading but row 3 has a value" in refusal_of("Record ID,,City\n1,,Austin\n2,x,Reno\n")


def test_an_old_excel_file(refusal_of):
    told = refusal_of(OLE_HEADER + bytes(2000), "contacts.xls")
    assert told == "contacts.xls is an old Excel file (.xls). Open it in Excel and save it as .xlsx."


def test_a_workbook_with_a_password(refusal_of):
    told = refusal_of(OLE_HEADER + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600), "contacts.xlsx")
    assert told.startswith("contacts.xlsx is protected with a password. Remove it in Excel")


def test_a_damaged_workbook(refusal_of, tmp_path):
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Record ID", "City"])
    book.save(tmp_path / "whole.xlsx")
    half = (tmp_path / "whole.xlsx").read_bytes()[:2000]
    assert refusal_of(half, "half.xlsx").startswith("half.xlsx is damaged or was not downloaded to its end.")


def test_a_workbook_with_a_damaged_sheet(refusal_of, tmp_path):
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Record ID", "City"])
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as bad:
        for name in whole.namelist():
            data = whole.read(name)
            bad.writestr(name, data[: len(data) // 2] if name.startswith("xl/worksheets/") else data)
    told = refusal_of((tmp_path / "bad.xlsx").read_bytes(), "bad.xlsx")
    assert told.startswith("bad.xlsx cannot be read as a workbook (")
    assert told.endswith("Open it in Excel and save it as .xlsx again.")


def test_an_error_in_the_first_sheet_is_not_hidden_by_a_second_one(refusal_of, tmp_path):
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Record ID", "City"])
    book.worksheets[0].append(["1", "Austin", "TX"])
    book.create_sheet("Other").append(["Record ID", "City"])
    book.save(tmp_path / "two.xlsx")
    assert refusal_of((tmp_path / "two.xlsx").read_bytes(), "two.xlsx").startswith("two.xlsx, row 2: 3 cells under 2")


def test_an_archive_of_exports_names_what_is_inside(refusal_of, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("contacts-1.csv", "Record ID\n1\n")
    told = refusal_of((tmp_path / "all.zip").read_bytes(), "export.zip")
    assert told == "export.zip is a ZIP archive. Unpack it and load contacts-1.csv instead."


def test_an_archive_of_something_else(refusal_of, tmp_path):
    with zipfile.ZipFile(tmp_path / "other.ods", "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert "is no Excel workbook that can be read" in refusal_of((tmp_path / "other.ods").read_bytes(), "other.ods")


def test_a_workbook_without_rows(refusal_of, tmp_path):
    book = openpyxl.Workbook()
    book.save(tmp_path / "blank.xlsx")
    book.close()
    assert refusal_of((tmp_path / "blank.xlsx").read_bytes(), "blank.xlsx").startswith("blank.xlsx is empty.")


@pytest.mark.parametrize("data", ["<!DOCTYPE html><table><tr><td>1</td></tr></table>", "%PDF-1.7 ..."])
def test_a_document_that_is_called_csv(refusal_of, data):
    assert "is a document and no CSV file" in refusal_of(data)


def test_a_file_that_is_no_text(refusal_of):
    assert "is no text file" in refusal_of(b"\x89PNG\r\n" + bytes(range(256)) * 4)


def test_a_download_that_broke_off_within_a_letter(refusal_of):
    assert "breaks off within a letter" in refusal_of("\ufeffRecord ID,City\n1,Málag".encode() + b"\xc3")
