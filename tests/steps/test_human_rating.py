"""People rate blind: each in an order of their own, every rating is kept, and what follows is counted honestly."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from hsai_kit import open_rating, rate
from hsai_kit.errors import EvaluationError

if TYPE_CHECKING:
    from hsai_kit.connection import Connection


def texts(what, n=40, same=0):
    said = ["alike" if row < same else f"{what} {row}" for row in range(n)]
    index = [str(row) for row in range(n)]
    return pd.DataFrame({"text": said, "source": [f"note {row}" for row in range(n)]}, index=index)


def test_raters_see_the_same_pairs_in_orders_and_on_sides_of_their_own(hub: Connection):
    session = rate(hub, {"old": texts("old"), "new": texts("new")}, n=None)
    seen = {}
    for rater in ("anna", "ben"):
        while shown := session.next(rater):
            seen.setdefault(rater, []).append(shown.texts)
            assert "note" in shown.source
            session.give(shown.item, "first", rater=rater)
    assert sorted(map(sorted, seen["anna"])) == sorted(map(sorted, seen["ben"]))
    assert seen["anna"] != seen["ben"]
    firsts = [pair[0].split()[0] for pair in seen["anna"]]
    assert 10 < firsts.count("new") < 30, "whose text stands first is drawn"


def test_whoever_comes_back_sees_the_same_and_goes_on(hub: Connection):
    session = rate(hub, {"old": texts("old"), "new": texts("new")}, n=10)
    first = session.next("anna")
    again = open_rating(hub).next("anna")
    assert again == first
    session.give(first.item, "tie", rater="anna")
    assert open_rating(hub, session.id).next("anna").item != first.item
    session.take_back(first.item, "anna")
    assert session.next("anna") == first


def test_nothing_that_a_rater_is_shown_tells_whose_text_it_is(hub: Connection):
    session = rate(hub, {"sandbox-luna": texts("a"), "sandbox-sol": texts("b")})
    assert "sandbox" not in repr(session.next())
    assert "sandbox" not in repr(session)


def test_a_preference_is_told_by_variant_whichever_stood_first(hub: Connection):
    session = rate(hub, {"old": texts("old"), "new": texts("new")}, n=None)
    for rater in ("anna", "ben"):
        while shown := session.next(rater):
            side = "first" if shown.texts[0].startswith("new") else "second"
            session.give(shown.item, "tie" if shown.item < 10 else side, rater=rater, seconds=2.5, note=" fine ")
    assert session.results["share"].to_dict() == {"old": 0.0, "new": 0.75, "tie": 0.25}
    assert session.verdict.startswith("new is preferred (old 0, new 30, no difference 10, by 2 people; p = 0.000")
    assert session.agreement().value == 1
    frame = session.frame
    assert set(frame["shown_first"]) == {"old", "new"}
    assert frame["seconds"].tolist() == [2.5] * 80
    assert frame["note"].tolist() == ["fine"] * 80


def test_pairs_of_equal_texts_need_no_eyes(hub: Connection, capsys: pytest.CaptureFixture[str]):
    session = rate(hub, {"old": texts("old", same=15), "new": texts("new", same=15)}, n=None)
    assert len(session.items) == 25
    assert "15 of 40 pairs are the same" in capsys.readouterr().out
    with pytest.raises(EvaluationError, match="nothing to rate"):
        rate(hub, {"old": texts("old", same=40), "new": texts("new", same=40)})


def test_a_scale_is_kept_in_its_order_and_agreement_knows_near_from_far(hub: Connection):
    scale = {"poor": "useless", "fair": "to be mended", "good": "fine"}
    near, far = (rate(hub, texts("one", n=30), levels=scale, n=None) for _ in range(2))
    draw = random.Random(1)
    for session, slip in ((near, 1), (far, 2)):
        for item in range(30):
            level = draw.choice([0, 2])
            session.give(item, list(scale)[level], rater="anna")
            session.give(item, list(scale)[abs(level - slip) if item % 3 == 0 else level], rater="ben")
    assert [option[1] for option in near.options] == ["poor: useless", "fair: to be mended", "good: fine"]
    assert near.agreement().value > far.agreement().value + 0.3
    assert near.results.loc["texts", "mean"] < 3


def test_three_raters_with_gaps_are_compared_by_alpha_and_a_split_decides_nothing(hub: Connection):
    session = rate(hub, texts("one", n=20), n=None)
    for item in range(20):
        for rater, said in (("anna", item % 4 != 0), ("ben", item % 4 != 0), ("cleo", item % 3 != 0)):
            if rater != "ben" or item % 2:
                session.give(item, said, rater=rater)
    told = session.agreement()
    assert (told.measure, told.raters, told.n) == ("alpha", 3, 20)
    verdicts = session.verdicts.set_index("record_id")
    assert verdicts["verdict"].isna().sum() > 0
    assert verdicts.loc["1", "verdict"] == "yes"


def test_what_cannot_be_said_is_refused_with_what_can(hub: Connection):
    session = rate(hub, texts("one", n=5))
    with pytest.raises(EvaluationError, match="'perhaps' cannot be said here; it is one of yes, no"):
        session.give(0, "perhaps")
    with pytest.raises(EvaluationError, match="no item 9"):
        session.give(9, "yes")
    with pytest.raises(EvaluationError, match="two at a time"):
        rate(hub, {name: texts(name) for name in "abc"})
