"""The demo town's history of six weeks, in chronological order."""

from datetime import datetime
from uuid import UUID

from scripts.demo_town.acts import Acts
from scripts.demo_town.arrivals import Arrivals
from scripts.demo_town.money import Money
from scripts.demo_town.offers import paris
from scripts.demo_town.rounds import Rounds
from scripts.demo_town.shops import CHARCUTERIE, CREMERIE, FOURNIL, SHOPS, Shop
from scripts.demo_town.timeline import MINUTE, WEEKS, Timeline
from scripts.demo_town.trade import Trade

NIGHTS = range(36, -1, -1)  # days ago
PAYOUTS = (29, 22, 15, 8)  # days ago


class Story:
    """Plans all events with their times, then carries them out in order.

    The story is always the same; only its dates move with the present.
    """

    def __init__(self, acts: Acts, money: Money, now: datetime, password_hash: str) -> None:
        self._acts = acts
        self._money = money
        self._time = Timeline(now)
        self._accounts: dict[str, UUID] = {}
        self._shops: dict[str, UUID] = {}
        self._arrivals = Arrivals(acts, self._time, self._accounts, self._shops, password_hash)
        self._trade = Trade(acts, money, self._time, self._accounts, self._shops)

    @property
    def codes(self) -> dict[int, str]:
        """The codes of beneficiaries, by number, once the story is told."""
        return self._arrivals.codes

    @property
    def client(self) -> UUID | None:
        """The API client of the town's program, where the database has the map."""
        return self._arrivals.client

    def tell(self) -> None:
        """Plan and carry out the whole story."""
        self._arrivals.plan()
        self._money_moves()
        self._trade.plan()
        Rounds(self._acts, self._accounts, self._shops, self._time.then, self._time.now).happen()
        self._trade.plan_first_gifts()
        for moment, happens in self._time.events():
            self._acts.at(moment)
            self._money.at(moment)
            happens()
        self._acts.at(self._time.now)
        self._money.at(self._time.now)
        self._money.is_checked()
        self._acts.call("close_platform_days", most=7 * WEEKS)

    def _money_moves(self) -> None:
        opened = self._time.days_ago(7 * WEEKS - 3, "15:00")
        for place, shop in enumerate(shop for shop in SHOPS if shop is not CREMERIE):
            self._time.then(opened + place * MINUTE, self._opens_account, shop)
        for days_ago in NIGHTS:
            if self._time.days_ago(days_ago, "05:30") <= self._time.now:
                self._time.then(self._time.days_ago(days_ago, "05:30"), self._money.night_passes)
        papers = paris(self._time.today.replace(day=1), "06:30")
        if papers <= self._time.now:
            self._time.then(papers, self._money.papers_are_issued)
            self._time.then(papers, self._money.funds_are_stated)
        for days_ago in PAYOUTS:
            self._time.then(self._time.days_ago(days_ago, "08:00"), self._money.banks_are_paid)
            self._time.then(self._time.days_ago(days_ago - 2, "10:00"), self._money.payouts_arrive)
        self._time.then(self._time.days_ago(25, "10:00"), self._subscribes, FOURNIL)
        self._time.then(self._time.days_ago(14, "11:00"), self._is_disputed, 6)
        self._time.then(self._time.days_ago(3, "15:00"), self._is_disputed, None)

    def _opens_account(self, shop: Shop) -> None:
        owner = self._accounts[shop.merchant.login]
        self._money.opens_account(self._shops[shop.name], owner, active=shop is not CHARCUTERIE)

    def _subscribes(self, shop: Shop) -> None:
        self._money.subscribes(self._accounts[shop.merchant.login])

    def _is_disputed(self, lost_days_ago: int | None) -> None:
        """Let a bank ask for money back. lost_days_ago: when the dispute is lost; None: it is open."""
        dispute = self._money.is_disputed()
        if dispute is not None and lost_days_ago is not None:
            self._time.then(self._time.days_ago(lost_days_ago, "16:00"), self._money.is_lost, dispute, self._acts.now)
