"""The review grid in a notebook, by mouse and by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

REVIEW = """
from hsai_kit import ask, connect, pull, review
hub = connect()
contacts = pull(hub, "contacts", ["state", "country", "city"], where="state is known", limit=120)
run = ask(hub, contacts, "state-abbreviations")
checked = review(run)
checked
"""
TELL = 'print(checked.frame["decision"].value_counts().to_dict())'


@pytest.fixture
def grid(room):
    room.open(REVIEW, TELL)
    room.run(0)
    shown = room.output(0).locator(".hsai-grid")
    expect(shown.locator("tbody tr")).to_have_count(50)
    return shown


def test_it_looks_right(room, grid):
    room.shot(grid, "review-grid")


def test_a_row_is_approved_rejected_and_edited_by_keys_alone(room, grid):
    grid.locator("tbody tr").first.focus()
    room.page.keyboard.press("a")
    expect(grid.locator(".hsai-said")).to_have_text("Approved 1.")
    room.page.keyboard.press("r")
    expect(grid.locator(".hsai-said")).to_have_text("Rejected 1.")
    room.page.keyboard.press("e")
    field = grid.locator(".hsai-edit-field")
    field.select_option("WY")
    field.press("Enter")
    expect(grid.locator(".hsai-said")).to_have_text("Edited 1 to WY.")
    names = grid.locator("tbody .hsai-decision")
    expect(names.nth(0)).to_have_text("✓ approved")
    expect(names.nth(1)).to_have_text("✕ rejected")
    expect(names.nth(2)).to_have_text("✎ edited")
    room.page.keyboard.press("u")
    expect(names.nth(2)).to_have_text("· pending")
    room.run(1)
    assert room.output(1).inner_text().strip() == "{'pending': 118, 'approved': 1, 'rejected': 1}"
