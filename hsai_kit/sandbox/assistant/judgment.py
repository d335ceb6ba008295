"""How sure the assistant is, and when it is wrong: the same function decides both, so that they agree."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from hsai_kit.sandbox.assistant.reply import Reply

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
