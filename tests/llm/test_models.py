"""Models: what each takes is found out once, what each costs is known or unknown, and none ends by surprise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from hsai_kit import Assistant, ask, connect
from hsai_kit.errors import SettingNotSupported, UnknownModel
from hsai_kit.llm.models import Model, require_model
from hsai_kit.llm.prices import per_million, price_list
from hsai_kit.steps.connect import Status, status

TODAY = datetime.now(UTC).date()
FREE = Assistant(name="free", instructions="Summarize.", prompt="{{ said }}")
CLOSED = Assistant(
    name="closed",
    instructions="Which?",
    prompt="{{ said }}",
    output={"kind": "choice", "options": ["sales", "support"]},
)


def frame_of(*texts: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"said": list(texts)}, index=pd.Index([str(i + 1) for i in range(len(texts))], name="record_id")
    )


def bodies(sandbox) -> list[dict]:
    return [one["body"] for one in sandbox.requests("openai") if one["path"].endswith("/responses")]


@pytest.fixture
def again(hub, keys):
    """Another session in the same workspace."""
    with connect(workspace=hub.workspace.folder) as second:
        yield second


def known(hub, model: str) -> dict[str, str]:
    return hub.store.model_facts.read_refused(hub.llm.base_url, model)


def test_log_probabilities_that_a_model_refuses_are_asked_for_once_and_never_again(hub, again, sandbox, capsys):
    run = ask(hub, frame_of("a demo", "a bug", "a price"), CLOSED, model="sandbox-astra")
    assert set(run.answers["status"]) == {"answered"}
    assert ["include" in body for body in bodies(sandbox)] == [True, False, False, False]
    assert "sandbox-astra tells no probabilities" in capsys.readouterr().out
    ask(again, frame_of("another demo"), CLOSED, model="sandbox-astra")
    assert "include" not in bodies(sandbox)[-1]
    assert "sandbox-astra tells no probabilities" in capsys.readouterr().out
    assert len(bodies(sandbox)) == 5


def test_a_temperature_that_was_refused_once_is_an_error_before_anything_is_sent(hub, again, sandbox):
    warm = FREE.model_copy(update={"model": "sandbox-astra", "temperature": 0.3})
    with pytest.raises(SettingNotSupported, match="temperature"):
        ask(hub, frame_of("a", "b", "c"), warm)
    assert len(bodies(sandbox)) == 1
    assert bodies(sandbox)[0]["temperature"] == 0.3, "it is never dropped in silence"
    with pytest.raises(SettingNotSupported, match="temperature"):
        ask(again, frame_of("d"), warm)
    assert len(bodies(sandbox)) == 1
    assert ask(again, frame_of("d"), warm, model="sandbox-sol").record.status == "done"


def test_an_effort_that_a_model_lacks_leaves_its_other_efforts_usable(hub, sandbox):
    with pytest.raises(SettingNotSupported, match="xhigh"):
        ask(hub, frame_of("a"), FREE, model="sandbox-astra", reasoning_effort="xhigh")
    assert list(known(hub, "sandbox-astra")) == ["reasoning.effort=xhigh"]
    with pytest.raises(SettingNotSupported, match="xhigh"):
        ask(hub, frame_of("b"), FREE, model="sandbox-astra", reasoning_effort="xhigh")
    assert len(bodies(sandbox)) == 1
    assert ask(hub, frame_of("a"), FREE, model="sandbox-astra", reasoning_effort="high").record.status == "done"


def test_a_model_without_efforts_refuses_all_of_them(hub, sandbox):
    for effort in ("high", "low"):
        with pytest.raises(SettingNotSupported, match=r"reasoning\.effort"):
            ask(hub, frame_of("a"), FREE, model="sandbox-sol", reasoning_effort=effort)
    assert len(bodies(sandbox)) == 1


def test_what_a_model_takes_is_kept_as_well_by_address(hub):
    ask(hub, frame_of("a"), CLOSED.model_copy(update={"temperature": 0.5}))
    taken = hub.store.model_facts.read_accepted(hub.llm.base_url, "sandbox-luna")
    assert taken == {"temperature=0.5", "logprobs", "json_schema", "store"}
    assert hub.store.model_facts.read_accepted("https://another.example/v1", "sandbox-luna") == set()


def test_a_refusal_is_found_out_anew_after_a_month(hub):
    long_ago = (datetime.now(UTC) - timedelta(days=31)).strftime("%Y-%m-%dT%H:%M:%SZ")
    hub.store.model_facts.learn(hub.llm.base_url, "sandbox-luna", "temperature", accepted=False, reason="not taken")
    with pytest.raises(SettingNotSupported):
        ask(hub, frame_of("a"), FREE, model="sandbox-luna", temperature=0.4)
    hub.store._database.execute("UPDATE capabilities SET at = ?", (long_ago,))
    assert ask(hub, frame_of("a"), FREE, model="sandbox-luna", temperature=0.4).record.status == "done"


@pytest.mark.parametrize(
    ("days", "soon", "ended"), [(61, False, False), (60, True, False), (1, True, False), (0, False, True)]
)
def test_a_model_warns_for_sixty_days_and_is_refused_from_its_last_day(days, soon, ended):
    model = Model("gpt-old", TODAY + timedelta(days=days))
    assert (model.ends_soon, bool(model.end_notice), model.has_ended) == (soon, soon, ended)
    if ended:
        with pytest.raises(UnknownModel, match="Choose another: gpt-new"):
            require_model([model, Model("gpt-new")], "gpt-old")
    else:
        assert require_model([model, Model("gpt-new")], "gpt-old") is model


def test_an_end_that_is_near_stands_in_the_line_before_the_run(hub, capsys):
    hub.models()
    hub._models = [Model("sandbox-luna", TODAY + timedelta(days=30)), Model("sandbox-sol")]
    ask(hub, frame_of("a"), FREE)
    assert f"sandbox-luna ends on {TODAY + timedelta(days=30)}: choose another" in capsys.readouterr().out
    ask(hub, frame_of("a"), FREE, model="sandbox-sol")
    assert "ends on" not in capsys.readouterr().out


def test_a_model_that_has_ended_is_refused_before_anything_is_sent(hub, sandbox):
    with pytest.raises(UnknownModel, match="shut sandbox-relic down on 2026-08-26"):
        ask(hub, frame_of("a"), FREE, model="sandbox-relic")
    assert bodies(sandbox) == []


def test_status_tells_prices_and_ends_and_says_unknown_where_they_are(hub):
    found = status(hub)
    assert found.describe_model("sandbox-luna") == "sandbox-luna: costs nothing (scripted)"
    assert found.describe_model("sandbox-comet").endswith("ends 2028-06-30")
    prices = {one: per_million(one) for one in ("gpt-4o", "gpt-of-tomorrow", "gpt-oss-20b")}
    other = Status(hub.portal, None, None, None, tuple(prices), {}, prices=prices)
    assert other.describe_model("gpt-4o") == "gpt-4o: 2.50 in, 10.00 out (USD per million tokens)"
    assert other.describe_model("gpt-of-tomorrow") == "gpt-of-tomorrow: price unknown"
    assert other.describe_model("gpt-oss-20b") == "gpt-oss-20b: price unknown", "whoever serves it has a price or none"
    assert found.price_list == price_list()
