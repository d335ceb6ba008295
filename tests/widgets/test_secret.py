"""The key field on Python's side: what comes in is passed on masked, and stays nowhere."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from hsai_kit.errors import KeyRefused
from hsai_kit.widgets.secret import SecretField

KEY = "sk-proj-typed-0123456789abcdef"


def state(field: SecretField) -> str:
    return json.dumps(field.get_state(), default=str)


def test_what_is_typed_comes_once_without_spaces_and_is_in_no_state_message_or_repr():
    came: list[SecretStr] = []
    field = SecretField(label="OpenAI key", on_secret=lambda key: came.append(key))
    message = {"secret": f" {KEY}\n"}
    field._handle_custom_msg(message, [])
    assert [key.get_secret_value() for key in came] == [KEY]
    assert KEY not in state(field) + repr(field) + repr(came) + repr(message)


def test_a_refused_key_is_said_below_the_field_in_words():
    def refuse(_: SecretStr) -> None:
        message = "The key was refused by OpenAI (401). Paste the right one."
        raise KeyRefused(message)

    field = SecretField(on_secret=refuse)
    field._handle_custom_msg({"secret": KEY}, [])
    assert field.note == "The key was refused by OpenAI (401). Paste the right one."
    assert field.problem


def test_an_error_that_nobody_expected_is_told_without_what_was_typed():
    field = SecretField(on_secret=lambda key: dict[str, str]()[key.get_secret_value()])
    field._handle_custom_msg({"secret": KEY}, [])
    assert "KeyError" in field.note
    assert KEY not in state(field)


@pytest.mark.parametrize("content", [{}, {"secret": "  "}, {"secret": ""}])
def test_an_empty_field_asks_nobody(content):
    came: list[SecretStr] = []
    SecretField(on_secret=lambda key: came.append(key))._handle_custom_msg(content, [])
    assert came == []
