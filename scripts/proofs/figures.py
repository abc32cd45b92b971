"""What a proof counted and found."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """One proof's result: figures to print, and what did not hold (nothing, it should be)."""

    name: str
    claim: str
    figures: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    closed_after: float = 0.0
    control: str = ""

    def holds(self, condition: bool, otherwise: str) -> None:
        """Note a violation unless the condition holds."""
        if not condition:
            self.violations.append(otherwise)
