"""The result of a proof."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """One proof's result: the figures to print, and the violations that were found."""

    name: str
    claim: str
    figures: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0
    closed_after: float = 0.0
    control: str = ""
    not_tried: str = ""  # why this machine cannot try it; the claim is then neither shown nor refuted

    def expect(self, condition: bool, otherwise: str) -> None:
        """Note a violation unless the condition holds."""
        if not condition:
            self.violations.append(otherwise)
