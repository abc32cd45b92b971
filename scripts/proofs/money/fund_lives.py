"""The life of a fund: shops give lots for free, people collect them, and statements are issued and paid."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from scripts.proofs.money.rules import Rules, some


class FundLives(Rules):
    """The rules about free lots that a fund pays for."""

    def _some_free(self) -> bool:
        return bool(self.world.told.free)

    @rule(shop=st.integers(0, 1), portions=st.integers(1, 4), taken=st.integers(0, 2))
    def gives_free(self, shop: int, portions: int, taken: int) -> None:
        """A shop gives a lot for free, and somebody reserves portions of it at once."""
        self.world.does(self.world.offers(shop, 0, portions, 4))
        self._did("free lots")
        if taken:
            self.world.does(self.world.takes_given(self.world.told.free[-1], min(taken, portions)))

    @precondition(_some_free)
    @rule(lot=some, portions=st.integers(1, 2))
    def takes_given(self, lot: int, portions: int) -> None:
        still = self._open(self.world.told.free)
        self.world.does(self.world.takes_given(still[-1 - lot % len(still)], portions))

    @rule()
    def collects_free(self) -> None:
        """Everybody who has a pass of a free lot that is not over collects."""
        for one in [held for held in self._open(self.world.told.held) if held.lot in self.world.told.free]:
            self._did(f"free handovers answered {self.world.does(self.world.collects(one))}")

    @rule(pays=st.booleans())
    def month_is_stated(self, pays: bool) -> None:
        """The worker states the months that are over, and the organisation pays what they say."""
        self._did("statements", self.world.does(self.world.states_funds()))
        if pays:
            self._did("lines paid", self.world.does(self.world.pays_statements()))
