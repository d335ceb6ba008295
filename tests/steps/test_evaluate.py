"""`evaluate` against the sandbox, whose scripted models err at rates that are known."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import ask, evaluate, open_evaluation, pull

PROMPT = "State: {{ state }}\nCountry: {{ country }}\nCity: {{ city }}\nZIP: {{ zip }}"
LUNA, SOL, LEGACY = (("state-abbreviations", f"sandbox-{one}") for one in ("luna", "sol", "legacy"))
NAMES = [f"state-abbreviations (sandbox-{one})" for one in ("luna", "sol", "legacy")]


def requests_sent(sandbox) -> int:
    return sum(sandbox.counts()["openai"].get("POST /v1/responses", {}).values())


@pytest.fixture
def contacts(hub) -> pd.DataFrame:
    return pull(hub, "contacts", ["state", "country", "city", "zip", "company.name"], where="state is known", limit=300)


@pytest.fixture
def truth(sandbox, contacts) -> pd.Series:
    return pd.Series(sandbox.truth("contacts", "state")).reindex(contacts.index).replace("", "UNKNOWN")


def test_the_figures_are_those_of_the_known_truth(hub, contacts, truth):
    found = evaluate(hub, contacts, [LUNA, SOL, LEGACY], truth, prompt=PROMPT)
    assert found.names == NAMES
    for name, (assistant, model) in zip(NAMES, (LUNA, SOL, LEGACY), strict=True):
        answers = ask(hub, contacts, assistant, PROMPT, model=model).answers["answer"].fillna("UNKNOWN")
        assert found.table.loc[name, "right"] == pytest.approx((answers == truth).mean())
        assert found.table.loc[name, "right_low"] < found.table.loc[name, "right"] < found.table.loc[name, "right_high"]
    assert found.table["right"].idxmin() == NAMES[2]
    assert found.table["n"].tolist() == [300] * 3
    assert found.complete


def test_evaluating_again_asks_and_pays_nothing_and_says_the_same(hub, sandbox, contacts, truth):
    first = evaluate(hub, contacts, [LUNA, SOL], truth)
    before = requests_sent(sandbox)
    again = evaluate(hub, contacts, [LUNA, SOL], truth)
    assert requests_sent(sandbox) == before
    pd.testing.assert_frame_equal(again.table, first.table)
    pd.testing.assert_frame_equal(open_evaluation(hub, first.id).rows, first.rows)
