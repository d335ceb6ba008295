"""A frame that lost where it came from never ends up being written to other records."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import ask, plan, pull, review
from hsai_kit.errors import FrameError, PushRefused

PROMPT = "State: {{ state }}"


def reviewed(run):
    checked = review(run, to="state")
    checked.approve()
    return checked


def test_a_merged_frame_of_companies_is_still_companies(hub):
    companies = pull(hub, "companies", ["state", "name"], where="state is known", limit=20)
    region = pd.DataFrame({"region": ["x"] * len(companies)}, index=companies.index)
    merged = pd.DataFrame(companies.merge(region, left_index=True, right_index=True))
    merged.attrs.clear()
    run = ask(hub, merged, "state-abbreviations", prompt=PROMPT)
    assert run.record.object_type == "companies"
    ready = plan(hub, reviewed(run))
    assert ready.object_type == "companies"
    assert ready.counts.get("conflict", 0) == 0, "the values as pulled are known again"


def test_ids_that_fit_pulls_of_several_kinds_have_to_be_told_apart(hub):
    contacts = pull(hub, "contacts", ["state"], limit=5)
    pulled = hub.store.pulls.begin(hub.portal.id, "companies", "0-2", ["state"], None)
    hub.store.pulls.add(pulled, [(one, {"state": "Texas"}) for one in contacts.index])
    lost = contacts.copy()
    lost.attrs.clear()
    with pytest.raises(FrameError, match=r"pulls of companies and of contacts.*object_type='companies'"):
        ask(hub, lost, "state-abbreviations", prompt=PROMPT)
    assert ask(hub, lost, "state-abbreviations", prompt=PROMPT, object_type="contacts").record.object_type == "contacts"


def test_a_frame_from_nowhere_can_be_asked_about_but_not_pushed(hub):
    frame = pd.DataFrame({"state": ["Calif."]}, index=pd.Index(["99999"], name="record_id"))
    run = ask(hub, frame, "state-abbreviations", prompt=PROMPT)
    assert run.answers["answer"].tolist() == ["CA"]
    with pytest.raises(PushRefused, match="It is not known which records these are"):
        plan(hub, reviewed(run))


def test_a_frame_from_elsewhere_is_pushed_where_the_analyst_says_what_it_is(hub):
    frame = pd.DataFrame({"state": ["Calif."]}, index=pd.Index(["103"], name="record_id"))
    run = ask(hub, frame, "state-abbreviations", prompt=PROMPT, object_type="contacts")
    assert plan(hub, reviewed(run)).counts == {"will change": 1}


def test_records_of_another_portal_are_refused(hub):
    contacts = pull(hub, "contacts", ["state"], limit=5)
    pulled = hub.store.pulls.begin(1, "contacts", "0-1", ["state"], None)
    contacts.attrs["hsai_kit"]["pull_id"] = pulled
    with pytest.raises(FrameError, match="from portal 1, and this connection is to portal 24681357"):
        ask(hub, contacts, "state-abbreviations", prompt=PROMPT)
