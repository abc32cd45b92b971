"""Figures with their targets, and rounds that measure the compared things in turn."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table. target: None if the figure is only shown. at_most: whether smaller is better."""

    name: str
    target: float | None
    measured: float
    detail: str
    at_most: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Return whether the target is met, if there is one."""
        if self.target is None:
            return True
        return self.measured <= self.target if self.at_most else self.measured >= self.target


Rounds = Mapping[str, Sequence[float]]


def interleaved(rounds: int, contenders: Mapping[str, Callable[[], float]]) -> Rounds:
    """Run every contender once per round and return what each measured.

    The order is reversed in every other round, so that a machine that slows down or a table that grows affects all of
    them equally.
    """
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        turns = list(contenders.items())
        for name, turn in turns if number % 2 == 0 else reversed(turns):
            measured[name].append(turn())
    return measured


def ratio(rounds: Rounds, one: str, other: str) -> float:
    """Return the median over the rounds of one contender's figure divided by the other's."""
    return statistics.median(a / b for a, b in zip(rounds[one], rounds[other], strict=True))


def median(rounds: Rounds, name: str) -> float:
    """Return the median of one contender's figures."""
    return statistics.median(rounds[name])
