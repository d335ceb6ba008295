"""Checks of summaries and drafts that need no model: they find what is wrong and stay quiet where nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hsai_kit import ask, check_texts, pull
from hsai_kit.errors import EvaluationError
from hsai_kit.sandbox.assistant.reply import _INVENTED
from hsai_kit.sandbox.assistant.text_judge import is_faithful

if TYPE_CHECKING:
    from hsai_kit.connection import Connection


def findings(text, source="Ada Sample has $48,000 for 40 seats, decision by May 3.", **rules):
    frame = pd.DataFrame({"text": [text], "source": [source]}, index=["101"])
    return check_texts(frame, **rules).frame["findings"].tolist()[0]


def test_the_sandboxs_slips_with_a_fact_in_them_are_found_and_good_summaries_are_left_alone(hub: Connection):
    notes = pull(hub, "notes", ["hs_note_body"], where="hs_note_body is known", limit=300)
    run = ask(hub, notes, "record-summary", model="sandbox-legacy")
    checks = check_texts(run, known=["scripted sandbox answer"])
    slips, found = 0, 0
    for row in checks.frame.to_dict("records"):
        if is_faithful(row["text"], row["source"]):
            assert row["findings"] == [], row["text"]
        elif not any(invented in row["text"] for invented in _INVENTED):
            slips += 1
            found += bool(row["findings"])
    assert slips > 20
    assert found == slips
    assert checks.counts.loc["not in the record", "texts"] == found


def test_a_draft_with_something_left_to_fill_in_is_found():
    text = "Dear [First Name],\n\nyour offer of {{ amount }} is ready.\n\nKind regards,\n[Your name]"
    assert findings(text) == [
        "placeholder: [First Name]",
        "placeholder: {{ amount }}",
        "placeholder: [Your name]",
    ]
    assert findings("The template says [First Name].", "Template: Dear [First Name]") == []


def test_required_facts_may_be_spelled_otherwise_and_are_missed_where_they_lack():
    rules = {"required": ["amounts", "dates", "names"]}
    assert findings("Ms. Ada Sample: 48k USD, until 3 May.", **rules) == []
    assert findings("A decision comes soon.", **rules) == [
        "left out: amount $48,000",
        "left out: date May 3",
        "left out: name Sample",
    ]


def test_required_properties_are_looked_for_in_any_spelling():
    deals = pd.DataFrame(
        {
            "text": ["Dear Ada, 48k dollars until May 3.", "Dear Ben, your deal ends soon."],
            "source": ["x", "x"],
            "firstname": ["Ada", "Ben"],
            "amount": [48000.0, 1200.0],
            "closedate": pd.to_datetime(["2026-05-03", "2026-06-01"], utc=True),
        },
        index=["1", "2"],
    )
    found = check_texts(deals, source=["source", "firstname", "amount", "closedate"], required=deals.columns[2:])
    assert found.frame["findings"].tolist() == [[], ["left out: amount 1200", "left out: closedate 2026-06-01"]]


@pytest.mark.parametrize(
    ("text", "rules", "found"),
    [
        ("One. Two. Three.", {"max_sentences": 2}, "too long: 3 sentences, at most 2"),
        ("One two three four.", {"max_words": 3}, "too long: 4 words, at most 3"),
        ("One.", {"min_words": 2}, "too short: 1 words, at least 2"),
        ("", {}, "blank"),
        (
            "Sie möchte das Angebot bis zum dritten Mai und will dann entscheiden, wie es weitergeht.",
            {"language": "en"},
            "language: de instead of en",
        ),
        (
            "Institutionalized organizational considerations necessitate comprehensive reevaluation.",
            {"min_reading_ease": 30},
            "hard to read: reading ease -208, at least 30",
        ),
    ],
)
def test_a_text_is_held_to_the_form_that_was_asked_for(text, rules, found):
    assert findings(text, **rules) == [found]


def test_markup_of_the_record_is_no_fact_and_what_it_hides_is_read():
    source = '<p style="margin:42px">Ada &amp; Ben<br>pay &euro;900</p><script>77</script>'
    assert findings("She told Ben that 900 EUR is fine.", source) == []
    assert findings("She told Ben that 42 and 77 are fine.", source) == [
        "not in the record: figure 42",
        "not in the record: figure 77",
    ]


def test_a_column_that_is_not_there_is_named():
    frame = pd.DataFrame({"text": ["x"], "source": ["y"]}, index=["101"])
    with pytest.raises(EvaluationError, match=r"no column 'amount'.*text, source.*amounts"):
        check_texts(frame, required="amount")


def test_a_run_that_writes_no_text_cannot_be_checked(hub: Connection):
    contacts = pull(hub, "contacts", ["state", "country"], limit=3)
    with pytest.raises(EvaluationError, match="no field that is a text"):
        check_texts(ask(hub, contacts, "state-abbreviations"))
