"""The widgets that every panel is made with: keys stay away from the notebook, and secrets from its file."""

from __future__ import annotations

from playwright.sync_api import expect

KEY = "sk-proj-typed-in-the-browser-0123456789"
STOCK = """
from IPython.display import display
import ipywidgets as w
from hsai_kit.widgets.guard import KeyGuard
text = w.Text()
display(w.VBox([KeyGuard(), w.Button(description="press"), w.Checkbox(description="tick"), text,
                w.Dropdown(options=["a", "x"]), w.ToggleButtons(options=["one", "two"])]))
"""
SECRET = """
from hsai_kit.widgets.secret import SecretField
came = []
SecretField(label="OpenAI key", hint="sk-…", on_secret=lambda key: came.append(key) or f"Took {len(came)} key.")
"""


def test_keys_pressed_in_stock_widgets_change_nothing_in_the_notebook(room):
    room.open(STOCK)
    room.run_all()
    before = room.cells
    outputs = room.output(0)
    places = ["button:has-text('press')", "input[type=checkbox]", "select", "button:has-text('two')"]
    for place in places:
        outputs.locator(place).focus()
        for key in ("b", "a", "x", "d", "d", "m", "Shift+Enter"):
            room.page.keyboard.press(key)
    outputs.locator("input[type=text]").focus()
    room.page.keyboard.type("bxdd")
    assert outputs.locator("input[type=text]").input_value() == "bxdd"
    assert room.cells == before


def test_without_the_guard_they_do_which_is_why_it_is_there(room):
    room.open(STOCK.replace("KeyGuard(), ", ""))
    room.run_all()
    before = room.cells
    room.output(0).locator("button:has-text('press')").focus()
    room.page.keyboard.press("b")
    assert len(room.cells) == len(before) + 1


def test_a_key_typed_into_the_field_arrives_once_and_is_in_no_file(room, lab):
    room.open(SECRET, "print(came[0].get_secret_value()[::-1], came)")
    room.run(0)
    field = room.output(0).locator("input[type=password]")
    field.fill(KEY)
    field.press("Enter")
    expect(room.output(0)).to_contain_text("Took 1 key.")
    expect(field).to_have_value("")
    room.run(1)
    assert KEY[::-1] in room.output(1).inner_text()
    room.shot(room.output(0).locator(".hsai-secret"), "key-field")
    room.save()
    assert KEY not in room.saved()
    held = [path for path in lab.folder.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert held == []
    assert KEY not in lab.log.read_text("utf-8")
