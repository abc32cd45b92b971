"""The rules of shops besides selling: owners leave, stations hand over late, merchants subscribe to Premium."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from scripts.proofs.money.rules import Rules, some

SELDOM = st.sampled_from((True, False, False, False))


class ShopLives(Rules):
    """The rules about shops, their stations and their subscriptions."""

    def _some_confirmed(self) -> bool:
        return bool(self.world.told.held)

    def _some_subscription(self) -> bool:
        return bool(self.world.told.subscribers)

    @rule(shop=st.integers(0, 1), surely=SELDOM)
    def erases_merchant(self, shop: int, surely: bool) -> None:
        """An owner erases their account: the shop closes, and another one opens in its place."""
        if not surely:
            return
        status, _ = self.world.does(self.world.asks(self.world.shops[shop].owner, "DELETE", "/me"))
        if status == 204:
            self._did("erased merchants")
            self.world.does(self.world.replaces_shop(shop))

    @precondition(_some_confirmed)
    @rule(held=some, hours=st.sampled_from((1, 6, 11, 14)))
    def collects_late(self, held: int, hours: int) -> None:
        """A station without a network is shown a pass, and sends it hours later."""
        one = self._one(self.world.told.held, held)
        status = self.world.does(self.world.collects_late(one, timedelta(hours=hours)))
        self._did(f"late handovers answered {status}")

    @rule(shop=st.integers(0, 1), card=st.sampled_from(("pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined")))
    def subscribes(self, shop: int, card: str) -> None:
        self._did(f"subscriptions {self.world.does(self.world.subscribes(self.world.shops[shop], card))}")

    @precondition(_some_subscription)
    @rule(number=some, act=st.sampled_from(("renew", "renew", "cancel_later", "keep", "cancel", "decline", "retry")))
    def subscription_goes_on(self, number: int, act: str) -> None:
        owner = self._one(self.world.told.subscribers, number)
        if self.world.does(self.world.subscription_goes_on(owner, act)):
            self._did(f"Premium: {act}")
