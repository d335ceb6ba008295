"""What a text says that its record does not: found, and, as important, not cried out where there is nothing."""

from __future__ import annotations

import pytest

from hsai_kit.text_facts.hallucinations import find_unfounded, says

NOTE = (
    "Spoke with Ada Sample and Mr. Jonas Weber (Acme GmbH) on 2026-05-03 at 15:00. Budget: $48,000 a year for "
    "120 seats, 15 % off for two years. Competitor asks 1.2k EUR. "
    "Invoice INV-20417 is open since March. Call +49 (30) 901820. "
    "Next step: revised quote by June 12. Details: https://acme.example.com/offer. Purchase order follows. "
    "They sit in Germany and ship at 7.5 tonnes."
)


@pytest.mark.parametrize(
    "text",
    [
        "Ada Sample's budget is 48k USD for 120 seats.",
        "Budget: 48.000 $ per year; the competitor wants €1,200.",
        "They have about $50,000 a year.",
        "They want fifteen percent off.",
        "The call was on May 3, 2026, at 3pm.",
        "The call was on 3 May. The quote is due 12 June 2026, the 12th.",
        "Met on 03.05.2026, a Sunday.",
        "We talked on 5/3/2026; both sides agreed on two points.",
        "Invoice inv 20417 has been open since March 2026.",
        "The German customer, Weber, expects a PO. FYI: CRM is updated.",
        "Mrs. Sample and Weber called from Acme.",
        "Phone: 0049 30 901820, see acme.example.com/offer",
        "1. Budget of 48K\n2. Quote by 12.6.2026\n- Ask for the PO",
        "Dear Ada,\n\nThank you for the call. Kind regards,\nJonas",
        "Revised Quote For Acme\nThe seats number one hundred and twenty.",
        "In 2026 they ship 7,5 tonnes.",
        "Er möchte ein Angebot über 120 Plätze bis zum 12. Juni, das Budget liegt bei 48.000 Dollar im Jahr.",
    ],
)
def test_another_spelling_of_a_fact_is_no_finding(text):
    assert find_unfounded(text, NOTE) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The budget is $84,000.", [("amount", "$84,000")]),
        ("The budget is €48,000.", [("amount", "€48,000")]),
        ("The budget is $48.", [("amount", "$48")]),
        ("They have about $60,000.", [("amount", "$60,000")]),
        ("They want 130 seats.", [("figure", "130")]),
        ("They want 16 % off.", [("figure", "16 %")]),
        ("They want thirty seats.", [("figure", "thirty")]),
        ("The quote is due on June 13.", [("date", "June 13")]),
        ("The quote is due on June 12, 2025, or in July.", [("date", "in July")]),
        ("The call was on 2025-05-03.", [("date", "2025-05-03")]),
        ("The call was at 4pm.", [("date", "4pm")]),
        ("The call is on Tuesday.", [("date", "Tuesday")]),
        ("The customer asked for Brenda Miller.", [("name", "Brenda Miller")]),
        ("He met Ada Miller and Dr. Kim.", [("name", "Ada Miller"), ("name", "Kim")]),
        ("Invoice INV-20471 is open.", [("figure", "INV-20471")]),
        ("Call +49 30 901821.", [("figure", "+49 30 901821")]),
        ("See https://acme.example.org/offer.", [("link", "https://acme.example.org/offer")]),
        ("Write to ada@acme.example.com.", [("link", "ada@acme.example.com")]),
    ],
)
def test_what_the_record_does_not_say_is_found(text, found):
    assert find_unfounded(text, NOTE) == found


def test_what_everybody_may_write_is_known():
    text = "Kind regards from the Quellwerk team, www.quellwerk.example.com"
    assert find_unfounded(text, NOTE, ["Quellwerk", "www.quellwerk.example.com"]) == []
    assert len(find_unfounded(text, NOTE)) == 2


def test_the_facts_of_a_record_are_looked_up_in_the_text():
    text = "48k a year for Ada Sample, quote by 12 June"
    assert says(text, "amount", NOTE) == [("$48,000", True), ("1.2k EUR", False)]
    assert ("June 12", True) in says(text, "date", NOTE)
    assert ("Ada Sample", True) in says(text, "name", NOTE)
    assert says(text, "link", NOTE) == [("https://acme.example.com/offer", False)]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Budget: 1.2M or 5,5 Mio. EUR", "They have 1.2 million, or 5.5 million euros."),
        ("Budget: 1 200 000 EUR, of that 3 000 € now", "They pay €1.2 million, €3,000 of it now."),
        ("INR 5,00,000", "They pay INR 500,000."),
        ("Signed on 2026/05/03, ends on 03-05-2027", "Signed on May 3, 2026, it ends on 3 May 2027."),
        ("Call Jose Nunez and José Müller.", "They asked to call José Núñez and Jose Mueller."),
        ("O'Brien wants a quote.", "The customer O\u2019Brien wants a quote."),
    ],
)
def test_a_number_a_day_or_a_name_written_as_elsewhere_in_the_world_is_the_same(source, text):
    assert find_unfounded(text, source) == []
    assert find_unfounded(source, text) == []


def test_in_german_a_name_after_a_title_is_looked_for():
    source = "Frau Weber hat wegen der 25 Plätze angerufen und möchte ein Angebot."
    assert find_unfounded("Frau Krause hat gestern bei uns wegen der 25 Plätze angerufen.", source) == [
        ("name", "Krause")
    ]
    assert find_unfounded("Frau Weber hat gestern bei uns wegen der 25 Plätze angerufen.", source) == []
