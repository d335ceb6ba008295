"""The review grid in a notebook: by mouse, by keyboard alone, against trouble, and into no file."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from .conftest import BUSY

REVIEW = """
from hsai_kit import ask, connect, pull, review
hub = connect()
contacts = pull(hub, "contacts", ["state", "country", "city"], where="state is known", limit=120)
run = ask(hub, contacts, "state-abbreviations")
checked = review(run)
checked
"""
TELL = 'print(checked.frame["decision"].value_counts().to_dict())'
ELSEWHERE = """
checked.approve(checked.frame.dropna(subset="proposal").index[0])
hub.store.decisions.add(run.id, "answer", "rejected", [(checked.frame.index[50], None)], "Lee")
"""
TOMORROW = """
from hsai_kit import connect, open_run, review
checked = review(open_run(connect()))
checked
"""
HOSTILE = """
from hsai_kit import ask, connect, pull, review
hub = connect()
contacts = pull(hub, "contacts", ["city"], limit=4)
checked = review(ask(hub, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}"), to="city")
checked
"""
MARKUP = [
    "<img src=x onerror=\"window.owned = 'image'\">",
    "<script>window.owned = 'script'</script><b>bold</b>",
    "<iframe src='https://attacker.example/frame'></iframe>",
    "javascript:window.owned='link' </td></tr></table><style>*{display:none}</style>",
]


def told(room) -> str:
    room.run(1)
    return room.output(1).inner_text().strip()


def notice(grid) -> Locator:
    return grid.locator(".hsai-said")


@pytest.fixture
def grid(room):
    room.open(REVIEW, TELL, BUSY, ELSEWHERE, TOMORROW)
    room.run(0)
    shown = room.output(0).locator(".hsai-grid")
    expect(shown.locator("tbody tr")).to_have_count(50)
    return shown


def test_keys_alone_are_enough_and_none_of_them_reaches_the_notebook(room, grid):
    before, press = room.cells, room.page.keyboard.press
    rows, dialog = grid.locator("tbody tr"), grid.locator("dialog[open]")
    rows.first.press("a")
    expect(notice(grid)).to_have_text("Approved 1.")
    press("r")
    expect(notice(grid)).to_have_text("Rejected 1.")
    press("e")
    grid.locator(".hsai-edit-field").select_option("WY")
    press("Enter")
    expect(notice(grid)).to_have_text("Edited 1 to WY.")
    assert [text[2:] for text in grid.locator("tbody .hsai-decision").all_inner_texts()[:3]] == [
        "approved",
        "rejected",
        "edited",
    ]
    press("u")
    expect(notice(grid)).to_have_text("Took back: edited 1.")
    expect(rows.nth(3)).to_be_focused()
    press("x")
    press("Shift+J")
    press("Shift+ArrowDown")
    expect(grid.locator(".hsai-selected")).to_have_text("3 selected")
    press("r")
    expect(notice(grid)).to_have_text("Rejected 3.")
    press("Enter")
    expect(dialog).to_contain_text("The record")
    title = dialog.locator("h3").inner_text()
    press("j")
    expect(dialog.locator("h3")).not_to_have_text(title)
    press("r")
    expect(notice(grid)).to_have_text("Rejected 1.")
    press("Escape")
    press("?")
    expect(dialog).to_contain_text("undo what you decided last")
    press("Escape")
    press("/")
    room.page.keyboard.type("calif")
    expect(grid.locator(".hsai-pages")).not_to_contain_text("of 120")
    press("Enter")
    press("g")
    expect(grid.locator(".hsai-pages")).to_contain_text("changes over")
    for key in ("b", "d", "d", "m", "y", "Shift+Enter", "0", "0"):
        press(key)
    assert room.cells == before
    assert told(room) == "{'pending': 114, 'rejected': 5, 'approved': 1}"


def test_by_mouse_rows_are_found_sorted_grouped_and_decided_all_at_once(room, grid):
    rows = grid.locator("tbody tr")
    grid.locator("[data-facet=flag] select").select_option("(none)")
    expect(rows.first.locator(".hsai-flag")).to_have_count(0)
    column = grid.locator("th[data-column=record]")
    column.locator("button").click()
    expect(column).to_have_attribute("aria-sort", "ascending")
    ids = [int(text) for text in grid.locator(".hsai-id").all_inner_texts()]
    assert ids == sorted(ids)
    rows.nth(1).locator("input").click()
    rows.nth(4).locator("input").click(modifiers=["Shift"])
    expect(grid.locator(".hsai-selected")).to_have_text("4 selected")
    grid.locator(".hsai-actions").get_by_text("Reject").click()
    expect(notice(grid)).to_have_text("Rejected 4.")
    grid.get_by_role("button", name="Next page").click()
    expect(grid.locator(".hsai-pages")).to_contain_text("51")
    grid.get_by_role("button", name="Clear").click()
    grid.get_by_role("button", name="Group by change").click()
    expect(grid.locator(".hsai-pages")).to_contain_text("changes over 120 records")
    first = rows.first
    count = first.locator("[data-kind=number]").inner_text()
    first.get_by_role("button", name="Approve").click()
    expect(notice(grid)).to_have_text(f"Approved {count}.")
    grid.get_by_role("checkbox", name="Select this page").click()
    grid.get_by_text(re.compile(r"Select all \d+ that match")).click()
    grid.locator(".hsai-actions").get_by_text("Approve").click()
    expect(notice(grid)).to_contain_text("Left as decided before: 4 rejected")
    room.reload()
    expect(grid.locator(".hsai-pages")).to_contain_text("changes over 120 records")
    assert "pending" in grid.locator(".hsai-summary").inner_text()
    row = told(room)
    assert "'rejected': 4" in row, "approving all that match overturns nothing"


def test_a_busy_kernel_delays_a_decision_and_loses_none_and_a_restart_loses_none_either(room, grid):
    rows = grid.locator("tbody tr")
    rows.nth(30).press("r")
    expect(notice(grid)).to_have_text("Rejected 1.")
    room.start(2)
    rows.nth(32).press("r")
    # The next key is about the next row, and what is typed there is not lost when the answer to the first comes.
    expect(rows.nth(33)).to_be_focused()
    room.page.keyboard.press("e")
    field = grid.locator(".hsai-edit-field")
    field.select_option("WY")
    expect(notice(grid)).to_contain_text("The notebook is busy with another cell.")
    expect(grid.locator(".hsai-summary")).to_contain_text("2 rejected")
    expect(rows.nth(32).locator(".hsai-rejected")).to_have_count(1)
    expect(field).to_be_focused()
    field.press("Enter")
    expect(notice(grid)).to_have_text("Edited 1 to WY.")
    expect(rows.nth(34)).to_be_focused()
    room.restart()
    room.run(4)
    grid = room.output(4).locator(".hsai-grid")
    rows = grid.locator("tbody tr")
    expect(grid.locator(".hsai-summary")).to_contain_text("117 pending, 2 rejected, 1 edited")
    expect(rows).to_have_count(50)
    expect(grid.locator("tbody .hsai-rejected")).to_have_count(2)


def test_another_reviewer_and_another_cell_are_seen_at_once(room, grid):
    room.run(3)
    expect(grid.locator(".hsai-summary")).to_contain_text("1 approved")
    grid.get_by_role("button", name="Next page").click()
    expect(grid.locator("tbody tr").first).to_contain_text("Lee")
    expect(grid.locator(".hsai-summary")).to_contain_text("1 rejected")


def test_what_a_record_says_is_text_and_runs_nothing_and_nothing_of_it_is_saved(room, hubspot_client):
    from hubspot.crm.objects import SimplePublicObjectInput as Values

    api = hubspot_client.crm.objects.basic_api
    for record, text in zip(api.get_page("contacts", limit=4).results, MARKUP, strict=True):
        api.update("contacts", record.id, Values(properties={"city": text}))
    room.open(HOSTILE)
    room.run_all()
    grid = room.output(0).locator(".hsai-grid")
    expect(grid.locator("tbody tr")).to_have_count(4)
    for text in MARKUP:
        expect(grid.locator("tbody")).to_contain_text(text)
    grid.locator("tbody tr").first.focus()
    room.page.keyboard.press("Enter")
    expect(grid.locator("dialog[open]")).to_be_visible()
    room.shot(room.page.locator("dialog[open]"), "review-card")
    room.page.keyboard.press("Escape")
    assert room.page.evaluate("window.owned") is None
    assert grid.locator("tbody :is(img, script, iframe, style, b)").count() == 0
    empty = len(room.saved())
    room.save()
    saved = room.saved()
    assert "hsai.grid" not in saved
    assert len(saved) - empty <= 5_000
    for text in ("onerror", "window.owned", "attacker", "Texas ", "becomes"):
        assert text not in saved.replace(HOSTILE.encode("unicode_escape").decode(), "")


def test_it_looks_right_narrow_and_wide_in_both_themes(room, grid):
    grid.locator("tbody tr").first.focus()
    room.page.keyboard.press("a")
    room.page.keyboard.press("r")
    expect(notice(grid)).to_have_text("Rejected 1.")
    room.shot(grid, "review-grid")
    room.page.keyboard.press("g")
    expect(grid.locator(".hsai-pages")).to_contain_text("changes over")
    room.shot(grid, "review-groups")
    grid.evaluate("element => { element.style.width = '320px'; }")
    assert grid.evaluate("element => element.scrollWidth <= 320")
    room.shot(grid, "review-narrow")
