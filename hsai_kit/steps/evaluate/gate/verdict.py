"""What a gate says: passed or not, with every reason and an exit code."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GateCondition", "GateVerdict"]

NOT_PASSED = 3
"""The exit code of a gate that was not passed; 1 says that nothing could be measured."""


@dataclass(frozen=True)
class GateCondition:
    """One condition of a gate, whether it is met, and the figures that decided it in a sentence."""

    condition: str
    met: bool
    said: str


@dataclass(frozen=True)
class GateVerdict:
    """Whether the gate was passed, with every reason; `exit_code` is 0 or 3."""

    assistant: str
    reasons: tuple[GateCondition, ...]

    @property
    def is_passed(self) -> bool:
        """True where every condition is met."""
        return all(reason.met for reason in self.reasons)

    @property
    def exit_code(self) -> int:
        """0 where the gate was passed, else 3."""
        return 0 if self.is_passed else NOT_PASSED

    def __str__(self) -> str:
        head = f"{self.assistant} {'passed' if self.is_passed else 'did not pass'} the gate."
        return "\n".join([head, *(f"{'yes' if one.met else 'NO':>4}  {one.said}" for one in self.reasons)])

    def __bool__(self) -> bool:
        return self.is_passed
