"""The scripted assistant: answers by tables, weighted words and templates; it knows nothing of HTTP.

Everything here is a pure function of its arguments, so the same question has the same answer on every machine.
"""

from __future__ import annotations

from hsai_kit.sandbox.assistant.choices import answer_choice, judge_choice
from hsai_kit.sandbox.assistant.estimates import estimate_levels, estimate_probability
from hsai_kit.sandbox.assistant.fields import answer_fields
from hsai_kit.sandbox.assistant.hostile import must_not_guess, must_refuse
from hsai_kit.sandbox.assistant.reply import MARK, FieldReply, FieldsReply, Reply
from hsai_kit.sandbox.assistant.text_answers import answer_text

__all__ = [
    "MARK",
    "FieldReply",
    "FieldsReply",
    "Reply",
    "answer_choice",
    "answer_fields",
    "answer_text",
    "estimate_levels",
    "estimate_probability",
    "judge_choice",
    "must_not_guess",
    "must_refuse",
]
