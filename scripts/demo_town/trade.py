"""How the demo town trades: shops list lots, and people reserve, pay, collect, cancel and complain."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from backend.reservations.passes import ALPHABET, CODE_LENGTH
from scripts.demo_town.acts import Acts
from scripts.demo_town.complaints import COMPLAINTS, OF_YESTERDAY, Complaint
from scripts.demo_town.money import Money, Sale
from scripts.demo_town.offers import OFFERS, PARIS, Offer, paris
from scripts.demo_town.people import BENEFICIARIES, NEIGHBOURS, REGULARS, WITH_A_PASS
from scripts.demo_town.shops import CHARCUTERIE, CREMERIE, SHOPS
from scripts.demo_town.timeline import HOUR, MINUTE, Timeline

SEED = 2025
# Days ago. The town trades every second day, with enough people and shops for its figures to be published. A day on
# which few traded would be suppressed, and its month with it.
TRADE_BEGAN = 23
TRADE_DAYS = range(TRADE_BEGAN, 0, -2)
FIRST_LOTS = range(38, TRADE_BEGAN, -3)  # fewer lots, so that a month with papers and figures is over
FIRST_GIVEN = (35, 32)  # so that a month of the fund with something granted is over, too
# The shops of regulars: they do not show their impact, and Stripe can pay them.
PAID_SHOPS = tuple(shop for shop in SHOPS if not shop.shows_impact and shop not in (CHARCUTERIE, CREMERIE))
SHOPS_OF_REGULARS = 5  # a day
# On which days before today many people searched in Schiltigheim and Illkirch-Graffenstaden, which have no shop.
UNFOUND = {"67447": (32, 21, 9, 3), "67218": (15, 3)}
SEARCHED = 14  # people each time: the figures count them in whole groups of eleven
LOT_WITHDRAWN = 13  # days ago
UNANSWERED = timedelta(hours=72)

Ending = Literal["picked_up", "cancelled", "cancelled_late", "no_show", "lapsed"]
ENDINGS: dict[Ending, int] = {"picked_up": 72, "cancelled": 9, "cancelled_late": 5, "no_show": 8, "lapsed": 6}


@dataclass
class Listed:
    """A lot that a shop lists; `id` is set once it is listed."""

    offer: Offer
    window: tuple[datetime, datetime]
    id: UUID | None = None


@dataclass(frozen=True)
class Claim:
    """A reservation.

    holder: a login or a beneficiary's key. becomes: how it ends; None while it is open. late: when in the pickup window
    the holder comes, from 0 (its begin) to 1 (its end).
    """

    lot: Listed
    holder: str
    portions: int
    code: str
    becomes: Ending | None = None
    late: float = 0


class Trade:
    """Plans lots and what becomes of them, and carries it out. The same choices are made each time."""

    def __init__(
        self, acts: Acts, money: Money, time: Timeline, accounts: Mapping[str, UUID], shops: Mapping[str, UUID]
    ) -> None:
        self._acts = acts
        self._money = money
        self._time = time
        self._accounts = accounts
        self._shops = shops
        self._chance = random.Random(SEED)  # noqa: S311  nothing here is a secret
        self._taken: Counter[tuple[str, date]] = Counter()
        self._pickups = 0
        self._complaints = {0: OF_YESTERDAY, **COMPLAINTS}  # the first pickup of yesterday counts as 0

    def plan(self) -> None:
        """Plan the lots of the past and of the present."""
        for days_ago in FIRST_LOTS:
            self._a_lot_of_the_past(OFFERS[0], self._time.today - timedelta(days=days_ago))
            self._regulars_buy(self._time.today - timedelta(days=days_ago))
        for days_ago in TRADE_DAYS:
            self._a_day_of_trade(days_ago)
        self._the_present()

    def plan_first_gifts(self) -> None:
        """Plan free lots of a month that is over, and searches that find no shop."""
        given = next(offer for offer in OFFERS if offer.kind == "free")
        for days_ago in FIRST_GIVEN:
            self._a_lot_of_the_past(given, self._time.today - timedelta(days=days_ago))
        self._time.then(self._time.now, self._many_searched)

    def _a_day_of_trade(self, days_ago: int) -> None:
        day = self._time.today - timedelta(days=days_ago)
        for _ in range(self._chance.choice((2, 3, 3))):
            self._a_lot_of_the_past(self._chance.choice(OFFERS), day)
        self._regulars_buy(day)
        if days_ago == LOT_WITHDRAWN:
            offer = self._chance.choice(OFFERS)
            lot = Listed(offer, offer.window_on(day))
            self._time.then(_listed_at(lot), self._lists, lot)
            self._time.then(_listed_at(lot) + 40 * MINUTE, self._withdraws, lot)

    def _a_lot_of_the_past(self, offer: Offer, day: date) -> None:
        lot = Listed(offer, offer.window_on(day))
        listed, left = _listed_at(lot), offer.quantity
        self._time.then(listed, self._lists, lot)
        for _ in range(self._chance.randint(1, 4)):
            portions = self._chance.choice((1, 1, 2))
            reserved = listed + self._chance.randint(10, 120) * MINUTE
            claim = Claim(
                lot,
                self._somebody(offer, reserved, portions),
                portions,
                self._code(),
                self._ending(offer),
                self._chance.random(),
            )
            if claim.holder and portions <= left:
                left -= portions
                self._taken[claim.holder, reserved.astimezone(PARIS).date()] += portions
                self._time.then(reserved, self._reserves, claim)
        self._time.then(lot.window[1] + MINUTE, partial(self._acts.call, "end_lots", most=100))

    def _regulars_buy(self, day: date) -> None:
        """Let each regular collect a portion on a day, at several shops that do not show their impact."""
        shops = self._chance.sample(PAID_SHOPS, SHOPS_OF_REGULARS)
        regulars = self._chance.sample(REGULARS, len(REGULARS))
        each = len(REGULARS) // SHOPS_OF_REGULARS
        for place, shop in enumerate(shops):
            offer = next(one for one in OFFERS if one.shop is shop and one.kind == "discounted")
            lot = Listed(offer, offer.window_on(day))
            listed = _listed_at(lot)
            self._time.then(listed, self._lists, lot)
            for regular in regulars[place * each : (place + 1) * each]:
                claim = Claim(lot, regular.login, 1, self._code(), "picked_up", self._chance.random())
                self._time.then(listed + self._chance.randint(10, 120) * MINUTE, self._reserves, claim)
            self._time.then(lot.window[1] + MINUTE, partial(self._acts.call, "end_lots", most=100))

    def _many_searched(self) -> None:
        """Let people search in communes without a shop. Only their searches are published."""
        counted = [
            (self._time.today - timedelta(days=one), commune) for commune, days in UNFOUND.items() for one in days
        ]
        days, communes = zip(*counted, strict=True)
        self._acts.call("count_searches", days=list(days), communes=list(communes), numbers=[SEARCHED] * len(days))

    def _the_present(self) -> None:
        for offer in OFFERS:
            lot = Listed(offer, offer.window_ahead(self._time.now))
            just_now = self._time.now - self._chance.randint(5, 90) * MINUTE
            self._time.then(min(_listed_at(lot), just_now), self._lists, lot)
            if not offer.food_date or offer.food_date[1] >= 0:  # food past its best-before date is offered only once
                self._time.then(self._time.now, self._recurs, lot)
            for person in BENEFICIARIES:
                reserved = self._time.now - 3 * MINUTE
                free_today = not self._taken[person.key, reserved.astimezone(PARIS).date()]
                if WITH_A_PASS.get(person.number) == offer.title and free_today:
                    self._time.then(reserved, self._reserves, Claim(lot, person.key, 1, self._code()))

    def _somebody(self, offer: Offer, reserved: datetime, portions: int) -> str:
        """Return who reserves at that time, or "" if no beneficiary has that many portions left on that day."""
        day = reserved.astimezone(PARIS).date()
        if offer.kind == "discounted":
            who = [neighbour.login for neighbour in NEIGHBOURS if neighbour.role == "customer"]
        else:
            who = [
                person.key
                for person in BENEFICIARIES
                if person.becomes == "verified"
                and person.days_ago > (self._time.today - day).days >= -person.right_ends_in
                and self._taken[person.key, day] + portions <= 2
            ]
        return self._chance.choice(who) if who else ""

    def _ending(self, offer: Offer) -> Ending:
        drawn = self._chance.choices(list(ENDINGS), list(ENDINGS.values()))[0]
        return "picked_up" if drawn == "lapsed" and offer.kind == "free" else drawn

    def _code(self) -> str:
        return "".join(self._chance.choice(ALPHABET) for _ in range(CODE_LENGTH))

    def _lists(self, lot: Listed) -> None:
        offer, (begin, end) = lot.offer, lot.window
        self._acts.be(self._accounts[offer.shop.merchant.login])
        date_kind, days = offer.food_date or ("none", None)
        lot.id = self._acts.value(
            "insert into app.lots (shop_id, title, description, category, kind, original_price_cents, price_cents,"
            " quantity, pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, origin,"
            " status, created_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'published',"
            " app.clock()) returning id",
            self._shops[offer.shop.name],
            offer.title,
            offer.description,
            offer.category,
            offer.kind,
            *offer.cents,
            offer.quantity,
            begin,
            end,
            date_kind,
            None if days is None else end.astimezone(PARIS).date() + timedelta(days=days),
            sorted(offer.allergens),
            offer.cold,
            offer.grams,
            offer.origin,
        )

    def _recurs(self, lot: Listed) -> None:
        """Make the offer a recurring listing, so that the town still has lots in a week."""
        offer, first_day = lot.offer, lot.window[0].astimezone(PARIS).date()
        self._acts.be(self._accounts[offer.shop.merchant.login])
        date_kind, days = offer.food_date or ("none", None)
        listing = self._acts.value(
            "insert into app.recurring_listings (shop_id, title, description, category, kind, original_price_cents,"
            " price_cents, quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind, food_date_in_days,"
            " allergens, cold_chain, weight_grams, origin, due_at, created_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, array[1, 2, 3, 4, 5, 6, 7], %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " app.clock(), app.clock()) returning id",
            self._shops[offer.shop.name],
            offer.title,
            offer.description,
            offer.category,
            offer.kind,
            *offer.cents,
            offer.quantity,
            offer.listed_from,
            *offer.hours,
            date_kind,
            days,
            sorted(offer.allergens),
            offer.cold,
            offer.grams,
            offer.origin,
        )
        if paris(first_day, offer.listed_from) > self._time.now:  # the lot of that day is already listed
            self._acts.run(
                "insert into app.recurring_days (listing_id, day, skipped) values (%s, %s, true)", listing, first_day
            )

    def _withdraws(self, lot: Listed) -> None:
        self._acts.call_as(self._accounts[lot.offer.shop.merchant.login], "withdraw_lot", lot=lot.id)

    def _reserves(self, claim: Claim) -> None:
        holder, key = self._accounts[claim.holder], f"demo-{self._time.number()}"
        _, _, reservation, payment, cents = self._acts.call(
            "reserve",
            caller=holder,
            lot=claim.lot.id,
            portions=claim.portions,
            idempotency_key=key,
            request_hash=b"",
            pass_code=claim.code,
        )
        reserved, (begin, end) = self._acts.now, claim.lot.window
        intent = ""
        if payment is not None:
            intent = self._money.begins(cents, payment, reservation)
            self._acts.call(
                "payment_opened",
                payment=payment,
                intent=intent,
                holder=holder,
                idempotency_key=key,
                answer="",
            )
            if claim.becomes == "lapsed":
                self._time.then(reserved + 11 * MINUTE, self._lapses, payment, intent)
                return
            self._time.then(reserved + MINUTE, self._money.is_paid, payment, intent, cents)
        match claim.becomes:
            case "picked_up":
                sale = Sale(intent, cents, begin + claim.late * (end - begin))
                self._time.then(sale.collected_at, self._picks_up, claim, sale)
            case "cancelled":
                self._time.then(reserved + 20 * MINUTE, self._cancels, holder, reservation, payment, intent, cents)
            case "cancelled_late":
                self._time.then(begin - 30 * MINUTE, self._cancels, holder, reservation, None, "", 0)

    def _lapses(self, payment: UUID, intent: str) -> None:
        self._acts.call("lapse_holds", most=100)
        self._money.is_given_up(payment, intent)

    def _cancels(self, holder: UUID, reservation: UUID, payment: UUID | None, intent: str, cents: int) -> None:
        self._acts.call_as(holder, "cancel_reservation", reservation=reservation)
        if payment is not None:
            self._money.is_refunded(payment, intent, cents)

    def _picks_up(self, claim: Claim, sale: Sale) -> None:
        merchant = self._accounts[claim.lot.offer.shop.merchant.login]
        problem, *_ = self._acts.call("pick_up", caller=merchant, pass_code=claim.code, pin_matches=True)
        assert problem is None, problem
        if sale.cents:
            self._money.sales.append(sale)
        if self._acts.now < self._time.days_ago(TRADE_BEGAN, "00:00"):
            return
        self._pickups += 1
        complaint = self._complaints.pop(self._pickups, None)
        if complaint is None and claim.lot.window[0].astimezone(PARIS).date() == self._time.today - timedelta(days=1):
            complaint = self._complaints.pop(0, None)
        if complaint is not None:
            self._time.then(min(self._acts.now + 30 * MINUTE, self._time.now), self._complains, claim, complaint)

    def _complains(self, claim: Claim, complaint: Complaint) -> None:
        reservation = self._acts.value("select reservation_id from app.passes where code = %s", claim.code)
        self._acts.be(self._accounts[claim.holder])
        report = self._acts.value("select app.report_problem(%s, %s, %s)", reservation, complaint.kind, complaint.words)
        if complaint.answer is not None:
            self._time.then(self._acts.now + 5 * HOUR, self._answers, claim, report, complaint.answer)
        elif self._acts.now + UNANSWERED <= self._time.now:
            self._time.then(self._acts.now + UNANSWERED, partial(self._acts.call, "tell_of_reports", most=9))

    def _answers(self, claim: Claim, report: UUID, answer: tuple[str, str]) -> None:
        merchant = self._accounts[claim.lot.offer.shop.merchant.login]
        outcome, words = answer
        self._acts.call_as(
            merchant, "answer_problem", report=report, wanted_outcome=outcome, wanted_share=None, said=words
        )
        self._acts.call("tell_of_reports", most=9)


def _listed_at(lot: Listed) -> datetime:
    """Return when a shop lists a lot: six hours before a window in the afternoon, else the evening before."""
    begin = lot.window[0].astimezone(PARIS)
    if begin.hour >= 14:
        return lot.window[0] - 6 * HOUR
    return paris(begin.date() - timedelta(days=1), "17:40")
