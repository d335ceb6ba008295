"""The whole job in a real JupyterLab: every panel, by mouse and by keys, looked up in the portal, and taken back."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from .conftest import ARTIFACTS, BUSY, SLOW_MS, Server

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\S*token=\w+")

PANELS = (
    "from hsai_kit.widgets import *\nconnecting = ConnectPanel()\nconnecting",
    'records = RecordsPanel(connecting, chosen=["state"], where="state is known")\nrecords',
    'writing = AssistantPanel(connecting, records, name="state-abbreviations")\nwriting',
    "asking = AskPanel(connecting, records, writing)\nasking",
    "reviewing = ReviewPanel(asking)\nreviewing",
    "pushing = PushPanel(connecting, reviewing)\npushing",
)

SAVE_STATES = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"


@pytest.fixture
def sees(hubspot_client):
    """The state of a contact as somebody else sees it in the portal."""
    read = hubspot_client.crm.contacts.basic_api.get_by_id
    return lambda one: read(one, properties=["state"]).properties["state"]


def test_from_the_keys_to_the_undo(room, sandbox, sees):
    private = ["Calif.", "Estados Unidos"]
    room.open(*PANELS)
    before = room.cells
    room.run_all()
    connecting, records, writing, asking, reviewing, pushing = (
        room.output(place).locator(".hsai-panel") for place in range(len(PANELS))
    )

    key = connecting.get_by_label("OpenAI key")
    key.fill(sandbox.openai_key)
    key.press("Enter")
    expect(connecting).to_contain_text("models may be used with it")
    connecting.get_by_role("button", name="Connect", exact=True).click()
    expect(connecting).to_contain_text("Connected.")
    expect(connecting).to_contain_text("✓pull contacts")

    expect(records.get_by_label("Properties", exact=True)).to_contain_text("% blank")
    records.get_by_label("Search properties").press_sequentially("· country ·")
    expect(records.get_by_label("Properties", exact=True).locator("option")).to_have_count(1)
    records.get_by_label("Properties", exact=True).select_option(index=0)
    records.get_by_role("button", name="Add →").press("Enter")
    records.get_by_label("At most").fill("60")
    records.get_by_role("button", name="Count").press("Enter")
    expect(records).to_contain_text("2,314 contacts are there to pull")
    expect(records.get_by_role("button", name="Pull")).to_be_enabled()
    records.get_by_role("button", name="Pull").press("Enter")
    expect(records).to_contain_text("60 contacts")

    expect(writing).to_contain_text('State: "Calif."')
    prompt = writing.get_by_label("Prompt")
    prompt.press("Control+End")
    prompt.press_sequentially("\nIn: {{ cou")
    expect(writing.get_by_role("option", name="country")).to_be_visible()
    prompt.press("Enter")
    expect(prompt).to_have_value(re.compile(r"In: \{\{ country \}\}$"))
    expect(writing).to_contain_text("+ In: {{ country }}")
    writing.get_by_role("button", name="Try on 10").click()
    expect(writing).to_contain_text("Tried on 10 different records")

    asking.get_by_role("button", name="Start").click()
    expect(asking).to_contain_text("Review the answers.")
    expect(asking).to_contain_text("from memory")

    grid = reviewing.locator(".hsai-grid")
    row = grid.locator("tbody tr", has_text="Calif.").first
    record = row.locator("a").first.inner_text()
    row.get_by_role("button", name=re.compile("^Approve")).click()
    expect(reviewing.locator(".hsai-beside")).to_contain_text("approved")
    grid.locator("tbody tr").first.focus()
    for name, said in (("a", "Approved 1."), ("r", "Rejected 1.")):
        room.page.keyboard.press(name)
        expect(grid.locator(".hsai-said")).to_have_text(said)
    room.page.keyboard.press("e")
    grid.locator(".hsai-edit-field").select_option("WY")
    grid.locator(".hsai-edit-field").press("Enter")
    expect(grid.locator(".hsai-said")).to_have_text("Edited 1 to WY.")

    pushing.get_by_label("What to do", exact=True).select_option("Then create a task")
    expect(pushing).to_contain_text("team: ")
    private += re.findall(r"[\w.]+@[\w.]+", pushing.inner_text())
    pushing.get_by_label("Subject").fill("Call about {{ state }}")
    pushing.get_by_label("For", exact=True).select_option("several, who take turns")
    pushing.get_by_label("Who takes turns").fill(re.search(r"team: [^,]+", pushing.inner_text())[0])
    pushing.get_by_role("button", name="Show the plan").click()
    tasks = pushing.get_by_role("button", name=re.compile("^Create a task for [23] records"))
    expect(tasks).to_be_disabled()
    expect(pushing.locator(".hsai-grid tbody")).to_contain_text("Call about Calif.")
    room.shot(pushing, "panel-push-task")
    pushing.get_by_label("Type yes").fill("yes")
    tasks.click()
    expect(pushing.locator(".hsai-facts").last).to_contain_text("done")
    expect(pushing.get_by_role("button", name="Plan the undo")).to_be_enabled()

    pushing.get_by_label("What to do", exact=True).select_option("Write into a property")
    pushing.get_by_role("button", name="Show the plan").click()
    expect(pushing.get_by_role("button", name=re.compile("^Write [23] values"))).to_be_disabled()
    pushing.get_by_label("Why").first.select_option("pending")
    expect(pushing.locator(".hsai-pages").first).to_contain_text("of 18")
    room.shot(pushing, "panel-push-plan")
    pushing.get_by_label("Type yes").fill("yes")
    pushing.get_by_role("button", name=re.compile("^Write")).click()
    expect(pushing).to_contain_text("Done. Look at the receipt")
    assert sees(record) == "CA"

    room.page.set_viewport_size({"width": 1280, "height": 2200})
    panels = zip(("connect", "records", "assistant", "ask", "review", "push"), range(len(PANELS)), strict=True)
    for name, place in panels:
        room.shot(room.output(place).locator(".hsai-panel"), f"panel-{name}")
    room.page.set_viewport_size({"width": 1280, "height": 1400})

    pushing.get_by_role("button", name="Plan the undo").click()
    expect(pushing.get_by_role("button", name=re.compile("^Put back"))).to_be_disabled()
    pushing.get_by_label("Type yes").fill("yes")
    pushing.get_by_role("button", name=re.compile("^Put back")).click()
    expect(pushing.locator(".hsai-facts").last).to_contain_text("undo-")
    assert sees(record) == "Calif."

    assert room.cells == before
    saved = room.saved()
    # In a JupyterLab of one's own the state of every widget is saved too.
    room.command(SAVE_STATES)
    room.save()
    with_states = room.saved()
    room.command(SAVE_STATES)
    assert "application/vnd.jupyter.widget-state+json" not in saved
    assert "application/vnd.jupyter.widget-state+json" in with_states
    assert "Write into a property" in with_states, "the panels' own words are there"
    for secret in (sandbox.openai_key, sandbox.hubspot_token, *private):
        assert secret not in saved
        assert secret not in with_states


RUNNING = """
from hsai_kit import connect, pull
from hsai_kit.widgets import AskPanel
hub = connect()
contacts = pull(hub, "contacts", ["state", "city"], where="state is known", limit=400)
asking = AskPanel(hub, contacts, hub_assistant)
asking
"""
ASSISTANT = """
from hsai_kit import Assistant
hub_assistant = Assistant(name="cities", instructions="Name the state's code.", prompt="{{ state }}, {{ city }}")
"""
OPENED = """
from hsai_kit import connect
from hsai_kit.widgets import AskPanel
hub = connect()
asking = AskPanel(hub)
asking
"""


def asked(sandbox):
    return sum("/responses" in one["path"] for one in sandbox.requests("openai", 5000))


def test_a_stop_is_heard_and_neither_a_blocking_cell_nor_a_restart_of_the_kernel_loses_anything(room, sandbox):
    room.open(ASSISTANT + RUNNING, BUSY, OPENED)
    room.run(0)
    panel = room.output(0).locator(".hsai-panel")
    expect(panel.get_by_role("button", name="Start")).to_be_enabled()
    sandbox.latency("openai", 1.0)
    panel.get_by_role("button", name="Start").click()
    count = panel.locator(".hsai-fact", has_text="Asked").locator("dd")
    expect(count).to_have_text(re.compile(r"^[1-9][0-9]* of "))
    first = count.inner_text()
    expect(count).not_to_have_text(first)
    # The kernel is free while questions are asked; now it is not, and a click has to wait.
    room.start(1)
    panel.get_by_role("button", name="Stop").click()
    expect(panel).to_contain_text("The notebook is busy with another cell.")
    expect(room.output(1)).to_contain_text("awake")
    expect(panel).not_to_contain_text("busy with another cell")
    expect(panel).to_contain_text("questions are left: go on with them")
    stopped = asked(sandbox)
    go_on = panel.get_by_role("button", name=re.compile("^Go on with"))
    go_on.click()
    expect(count).to_have_text(re.compile(r"^[1-9]"))
    room.restart()
    sandbox.latency("openai", 0.0)
    killed = asked(sandbox)
    assert killed > stopped

    room.run(2)
    panel = room.output(2).locator(".hsai-panel")
    panel.get_by_label("Run", exact=True).select_option(index=1)
    go_on = panel.get_by_role("button", name=re.compile("^Go on with"))
    left = int(re.search(r"\d+", go_on.inner_text())[0])
    go_on.click()
    expect(panel).to_contain_text("Review the answers.")
    assert asked(sandbox) == killed + left, "only what had no answer yet is asked"


def leaves_this_computer(url):
    return urlsplit(url).scheme in {"http", "https", "ws", "wss"} and urlsplit(url).hostname != "127.0.0.1"


def test_the_panels_as_one_page_without_code(browser, environment, running, tmp_path_factory, sees):
    folder = tmp_path_factory.mktemp("app") / "workspace"
    server = Server(["app", str(folder), "--no-browser"], folder, environment)
    try:
        address = server.wait_for(lambda: next(iter(ADDRESS.findall(server.log.read_text("utf-8"))), None))
        page = browser.new_page(viewport={"width": 1100, "height": 1400})
        troubles = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.extend([request.url] * leaves_this_computer(request.url)))
        page.goto(address)
        connecting, records, writing, asking, reviewing, pushing = (
            page.locator(".hsai-panel").nth(place) for place in range(len(PANELS))
        )
        connecting.get_by_role("button", name="Connect", exact=True).click(timeout=SLOW_MS)
        expect(connecting).to_contain_text("Connected.")
        records.get_by_label("Or by name").fill("state, country")
        records.get_by_role("button", name="Add →").click()
        records.get_by_label("At most").fill("20")
        records.get_by_role("button", name="Pull").click()
        expect(records).to_contain_text("20 contacts")
        writing.get_by_label("Assistant", exact=True).select_option("state-abbreviations")
        asking.get_by_role("button", name="Start").click()
        expect(reviewing.locator(".hsai-grid tbody tr")).to_have_count(20)
        row = reviewing.locator(".hsai-grid tbody tr", has_text="Calif.").first
        row.get_by_role("button", name=re.compile("^Approve")).click()
        expect(reviewing.locator(".hsai-beside")).to_contain_text("approved")
        pushing.get_by_role("button", name="Show the plan").click()
        expect(pushing.get_by_role("button", name="Write 1 value")).to_be_disabled()
        pushing.get_by_label("Type yes").fill("yes")
        pushing.get_by_role("button", name="Write 1 value").click()
        expect(pushing).to_contain_text("Done. Look at the receipt")
        assert sees(row.locator("a").first.inner_text()) == "CA"
        expect(page.locator(".jp-InputArea, .CodeMirror, .cm-editor")).to_have_count(0)
        page.get_by_role("button", name="Evaluate before it is automated").click()
        expect(pushing).to_be_hidden()
        labelling, evaluating = (page.locator(".hsai-panel").nth(len(PANELS) + place) for place in range(2))
        labelling.get_by_role("button", name="Give right answers").click()
        labelling.locator(".hsai-one-answer").press_sequentially("CA\n")
        expect(labelling.locator(".hsai-one-count")).to_have_text(re.compile("^1 of"))
        expect(evaluating.get_by_label("Right answers")).to_have_value("labels state-abbreviations")
        evaluating.get_by_role("button", name="Evaluate").click()
        expect(evaluating).to_contain_text("Side by side")
        page.set_viewport_size({"width": 320, "height": 1400})
        wide = page.evaluate("document.documentElement.scrollWidth")
        page.screenshot(path=ARTIFACTS / "app-320.png", full_page=True)
        assert wide <= 320
        assert troubles == []
        assert (folder / "hsai.sqlite").exists(), "the page works in the workspace that it was opened over"
        page.close()
    finally:
        server.stop()
