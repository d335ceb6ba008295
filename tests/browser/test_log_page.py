"""The log's page in a real browser: it loads nothing, runs nothing, and prints what is folded away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from hsai_kit import ask, log, pull, push, review

if TYPE_CHECKING:
    from pathlib import Path

    from hubspot import HubSpot
    from playwright.sync_api import Browser

    from hsai_kit.connection import Connection

HOSTILE = "<img src=http://evil.example/x onerror=alert(1)>"


def test_a_hostile_value_is_text_and_paper_shows_every_record(
    browser: Browser, hub: Connection, hubspot_client: HubSpot, tmp_path: Path
) -> None:
    from hubspot.crm.objects import SimplePublicObjectInput

    change = SimplePublicObjectInput(properties={"city": HOSTILE})
    hubspot_client.crm.objects.basic_api.update("contacts", "101", change)
    contacts = pull(hub, "contacts", ["city"], limit=7)
    checked = review(ask(hub, contacts.assign(said="Texas"), "state-abbreviations", "State: {{ said }}"), to="city")
    checked.approve()
    push(hub, checked, confirm=True)
    page = browser.new_page()
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.on("console", lambda message: heard.append(message.text))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    address = log(hub).to_html(tmp_path / "log.html").as_uri()
    page.goto(address)
    cell = page.locator("details").get_by_text(HOSTILE)
    expect(cell).to_be_hidden()
    page.get_by_text("Every record (7)").click()
    expect(cell).to_be_visible()
    page.get_by_text("Every record (7)").click()
    page.emulate_media(media="print")
    expect(cell).to_be_visible()
    assert heard == [address]
    page.close()
