"""The base of all rules: their world, a count of what happened, and how a drawn number chooses."""

from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from scripts.proofs.money.world import Held, World

some = st.integers(0, 19)


class Rules(RuleBasedStateMachine):
    """The base of every set of rules that the history joins."""

    world: ClassVar[World]
    happened: ClassVar[dict[str, int]]

    def _did(self, what: str, times: int = 1) -> None:
        self.happened[what] = self.happened.get(what, 0) + times

    def _one(self, of: list[Any], number: int) -> Any:
        return of[-1 - number % len(of)]

    def _open(self, of: list[Any]) -> list[Any]:
        """Return the lots, or the reservations of lots, that are not over; all of them if all are over."""
        now = self.world.does(self.world.now())
        return [one for one in of if (one.lot if isinstance(one, Held) else one).ends > now] or of
