"""Words that went and came: right for short values, and quick for texts without end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hsai_kit.paging.word_diff import compare_words
from hsai_kit.screen_text import make_printable


def texts(segments: list[tuple[str, str]], kind: str) -> list[str]:
    return [text.strip() for what, text in segments if what == kind]


def test_only_the_words_that_differ_are_marked():
    before, after = compare_words("Call the buyer on Monday, please", "Call the new buyer on Friday, please")
    assert texts(before, "gone") == ["Monday,"]
    assert texts(after, "came") == ["new", "Friday,"]


def test_values_without_a_word_in_common_are_marked_as_a_whole():
    assert compare_words("Calif.", "CA") == ([("gone", "Calif.")], [("came", "CA")])
    assert compare_words("", "CA") == ([], [("came", "CA")])


def test_spaces_that_nobody_would_see_are_made_visible_where_only_they_differ():
    assert compare_words(" CA ", "CA") == ([("gone", "␣CA␣")], [("came", "CA")])
    before, _ = compare_words("New  York", "New York")
    assert before == [("gone", "New␣␣York")]


def test_texts_of_thousands_of_words_are_compared_in_no_time():
    before = " ".join(f"word{i}" for i in range(5000))
    after = before.replace("word2500", "another").replace("word2600", "thing")
    started = time.process_time()
    left, right = compare_words(before, after)
    assert time.process_time() - started < 0.2
    assert "".join(text for _, text in left) == before
    assert right[0][0] == right[-1][0] == "same"
    assert len(right[0][1].split()) == 2500


@given(st.text(alphabet="ab \n", max_size=30), st.text(alphabet="ab \n", max_size=30), st.sampled_from([2, 300]))
def test_nothing_of_either_text_is_lost(before, after, most):
    left, right = compare_words(before, after, most)
    restored = ["".join(text for _, text in side).replace("␣", " ") for side in (left, right)]
    assert restored == [before, after]


@pytest.mark.parametrize("hidden", ["\u202e", "\x1b", "\u200b", "\x00"])
def test_marks_that_would_hide_or_turn_text_around_are_shown_as_a_dot(hidden):
    assert make_printable(f"a{hidden}b\nc") == "a·b\nc"
