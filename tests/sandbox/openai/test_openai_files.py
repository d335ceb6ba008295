"""/v1/files: uploads, lists, contents."""

from __future__ import annotations

import openai
import pytest

LINES = b'{"custom_id": "a"}\n{"custom_id": "b", "note": "\xc3\xa9\r\n--x"}\n'


def upload(call, content=LINES, name="questions.jsonl", purpose="batch", **more):
    return call(lambda client: client.files.create(file=(name, content), purpose=purpose, **more))


def test_an_upload_comes_back_byte_by_byte(call):
    content = bytes(range(256)) * 40 + b"\r\n--boundary\r\n"
    file = upload(call, content)
    assert (file.object, file.bytes, file.filename, file.purpose) == ("file", len(content), "questions.jsonl", "batch")
    assert call(lambda client: client.files.content(file.id)).read() == content
    assert call(lambda client: client.files.retrieve(file.id)) == file


def test_a_file_on_disk_and_an_odd_name_are_taken(call, tmp_path):
    path = tmp_path / 'q "1" é.jsonl'
    path.write_bytes(LINES)
    file = call(lambda client: client.files.create(file=path, purpose="batch"))
    assert file.filename == path.name
    assert file.bytes == len(LINES)


def test_batch_files_expire_after_thirty_days_unless_told_otherwise(call):
    file = upload(call)
    assert file.expires_at - file.created_at == 30 * 86_400
    short = upload(call, expires_after={"anchor": "created_at", "seconds": 3600})
    assert short.expires_at - short.created_at == 3600
    assert upload(call, purpose="user_data").expires_at is None


def test_files_are_listed_by_purpose_order_and_page(call, sandbox):
    ids = [upload(call, name=f"{number}.jsonl").id for number in range(3)]
    other = upload(call, purpose="user_data", name="a.txt").id
    newest = call(lambda client: client.files.list())
    assert [file.id for file in newest.data] == [other, *ids[::-1]]
    oldest = call(lambda client: client.files.list(order="asc", purpose="batch", limit=2))
    assert [file.id for file in oldest.data] == ids[:2]
    assert oldest.has_more
    rest = call(lambda client: client.files.list(order="asc", purpose="batch", after=ids[1]))
    assert [file.id for file in rest.data] == ids[2:]


def test_a_deleted_file_is_gone(call):
    file = upload(call)
    deleted = call(lambda client: client.files.delete(file.id))
    assert (deleted.id, deleted.deleted) == (file.id, True)
    for use in (
        lambda client: client.files.retrieve(file.id),
        lambda client: client.files.content(file.id),
        lambda client: client.files.delete(file.id),
    ):
        with pytest.raises(openai.NotFoundError, match=file.id):
            call(use)


def test_only_files_for_work_in_bulk_can_be_downloaded(call):
    file = upload(call, purpose="user_data")
    with pytest.raises(openai.BadRequestError, match="user_data"):
        call(lambda client: client.files.content(file.id))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"purpose": "fun"}, "invalid_value"),
        ({"name": "questions.csv"}, "invalid_file_format"),
        ({"content": b""}, "empty_file"),
        ({"expires_after": {"anchor": "created_at", "seconds": 60}}, "invalid_value"),
    ],
)
def test_a_wrong_upload_is_refused(call, changes, code):
    with pytest.raises(openai.BadRequestError) as caught:
        upload(call, **changes)
    assert caught.value.code == code


def test_an_upload_that_is_no_form_or_lacks_a_field_is_refused(call):
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.post("/files", cast_to=object, body={"purpose": "batch"}))
    assert caught.value.code == "invalid_content_type"
    form = b'--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--x--\r\n'
    headers = {"content-type": "Multipart/Form-Data; boundary=x"}
    with pytest.raises(openai.BadRequestError) as caught:
        call(lambda client: client.post("/files", cast_to=object, content=form, options={"headers": headers}))
    assert (caught.value.code, caught.value.param) == ("missing_required_parameter", "file")
