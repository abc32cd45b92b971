"""A figure with its target, and rounds in which everything that is compared takes its turn."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table. `at_most`: smaller is better."""

    name: str
    target: float
    measured: float
    detail: str
    at_most: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.target if self.at_most else self.measured >= self.target


Rounds = Mapping[str, Sequence[float]]


def interleaved(rounds: int, contenders: Mapping[str, Callable[[], float]]) -> Rounds:
    """Let everyone take a turn in each round, every other round in the opposite order, so that a machine that slows
    down or a table that grows weighs on all alike."""
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        turns = list(contenders.items())
        for name, turn in turns if number % 2 == 0 else reversed(turns):
            measured[name].append(turn())
    return measured


def ratio(rounds: Rounds, one: str, other: str) -> float:
    """The median, over the rounds, of one to the other."""
    return statistics.median(a / b for a, b in zip(rounds[one], rounds[other], strict=True))


def median(rounds: Rounds, name: str) -> float:
    """The median of what one of them did."""
    return statistics.median(rounds[name])
