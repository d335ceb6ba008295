"""Prompts: tokens become text, blanks are not asked about, and a mistaken token is named before anything is sent."""

from __future__ import annotations

import json
import re
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsai_kit.assistant.prompt import Prompt
from hsai_kit.errors import PromptError
from hsai_kit.tabular.cell_text import as_text


def frame(**columns) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([str(101 + n) for n in range(size)], name="record_id"))


def rendered(template: str, table: pd.DataFrame) -> list[str]:
    return Prompt(template).render(table).fillna("(NA)").tolist()


def test_tokens_become_the_values_of_each_record_in_the_order_of_the_frame():
    table = frame(state=["Calif.", "TX", "Calif."], country=["USA", "US", "USA"])
    texts = Prompt("State: {{ state }}\nCountry: {{ country }}").render(table)
    assert texts.tolist() == [
        'State: "Calif."\nCountry: "USA"',
        'State: "TX"\nCountry: "US"',
        'State: "Calif."\nCountry: "USA"',
    ]
    assert list(texts.index) == ["101", "102", "103"]


def test_plain_tokens_read_exactly_as_they_do_beside_an_expression():
    contacts = frame(state=["Calif.", '"TX" {{ x }}\n', None], country=[None, "US", "DE"])
    plain = "\n State: {{ state }}\n{# a note #}{{country}}{{ state }} \n"
    expressed = plain.replace("{{country}}", "{% if true %}{{ country }}{% endif %}")
    assert Prompt(plain).render(contacts).tolist() == Prompt(expressed).render(contacts).tolist()


def test_a_record_whose_values_are_all_blank_is_not_asked_about():
    table = frame(state=["CA", None, "  ", None], country=[None, "Canada", "", None])
    assert rendered("{{ state }}/{{ country }}", table) == ['"CA"/""', '""/"Canada"', "(NA)", "(NA)"]


@given(st.lists(st.sampled_from(["CA", "TX", "ny ", None, ""]), max_size=20))
def test_each_row_reads_as_it_would_alone(states):
    table = frame(state=pd.Series(states, dtype="string"), n=pd.Series([0] * len(states)))
    whole = rendered("In: {{ state }}", table)
    alone = [rendered("In: {{ state }}", table.iloc[[place]])[0] for place in range(len(states))]
    assert whole == alone


def test_an_empty_frame_renders_to_nothing():
    assert Prompt("{{ state }}").render(frame(state=["CA"]).head(0)).tolist() == []


def test_an_associated_record_is_named_with_its_dot():
    table = frame(**{"company": ["typed name"], "company.name": ["Acme"], "state": ["CA"]})
    assert rendered("{{ company.name }} / {{ company }} / {{ company.name|upper }}", table) == [
        '"Acme" / "typed name" / "ACME"'
    ]


def test_conditions_and_text_methods_work_and_a_blank_counts_as_false():
    table = frame(state=["ca", "tx"], country=["USA", None])
    template = "{{ state.upper() }}{% if country %} in {{ country }}{% else %}, country unknown{% endif %}"
    assert rendered(template, table) == ['"CA" in "USA"', '"TX", country unknown']


def test_text_that_looks_like_a_token_in_a_record_stays_text():
    table = frame(state=["{{ country }}", "{% raw %}", "<b>&amp;"], country=["secret", "x", "y"])
    assert rendered("S: {{ state }}", table) == ['S: "{{ country }}"', 'S: "{% raw %}"', 'S: "<b>&amp;"']


def test_a_misspelled_token_is_named_with_the_nearest_column():
    with pytest.raises(PromptError, match=r"\{\{ sate \}\}.* Did you mean \{\{ state \}\}\?"):
        Prompt("{{ sate }}").render(frame(state=["CA"]))


@pytest.mark.parametrize("columns", [["state"], ["state", "company"], ["state", "company.domain"]])
def test_a_dotted_token_that_was_not_pulled_is_named_whole(columns):
    with pytest.raises(PromptError, match=r"\{\{ company\.name \}\}, which is not among the pulled properties"):
        Prompt("{{ company.name }}").render(frame(**{name: ["x"] for name in columns}))


def test_a_prompt_without_a_token_is_refused_because_every_record_would_get_the_same_question():
    with pytest.raises(PromptError, match="every record would get the same question"):
        Prompt("Which state is this?").render(frame(state=["CA"]))


@pytest.mark.parametrize("template", ["{{ state }", "{% if state %}x", "{{ Record ID }}", "{{ state | nosuchfilter }}"])
def test_a_template_that_cannot_be_read_says_so_when_it_is_made(template):
    with pytest.raises(PromptError, match="cannot be read, line 1"):
        Prompt(template)


def test_a_column_name_that_no_token_can_have_comes_with_the_way_to_rename_it():
    with pytest.raises(PromptError, match=r"A token cannot name 'State/Region': rename it"):
        Prompt("{{ State/Region }}").render(frame(**{"State/Region": ["CA"]}))


def test_a_column_that_is_there_twice_is_named():
    twice = pd.concat([frame(state=["CA"]), frame(state=["TX"])], axis=1)
    with pytest.raises(PromptError, match="'state' more than once"):
        Prompt("{{ state }}").render(twice)


@pytest.mark.parametrize(
    "expression", ["state + 1", "'{x}'.format(y=state)", "1 // 0 ~ state", "state[9].x", "{}[state]", "'%d' % state"]
)
def test_an_expression_that_fails_names_the_record_and_keeps_its_text_short(expression):
    with pytest.raises(PromptError, match=r"cannot be rendered for state 'xxx.*Mend the expression") as caught:
        Prompt(f"{{{{ {expression} }}}}").render(frame(state=["x" * 5000]))
    assert len(str(caught.value)) < 300


def test_a_template_cannot_reach_into_python():
    with pytest.raises(PromptError):
        Prompt("{{ state.__class__.__mro__ }}").render(frame(state=["CA"]))
    with pytest.raises(PromptError):
        Prompt("{{ ''['__class__'] }}{{ state }}").render(frame(state=["CA"]))


def test_a_preview_shows_the_first_rows_exactly_as_they_will_be_asked():
    times = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-03-01T08:30:00"], format="ISO8601", utc=True)
    table = frame(created=times)
    prompt = Prompt("On {{ created }}")
    preview = prompt.preview(table, 2)
    assert preview["prompt"].tolist() == prompt.render(table).tolist()[:2] == ['On "2026-01-01"', 'On "2026-01-02"']
    assert preview.index.name == "record_id"


def test_tokens_returns_the_columns_that_a_prompt_uses():
    assert Prompt("{{ state }} {{ company.name }}").tokens(["state", "country", "company.name"]) == [
        "company.name",
        "state",
    ]


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([93701.0, 2.5, None, 1e15, 0.1 + 0.2]), ["93701", "2.5", "", "1000000000000000", "0.3"]),
        (pd.Series([93701.0, "x", None], dtype=object), ["93701", "x", ""]),
        (pd.Series([5, None], dtype="Int64"), ["5", ""]),
        (pd.Series([True, False, None], dtype="boolean"), ["yes", "no", ""]),
        (pd.Series(["b ", None], dtype="category"), ["b", ""]),
        (pd.Series(["  a  ", "\u00a0", "nan", None]), ["a", "", "nan", ""]),
        (pd.Series([["A", "B"], [], None], dtype=object), ["A; B", "", ""]),
        (pd.Series(["cut \ud83d"], dtype=object), ["cut ?"]),
    ],
    ids=["floats", "mixed", "integers", "booleans", "categories", "texts", "lists", "half an emoji"],
)
def test_values_read_as_a_person_would_write_them(column, texts):
    assert as_text(column).tolist() == texts


def test_times_read_in_utc_and_midnight_as_a_date():
    aware = pd.Series(pd.to_datetime(["2026-01-01T00:00+02:00", "2026-01-01T02:00+02:00", None]))
    assert as_text(aware).tolist() == ["2025-12-31T22:00:00Z", "2026-01-01", ""]
    assert as_text(pd.Series(pd.to_datetime(["2026-01-01 10:00"]))).tolist() == ["2026-01-01T10:00:00"]


@given(st.text(max_size=80))
def test_no_value_can_end_its_own_quotes(value):
    (text,) = Prompt("State: {{ state }}|").render(frame(state=[value])).fillna("blank")
    if text != "blank":
        assert json.loads(text.removeprefix("State: ").removesuffix("|")) == as_text(pd.Series([value]))[0]


def test_counts_sums_and_activities_of_a_pull_are_tokens_as_their_columns_are_written():
    table = pd.DataFrame(
        {"deals.amount (sum)": [3.5], "notes (5)": ["2026-01-02 Note: hi"], "deals (count)": [2], "state": ["ca"]},
        index=pd.Index(["101"], name="record_id"),
    )
    asked = "{{ deals.amount (sum) }} {{deals(count)}} {{ notes (5) }} {{ state.upper() }}"
    assert rendered(asked, table) == ['"3.5" "2" "2026-01-02 Note: hi" "CA"']
    assert rendered("{% if true %}{{ notes (5) | length }}{% endif %}", table) == ['"19"']
    for wrong, right in [("deals.amount (latest)", "deals.amount (sum)"), ("notes (3)", "notes (5)")]:
        with pytest.raises(PromptError, match=re.escape(f"Did you mean {{{{ {right} }}}}?")):
            Prompt(f"{{{{ {wrong} }}}}").render(table)


BOMBS = {
    "a long text": "{{ state * 10**8 }}",
    "a constant": "{{ 'a'*10**8 }}",
    "a tower of powers": "{{ state }}{{ 10**(10**10) }}",
    "big numbers": "{% set x = 9**999 %}" + "{% set x = x * x %}" * 30 + "{{ state }}",
    "wide": "{{ state|center(1000000000) }}",
    "wide by a method": "{{ state.ljust(10**9) }}",
    "wide by a constant": "{{ 'a'|center(1000000000) }}",
    "wide by a format": "{{ '%1000000000s'|format(state) }}",
    "wide by another format": "{{ '{:>1000000000}'.format(state) }}",
    "wide by a percent": "{{ '%1000000000s' % state }}",
    "indented": "{{ ('\n' * 900000)|indent(900) }}{{ state }}",
    "replaced": "{{ ('a' * 900000).replace('a', 'b' * 900000) }}{{ state }}",
    "joined": "{{ range(0, 90000)|join('b' * 900000) }}{{ state }}",
    "joined by a method": "{{ ('b' * 900000).join(range(0, 90000)|map('string')) }}{{ state }}",
    "doubled": "{% set x = 'aaaaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ state }}{{ x }}",
    "nested loops": "{% for a in range(0, 99999) %}{% for b in range(0, 99999) %}{% endfor %}{% endfor %}{{ state }}",
    "loops over a text": "{% for a in state * 999 %}{% for b in state * 999 %}{{ b }}{% endfor %}{% endfor %}",
    "loops kept aside": "{% set x %}{% for a in range(0, 99999) %}"
    + "text " * 1000
    + "{% endfor %}{% endset %}{{ state }}",
    "a list of lists": "{% set x = ['a'] %}"
    + "{% set x = [x, x, x, x, x, x, x, x, x, x] %}" * 12
    + "{{ state }}{{ x }}",
    "lists that are compared": "".join(
        f"{{% set {name} = ['a'] %}}" + f"{{% set {name} = [{name}, {name}, {name}, {name}] %}}" * 20 for name in "xy"
    )
    + "{{ state }}{{ x == y }}",
    "a long list": "{{ state }}{{ ([0] * 10**9)|length }}",
    "batches": "{{ state|batch(10**9, 'x')|list }}",
    "sums of lists": "{{ state }}{{ ([[1]] * 90000)|sum(start=[]) }}",
    "dictionaries": "{% set x = {} %}" + "{% set x = {'a': x, 'b': x, 'c': x, 'd': x} %}" * 20 + "{{ state }}{{ x }}",
    "filler": "{{ state }}{{ lipsum(n=10**7) }}",
    "macros": "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ state }}{{ f() }}",
    "a loop in itself": "{% for a in state recursive %}{{ loop(a) }}{{ loop(a) }}{% endfor %}",
    "deep parentheses": "{{ " + "(" * 20_000 + "state" + ")" * 20_000 + " }}",
    "bytes": "{{ state }}{{ (5).to_bytes(10**9, 'big') }}",
    "rounding": "{{ state }}{{ 2|round(10**8, 'ceil') }}",
    "translated": "{{ (state * 9999).translate({65: 'b' * 900000}) }}",
    "a format of many": "{{ '{0}{0}{0}{0}'.format(state * 900000) }}",
}


@pytest.mark.parametrize("template", BOMBS.values(), ids=BOMBS)
def test_a_template_that_would_take_all_memory_or_time_ends_within_a_second_in_a_sentence(template):
    begun = time.thread_time()
    with pytest.raises(PromptError, match=r"^The prompt (uses|cannot be|has no token)"):
        Prompt(template).render(frame(state=["A"]))
    assert time.thread_time() - begun < 1


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ state|upper|center(9) }}", '"    CA   "'),
        ("{% for part in state.split('') if part %}{{ part }}{% endfor %}", None),
        ("{% for part in state %}{{ loop.index ~ '/' ~ loop.length ~ part }}{% endfor %}", '"1/2C""2/2A"'),
        ("{{ '%s and %5.2f' % (state, 2) }}{{ '{} {:>4}'.format(state, 'x') }}", '"CA and  2.00""CA    x"'),
        ("{% set parts = [state, 'x'] + ['y'] %}{{ parts|join(', ') }}{{ parts|length * 2 }}", '"CA, x, y""6"'),
        ("{{ state.replace('C', 'c')|truncate(20) }}{{ [1, 2]|sum }}{{ {'a': 1}|tojson }}", '"cA""3""{"a": 1}"'),
        (
            "{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }}{% endfor %}{{ range(1, 4)|map('string')|join }}{{ state }}",
            None,
        ),
    ],
)
def test_expressions_that_people_write_give_what_they_gave(template, text):
    if text is None:
        Prompt(template.replace("split('')", "split('C')")).render(frame(state=["CA"]))
    else:
        assert rendered(template, frame(state=["CA"])) == [text.replace('"{"a": 1}"', '"{\\"a\\": 1}"')]


def test_a_long_note_may_be_used_several_times_over():
    note = "all work " * 200_000
    (text,) = rendered("{{ note|upper }}{{ note.replace(' ', '  ') }}", frame(note=[note]))
    assert len(text) > 3_800_000
