"""Messages about approved records, received by a real HTTP server; their addresses stay unseen."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from hsai_kit import notify, open_receipt, plan, then, undo
from hsai_kit.cli import app
from hsai_kit.errors import AddressNotFound, NotDelivered, PushRefused

SECRET = "s3cret-t0ken"


class Mailbox(HTTPServer):
    """Takes what apprise's json:// sends; `refusing` answers 500 to that many messages, `hanging_up` none."""

    def __init__(self) -> None:
        self.letters: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.refusing = 0
        self.hanging_up = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                box: Any = self.server
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refused = box.refusing > 0
                box.refusing -= refused
                if not refused:
                    box.letters.append(body)
                    box.paths.append(self.path)
                if box.hanging_up:
                    box.hanging_up -= 1
                    self.close_connection = True
                    return
                self.send_response(500 if refused else 200)
                self.end_headers()

            def log_message(self, *said: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.server_port}/hook"


@pytest.fixture
def mailbox(hub, monkeypatch):
    """A mailbox whose address is kept under the name `team`, in the file, as `hsai notify add` does it."""
    with Mailbox() as box:
        threading.Thread(target=box.serve_forever, daemon=True).start()
        kept = CliRunner().invoke(app, ["notify", "add", "team", "--keep", "file"], input=f"{box.address}\n")
        assert kept.exit_code == 0, kept.stderr
        assert SECRET not in kept.output
        yield box
        box.shutdown()


@pytest.fixture
def checked(proposed, colleague):
    made = proposed(limit=4)
    for one, owner in zip(made.frame.index, ["41000001", "41000002", "41000001", ""], strict=True):
        colleague.writes(one, "hubspot_owner_id", owner)
    made.approve()
    return made


def test_a_digest_names_every_record_with_its_link_once(hub, checked, mailbox):
    first, *_ = checked.frame.index
    receipt = then(hub, checked, notify("team", "{{ record_id }}: {{ answer }}"), confirm=True)
    assert receipt.counts == {"done": 4}
    (letter,) = mailbox.letters
    assert letter["title"] == "state-abbreviations: contacts"
    assert f"{first}: TX\n{hub.portal.record_link('0-1', first)}" in letter["message"]
    assert letter["message"].count("TX") == 4
    assert then(hub, checked, notify("team"), confirm=True).counts == {}
    assert len(mailbox.letters) == 1
    with pytest.raises(PushRefused, match="what was sent cannot be taken back"):
        undo(hub, receipt, confirm=True)


def test_each_owner_gets_the_records_that_are_theirs_at_an_address_of_their_own(hub, checked, mailbox, monkeypatch):
    monkeypatch.setenv("HSAI_NOTIFY_OWNERS", f"{mailbox.address}?to={{owner_email}}".replace("/hook", "/{owner_email}"))
    action = notify("owners", "{{ record_id }} for {{ owner }}", per="owner", title="To\nanswer")
    ready = plan(hub, checked, action)
    assert ready.counts == {"will be done": 3, "no assignee": 1}
    assert then(hub, checked, action, confirm=True).counts == {"done": 3}
    dana, marcus = sorted(zip(mailbox.paths, mailbox.letters, strict=True), key=lambda one: one[0])
    assert dana[0] == "/dana.whitfield@sandbox.example"
    assert marcus[0] == "/marcus.oyelaran@sandbox.example"
    assert dana[1]["message"].count("for Dana Whitfield") == 2
    assert dana[1]["title"] == "To answer"


def test_a_message_for_each_record_stops_where_one_is_not_taken_and_goes_on_with_the_rest(hub, checked, mailbox):
    mailbox.refusing = 1
    action = notify("team", "{{ record_id }}", per="record")
    with pytest.raises(NotDelivered) as caught:
        then(hub, checked, action, confirm=True)
    assert "Receipt then-" in " ".join(caught.value.__notes__)
    assert open_receipt(hub).counts == {"not sent": 3, "refused": 1}
    assert then(hub, checked, action, confirm=True).counts == {"done": 4}
    assert sorted(letter["message"].splitlines()[0] for letter in mailbox.letters) == sorted(checked.frame.index)


def test_a_message_whose_fate_is_not_known_is_not_sent_again_by_itself(hub, checked, mailbox):
    then(hub, checked, notify("team"), confirm=True)
    hub.store._database.execute("UPDATE acts SET outcome = 'sending'")
    ready = plan(hub, checked, notify("team"))
    assert ready.counts == {"perhaps done": 4}
    assert "send it again under another name" in str(ready)
    assert then(hub, checked, notify("team", name="again"), confirm=True).counts == {"done": 4}


def test_a_message_whose_answer_was_lost_is_listed_and_not_sent_again(hub, checked, mailbox, capsys):
    mailbox.hanging_up = 1
    action = notify("team", "{{ record_id }}", per="record")
    with pytest.raises(NotDelivered, match="not known whether the message arrived"):
        then(hub, checked, action, confirm=True)
    first = open_receipt(hub)
    assert first.counts == {"not sent": 3, "unknown": 1}
    receipt = then(hub, checked, action, confirm=True)
    assert receipt.counts == {"done": 3, "left alone": 1}
    (left,) = receipt.frame.loc[receipt.frame["outcome"] == "left alone", "reason"]
    assert first.id in left
    assert sorted(letter["message"].splitlines()[0] for letter in mailbox.letters) == sorted(checked.frame.index)


def test_more_messages_than_anybody_wants_and_unknown_addresses_are_refused(hub, checked, mailbox):
    with pytest.raises(PushRefused, match="That would be 4 messages, and at most 3 are sent at once"):
        then(hub, checked, notify("team", per="record", most=3), confirm=True)
    with pytest.raises(AddressNotFound, match=r"There is no address 'teem'\. There are: team\. Keep one with"):
        then(hub, checked, notify("teem"), confirm=True)
    assert mailbox.letters == []


def test_what_a_record_says_calls_nobody_together(hub, checked, mailbox):
    frame = checked.frame.assign(text="@channel <!everyone> <b>write to a@here.example</b>")
    then(hub, checked, notify("team", "{{ text }}"), frame=frame, confirm=True)
    said = mailbox.letters[0]["message"]
    assert "@channel" not in said
    assert "<!everyone>" not in said
    assert "<b>write to" in said


def test_the_address_is_in_no_log_no_store_and_no_receipt(hub, checked, mailbox, caplog, capfd, tmp_path):
    caplog.set_level(logging.DEBUG)
    mailbox.refusing = 1
    with pytest.raises(NotDelivered) as caught:
        then(hub, checked, notify("team"), confirm=True)
    receipt = then(hub, checked, notify("team"), confirm=True)
    for command in (["notify", "list"], ["notify", "test", "team"], ["notify", "remove", "team"]):
        said = CliRunner().invoke(app, command)
        assert said.exit_code == 0, said.output
        assert SECRET not in said.output
    out, err = capfd.readouterr()
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for text in (caplog.text, out, err, str(caught.value), repr(receipt), receipt.frame.to_csv()):
        assert SECRET not in text
    assert SECRET.encode() not in left, "not even in the file any more"
    with pytest.raises(AddressNotFound):
        then(hub, checked, notify("team", name="later"), confirm=True)


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (["add", "Team Chat", "--keep", "file"], "json://x", "cannot be a name here"),
        (["add", "team", "--keep", "file"], "https//nonsense", "no address that apprise knows"),
        (["add", "team", "--keep", "drawer"], "", "it is 'ring' or 'file'"),
        (["test", "team"], "", "Keep one with: hsai notify add team"),
    ],
)
def test_a_slip_with_an_address_is_a_sentence(keys, arguments, typed, sentence):
    result = CliRunner().invoke(app, ["notify", *arguments], input=f"{typed}\n")
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
