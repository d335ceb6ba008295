"""Models that think: room for it beside what they may write, learned from answers; a short one is asked again."""

from __future__ import annotations

import pandas as pd
import pytest

from hsai_kit import Assistant, ask
from hsai_kit.errors import AssistantError
from hsai_kit.llm.responses_engine import ResponsesEngine


def distinct(count: int, word: str = "Note") -> pd.DataFrame:
    index = pd.Index([str(1 + n) for n in range(count)], name="record_id")
    return pd.DataFrame({"note": [f"{word} {n}: call Ana about the renewal." for n in range(count)]}, index=index)


def summary(**more: object) -> Assistant:
    return Assistant(name="sum", instructions="Summarize.", prompt="{{ note }}", model="sandbox-nova", **more)


def limits_sent(sandbox) -> list[int]:
    return [one["body"]["max_output_tokens"] for one in sandbox.requests("openai") if one["path"].endswith("responses")]


def test_a_model_that_thinks_gets_room_for_it_beside_what_it_may_write(hub, sandbox):
    asked = summary(max_output_tokens=100)
    run = ask(hub, distinct(12), asked)
    assert run.counts == {"answered": 12}
    sent = limits_sent(sandbox)
    # The first one was cut off and asked again; from then on there was room.
    assert sent[0] == 100
    assert min(sent[1:]) > 300
    assert len(sent) < 16, "few think so long that they are asked twice"
    ask(hub, distinct(5, "Memo"), asked)
    assert min(limits_sent(sandbox)[13:]) > 300, "the next run knows it from the start"


def test_room_does_not_change_what_is_asked(hub, sandbox):
    asked = summary(max_output_tokens=100)
    bare, roomy = (ResponsesEngine(asked, "sandbox-nova", room=room) for room in (0, 5000))
    assert bare.question_hash == roomy.question_hash
    assert roomy.most("x").output_tokens == 5100
    ask(hub, distinct(3), asked)
    before = len(limits_sent(sandbox))
    assert ask(hub, distinct(3), asked).counts == {"from_memory": 3}
    assert len(limits_sent(sandbox)) == before


def test_an_answer_that_is_itself_too_long_is_not_asked_again(hub, sandbox):
    run = ask(hub, distinct(1), summary(max_output_tokens=16).with_settings(model="sandbox-luna"))
    assert len(limits_sent(sandbox)) == 1
    assert run.counts.keys() <= {"cut_off", "answered"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([f"option {n}" for n in range(1200)], r"has 1,200 options and may have 1,000\. Leave"),
        (["x" * 70 + str(n) for n in range(260)], r"characters and may have 15,000"),
    ],
)
def test_more_options_than_openai_takes_are_refused_before_anything_is_sent(hub, sandbox, options, said):
    asked = summary(output={"kind": "choice", "options": options})
    with pytest.raises(AssistantError, match=said):
        ask(hub, distinct(1), asked)
    assert limits_sent(sandbox) == []


def test_decisions_are_the_way_out_where_each_field_is_small_enough(hub):
    fields = {f"f{n}": {"kind": "choice", "options": [f"option {k}" for k in range(250)]} for n in range(5)}
    with pytest.raises(AssistantError, match='engine="decisions"'):
        ask(hub, distinct(1), summary(output={"kind": "fields", "fields": fields}))
