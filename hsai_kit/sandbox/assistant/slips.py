"""What goes wrong in a summary now and then: a figure or a date that is another, or a sentence that nobody said."""

from __future__ import annotations

import re

from hsai_kit.sandbox.assistant.judgment import draws
from hsai_kit.sandbox.assistant.sentences import split_sentences

# How often a model's summary holds something that the record does not say.
SLIPS = {
    "sandbox-astra": 0.02,
    "sandbox-sol": 0.06,
    "sandbox-comet": 0.12,
    "sandbox-luna": 0.20,
    "sandbox-fickle": 0.30,
    "sandbox-legacy": 0.45,
}
# Told to keep to the text, a model slips half as often.
_CAREFUL = re.compile(r"\badd nothing\b|\bnothing that is not\b|\bdo not (?:add|invent|make up)\b|\bonly what\b", re.I)
_FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|(?<![\d-])\d{2,3}(?![\d,.%-])")
_DATE = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December) (\d{1,2})\b"
)
_INVENTED = (
    "They agreed to sign next week.",
    "The customer is very satisfied with us.",
    "A colleague has already answered this.",
    "The competitor has withdrawn the offer.",
    "Nobody has to do anything about it.",
)


def with_slip(model: str, instructions: str, text: str, summary: str) -> str:
    """Return the summary, or, as often as this model errs, one with a single thing in it that the record lacks.

    It depends on the model, the instructions and the record alone.
    """
    luck, kind, place = draws(model, instructions, text)
    rate = SLIPS.get(model.partition("#")[0], 0.2)
    if luck >= rate * (0.5 if _CAREFUL.search(instructions) else 1.0):
        return summary
    dates, figures = (
        list(_DATE.finditer(summary)),
        list(_FIGURE.finditer(_DATE.sub(lambda m: "·" * len(m[0]), summary))),
    )
    if kind < 0.35 and dates:
        found = dates[int(place * len(dates))]
        return f"{summary[: found.start()]}{found[1]} {(int(found[2]) + 9) % 28 + 1}{summary[found.end() :]}"
    if kind < 0.7 and figures:
        found = figures[int(place * len(figures))]
        value = int(found[0].replace(",", ""))
        other = value + max(1, round(value * 0.3))
        return f"{summary[: found.start()]}{other:,}{summary[found.end() :]}"
    said = _INVENTED[int(place * len(_INVENTED))]
    sentences = split_sentences(summary)
    # In place of the last one, so that there are no more sentences than were asked for.
    return f"{summary[: -len(sentences[-1])]}{said}" if len(sentences) > 1 and summary.endswith(sentences[-1]) else said
