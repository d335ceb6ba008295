"""What the scripted assistant answers: the evidence, the model's own mistakes on top of it, and the reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from hsai_kit.sandbox.assistant.sentences import split_sentences

MARK = "(scripted sandbox answer)"  # ends every free text, so that nobody takes it for a language model's


@dataclass(frozen=True)
class Reply:
    """One answer with how sure the assistant is of it.

    `confidence` is between 0 and 1 and None for free text. `alternatives` are the other candidates with their
    probabilities, most probable first; together with the confidence they sum to 1 at most, and what is missing
    belongs to everything not named. `refusal` says that `text` explains why there is no answer.
    """

    text: str
    confidence: float | None
    alternatives: tuple[tuple[str, float], ...] = ()
    refusal: bool = False


@dataclass(frozen=True)
class FieldReply:
    """The value of one named field; `alternatives` as in `Reply`, over values as the schema types them."""

    value: Any
    confidence: float
    alternatives: tuple[tuple[Any, float], ...] = ()


@dataclass(frozen=True)
class FieldsReply:
    """One answer of several named fields, or a refusal with its reason and no fields."""

    fields: dict[str, FieldReply]
    refusal: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The fields' bare values, nested objects resolved."""
        return {name: _bare(field.value) for name, field in self.fields.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, FieldsReply):
        return value.values
    return value


# How often a model slips, as a multiple of what the judgment's difficulty says.
SKILL = {
    "sandbox-astra": 0.35,
    "sandbox-sol": 0.55,
    "sandbox-comet": 1.0,
    "sandbox-luna": 1.8,
    "sandbox-fickle": 4.0,
    "sandbox-legacy": 6.0,
}


@dataclass(frozen=True)
class Judgment:
    """What the evidence says about one closed question, before any model's own mistakes.

    `candidates` are (option, probability) by the evidence alone, best first, summing to 1 at most.
    `difficulty` is how often a model of middling skill gets such a case wrong although the evidence is clear.
    `rivals` are the options which a mistake would take, likeliest first.
    """

    candidates: tuple[tuple[str, float], ...]
    difficulty: float
    rivals: tuple[str, ...] = ()


def settle(model: str, text: str, judgment: Judgment) -> Reply:
    """Answer as this model would: right as often as the confidence that goes with it says.

    The draw depends on the model and the text alone, so the same question has the same answer forever. What follows a
    "#" in the model's name is another draw of the same model.
    """
    sureness, luck, whim = draws(model, text)
    best, weight = judgment.candidates[0]
    slip = min(0.45, judgment.difficulty * SKILL.get(model.partition("#")[0], 1.8) * (0.25 + 1.5 * sureness))
    confidence = weight * (1 - slip)
    others = [name for name, _ in judgment.candidates[1:]] + list(judgment.rivals)
    others = [name for name in dict.fromkeys(others) if name != best]
    shares = _shares(judgment, others, 1 - confidence)
    if others and luck < slip:
        wrong = others[min(int(whim * whim * len(others)), len(others) - 1)]
        shares[best] = shares.pop(wrong) + sum(shares.values()) * 0.5
        shares = {name: share if name == best else share * 0.5 for name, share in shares.items()}
        best = wrong
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])
    return Reply(best, confidence, tuple((name, min(share, confidence)) for name, share in ranked))


def draws(*seed: str) -> tuple[float, float, float]:
    """Three numbers in [0, 1) that depend on the seed alone."""
    digest = blake2b("\x00".join(seed).encode(), digest_size=12).digest()
    return tuple(int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in (0, 4, 8))  # type: ignore[return-value]


def _shares(judgment: Judgment, others: list[str], rest: float) -> dict[str, float]:
    """Split what the best answer leaves over the other candidates by weight, a fifth of it over the rivals."""
    known = dict(judgment.candidates[1:])
    total = sum(known.values())
    unknown = [name for name in others if name not in known]
    left = rest * (0.2 if known and unknown else 1.0)
    shares: dict[str, float] = {}
    for name in others:
        if name in known:
            shares[name] = rest * (0.8 if unknown else 1.0) * known[name] / total if total else 0.0
        else:
            left /= 2
            shares[name] = left
    return shares


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
