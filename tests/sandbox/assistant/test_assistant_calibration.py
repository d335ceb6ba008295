"""The confidence is honest: measured on long lists whose right answers are known."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from hsai_kit.sandbox.assistant import answer_choice
from hsai_kit.sandbox.assistant.region_names import NAME_OF, REGIONS
from hsai_kit.sandbox.portal import build_seed_portal

OPTIONS = [*REGIONS, "UNKNOWN"]
STATES = [code for code in REGIONS if code not in ("AA", "AE", "AP")]
CITIES = {"Fresno": "CA", "Houston": "TX", "Chicago": "IL", "Seattle": "WA", "Boston": "MA", "Tampa": "FL"}
ABROAD = (("WA", "Australia"), ("CA", "Canada"), ("Ontario", "Canada"), ("Bayern", "Germany"), ("DE", "Germany"))


def misspell(rng, name):
    place = rng.randrange(1, len(name) - 1)
    return rng.choice((name[:place] + name[place + 1 :], name[:place] + name[place] + name[place:]))


def records(count, seed=3):
    """Texts with their right answers; the number in the last line makes each of them another question."""
    rng = Random(seed)
    for number in range(count):
        code = rng.choice(STATES)
        way = rng.choice(("name", "lower", "short", "misspelled", "city", "abroad", "none", "comma", "two"))
        country, right = "United States", code
        if way == "name":
            state = NAME_OF[code]
        elif way == "lower":
            state = code.lower()
        elif way == "short":
            state = f"{REGIONS[code][min(1, len(REGIONS[code]) - 1)]}."
        elif way == "misspelled":
            state = misspell(rng, NAME_OF[code])
        elif way == "city":
            state, right = rng.choice(list(CITIES.items()))
        elif way == "abroad":
            (state, country), right = rng.choice(ABROAD), "UNKNOWN"
        elif way == "none":
            state, right = rng.choice(("-", "N/A", "tbd", "?")), "UNKNOWN"
        elif way == "comma":
            state = f"Somewhere, {code}"
        else:
            other = rng.choice([one for one in STATES if one != code])
            state, right = f"{code}/{other}", rng.choice(("UNKNOWN", "UNKNOWN", "UNKNOWN", code, other))
        yield f"State: {state}\nCountry: {country}\nCity: \nZIP: \nRecord: {number}", right


def measure(model, cases):
    """Give the accuracy, the mean confidence, and both for each of five bins."""
    bins = defaultdict(list)
    for text, right, options in cases:
        reply = answer_choice(model, "", text, options)
        bins[min(int(reply.confidence * 100 // 20), 4)].append((reply.text == right, reply.confidence))
    everything = [one for found in bins.values() for one in found]
    return averages(everything), {edge: (*averages(found), len(found)) for edge, found in sorted(bins.items())}


def averages(found):
    return sum(right for right, _ in found) / len(found), sum(confidence for _, confidence in found) / len(found)


def region_cases(count):
    return [(text, right, OPTIONS) for text, right in records(count)]


@pytest.mark.parametrize("model", ["sandbox-luna", "sandbox-sol", "sandbox-legacy", "sandbox-astra"])
def test_confidence_is_as_high_as_the_answers_are_right(model):
    (accuracy, confidence), bins = measure(model, region_cases(6000))
    assert confidence == pytest.approx(accuracy, abs=0.03)
    large = [right for right, _, count in bins.values() if count >= 60]
    assert large == sorted(large)
    assert len(large) >= 2
    assert large[-1] - large[0] > 0.15
    for right, said, count in bins.values():
        if count >= 150:
            assert right == pytest.approx(said, abs=0.1)


def test_better_models_are_really_more_often_right():
    plain = [case for case in region_cases(6000) if "/" not in case[0].split("\n")[0]]
    wrong = {
        model: 1 - measure(model, plain)[0][0]
        for model in ("sandbox-astra", "sandbox-sol", "sandbox-luna", "sandbox-legacy")
    }
    assert list(wrong.values()) == sorted(wrong.values())
    assert 0.003 < wrong["sandbox-sol"] < 0.02
    assert 0.015 < wrong["sandbox-luna"] < 0.05
    assert 0.06 < wrong["sandbox-legacy"] < 0.15


def test_models_err_on_different_records():
    cases = region_cases(3000)

    def errors(model):
        return {text for text, right, options in cases if answer_choice(model, "", text, options).text != right}

    luna, sol = errors("sandbox-luna"), errors("sandbox-sol")
    assert luna - sol
    assert sol - luna


@pytest.fixture(scope="module")
def portal():
    return build_seed_portal(7, 1200)


def test_the_seeded_portals_states_are_answered_well_and_honestly(portal):
    contacts = {record.id: record.properties for record in portal.records["contacts"]}
    cases = []
    for record_id, right in portal.truth["contacts", "state"].items():
        known = contacts[record_id]
        names = {"State": "state", "Country": "country", "City": "city", "ZIP": "zip"}
        text = "\n".join(f"{label}: {known.get(name) or ''}" for label, name in names.items())
        cases.append((text, right or "UNKNOWN", OPTIONS))
    (accuracy, confidence), _ = measure("sandbox-luna", cases)
    assert accuracy > 0.96
    assert confidence == pytest.approx(accuracy, abs=0.03)
    assert measure("sandbox-sol", cases)[0][0] > accuracy


def test_the_seeded_portals_enquiries_are_sorted_well_and_honestly(portal):
    contacts = {record.id: record.properties for record in portal.records["contacts"]}
    truth = portal.truth["contacts", "lead_class"]
    options = sorted(set(truth.values()))
    cases = [
        (f"How can we help: {contacts[record_id].get('how_can_we_help')}", right, options)
        for record_id, right in truth.items()
    ]
    (accuracy, confidence), _ = measure("sandbox-luna", cases)
    assert accuracy > 0.85
    assert confidence == pytest.approx(accuracy, abs=0.08)
