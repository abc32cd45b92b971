"""The history: a state machine whose rules are what people, Stripe, the clock and a mortal worker do."""

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from scripts.proofs.money.audit import violations
from scripts.proofs.money.deaths import Deaths
from scripts.proofs.money.fund_lives import FundLives
from scripts.proofs.money.rules import some
from scripts.proofs.money.shop_lives import ShopLives
from scripts.proofs.money.world import World

NIGHTS_UNTIL_SETTLED = 7
LEASE = timedelta(seconds=31)
PRICES = (50, 99, 350, 399, 405, 999)
# The most that a call to Stripe is repeated is twice, so three faults in a row are too many for it.
OPERATIONS = (
    *("payment_intents.create", "payment_intents.retrieve", "payment_intents.cancel", "payment_intents.search"),
    *("checkout_sessions.create", "checkout_sessions.expire", "refunds.create", "refunds.list"),
    *("transfers.create", "transfers.list", "reversals.create", "reversals.list", "payouts.retrieve"),
    *("customers.create", "subscriptions.list", "subscriptions.cancel", "invoices.list", "invoices.retrieve"),
    "disputes.retrieve",
)
MODES = ("drop_before", "drop_reply", "error_500", "error_500_kept", "error_500_undone", "rate_limit", "lacks_funds")
MONEY_LACKS = ("transfers.create", "reversals.create", "refunds.create")

CARDS = st.sampled_from(("pm_card_visa", "pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined"))
SOON = st.sampled_from((True, True, True, False))  # whether the worker hears of it at once
LIVES = st.one_of(st.none(), st.none(), st.integers(0, 25))


class History(ShopLives, FundLives, Deaths):
    """A random history of money. After each rest, and at the end, every cent must be where it belongs."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = random.Random(0)  # noqa: S311  # the order of jobs

    def _some_lots(self) -> bool:
        return bool(self.world.told.lots)

    def _some_held(self) -> bool:
        return bool(self.world.told.held)

    def _some_report(self) -> bool:
        return bool(self.world.told.reports)

    def _some_dispute(self) -> bool:
        return bool(self.world.told.disputes)

    def _some_payout(self) -> bool:
        return bool(self.world.told.payouts)

    def _some_account(self) -> bool:
        return any(shop.account for shop in self.world.shops)

    @initialize(seed=st.integers(0, 2**16), onboarded=st.sampled_from((True, True, False)), late=st.booleans())
    def a_town(self, seed: int, onboarded: bool, late: bool) -> None:
        self.chance = random.Random(seed)  # noqa: S311
        self.world.does(self.world.begins(shops=2, customers=3))
        if late:
            self.world.does(self.world.stripe.terms(settled_after_seconds=0.05))
        if onboarded:
            self.world.does(self.world.opens_account(self.world.shops[0]))
        # Money moves from the start: two lots, a purchase of each, and a gift.
        for shop, price in ((0, 405), (1, 399)):
            self.world.does(self.world.offers(shop, price, 5, 4))
            self.buys(who=0, lot=0, portions=2, page=bool(shop), soon=False)
        self.gives(who=1, lot=0, portions=2, move=False, soon=True)
        self.gives_free(shop=0, portions=2, taken=2)

    # --- Shops and customers

    @rule(
        shop=st.integers(0, 1),
        price=st.sampled_from(PRICES),
        portions=st.integers(1, 5),
        hours=st.sampled_from((1, 4, 20)),
    )
    def a_lot(self, shop: int, price: int, portions: int, hours: int) -> None:
        self.world.does(self.world.offers(shop, price, portions, hours))

    @precondition(_some_lots)
    @rule(who=st.integers(0, 2), lot=some, portions=st.integers(1, 3), page=st.booleans(), soon=SOON)
    def buys(self, who: int, lot: int, portions: int, page: bool, soon: bool) -> None:
        world, before = self.world, len(self.world.told.held)
        world.does(world.reserves(world.customers[who], self._one(self._open(world.told.lots), lot), portions))
        if len(world.told.held) > before:
            self._pays(world.told.held[-1], "pm_card_visa", page)
            if soon:
                self.worker_works(None)

    @precondition(_some_lots)
    @rule(who=st.integers(0, 2), lot=some, portions=st.integers(1, 2), move=st.booleans(), soon=SOON)
    def gives(self, who: int, lot: int, portions: int, move: bool, soon: bool) -> None:
        world, before = self.world, len(self.world.told.held)
        chosen = "move" if move else "refund"
        world.does(
            world.reserves(
                world.customers[who], self._one(self._open(world.told.lots), lot), portions, if_unclaimed=chosen
            )
        )
        if len(world.told.held) > before:
            self._pays(world.told.held[-1], "pm_card_visa", page=False)
            if soon:
                self.worker_works(None)
                self.world.does(self.world.takes_free(world.told.held[-1].lot))
            self._did("gifts")

    @precondition(_some_held)
    @rule(held=some, card=CARDS, page=st.booleans())
    def pays(self, held: int, card: str, page: bool) -> None:
        self._pays(self._one(self.world.told.held, held), card, page)

    def _pays(self, held: Any, card: str, page: bool) -> None:
        world = self.world
        world.does(world.pays_on_page(held, card) if page and not held.gift else world.pays(held, card))

    @precondition(_some_held)
    @rule(held=some, late=st.booleans())
    def cancels(self, held: int, late: bool) -> None:
        one = self._one(self._open(self.world.told.held), held)
        if late:
            self.world.does(self.world.until(one.lot.opens - timedelta(minutes=30)))
        status, _ = self.world.does(self.world.asks(one.holder, "POST", f"/reservations/{one.id}/cancel"))
        self._did(f"cancellations answered {status}")

    @precondition(_some_lots)
    @rule(lot=some)
    def beneficiary_reserves(self, lot: int) -> None:
        self.world.does(self.world.takes_free(self._one(self._open(self.world.told.lots), lot)))

    @precondition(_some_held)
    @rule(held=some, with_others=SOON)
    def collects(self, held: int, with_others: bool) -> None:
        """Somebody collects, and whoever else has a pass of the same lot."""
        still = self._open(self.world.told.held)
        one = self._one(still, held)
        together = [other for other in still if with_others and other.lot.opens == one.lot.opens]
        for other in together or [one]:
            self._did(f"handovers answered {self.world.does(self.world.collects(other))}")

    @precondition(_some_lots)
    @rule(lot=some)
    def withdraws(self, lot: int) -> None:
        one = self._one(self._open(self.world.told.lots), lot)
        owner = self.world.shops[one.shop].owner
        self.world.does(self.world.asks(owner, "POST", f"/lots/{one.id}/withdraw"))

    @precondition(_some_held)
    @rule(held=some)
    def reports(self, held: int) -> None:
        one = self._one(self.world.told.held, held)
        status, answer = self.world.does(
            self.world.asks(
                one.holder, "POST", f"/reservations/{one.id}/problem-report", {"kind": "quality", "text": "Moisi."}
            )
        )
        if status == 201:
            self.world.told.reports.append((answer["id"], one.lot.shop))
            self._did("problem reports")

    @precondition(_some_report)
    @rule(report=some, share=st.sampled_from((0, 33, 50, 100)))
    def answers(self, report: int, share: int) -> None:
        id, shop = self._one(self.world.told.reports, report)
        body = {"outcome": "give_back", "share": share} if share else {"outcome": "sorry"}
        owner = self.world.shops[shop].owner
        self.world.does(
            self.world.asks(owner, "POST", f"/problem-reports/{id}/answer", {**body, "text": "Nous sommes désolés."})
        )

    @rule(shop=st.integers(0, 1))
    def opens_account(self, shop: int) -> None:
        if self.world.shops[shop].account is None:
            self.world.does(self.world.opens_account(self.world.shops[shop]))

    @rule(who=st.integers(0, 2))
    def erases_customer(self, who: int) -> None:
        status, _ = self.world.does(self.world.asks(self.world.customers[who], "DELETE", "/me"))
        if status == 204:
            self._did("erased customers")
            self.world.customers[who] = self.world.does(self.world.account(uuid4(), "customer"))

    # --- Stripe

    @precondition(_some_held)
    @rule(number=some, cents=st.one_of(st.none(), st.integers(1, 500)))
    def refunds_in_dashboard(self, number: int, cents: int | None) -> None:
        paid = self.world.does(self.world.paid())
        if not paid:
            return
        try:
            self.world.does(self.world.stripe.refund_in_dashboard(self._one(paid, number)["payment_intent"], cents))
        except ValueError:
            return  # there is nothing left of it
        self._did("refunds in the dashboard")

    @precondition(_some_held)
    @rule(number=some)
    def refund_fails(self, number: int) -> None:
        made = [one for one in self.world.does(self.world.refunds()) if one["status"] == "succeeded"]
        if made:
            self.world.does(self.world.stripe.fail_refund(self._one(made, number)["id"]))
            self._did("refunds that failed")

    @precondition(_some_held)
    @rule(number=some)
    def payer_disputes(self, number: int) -> None:
        paid = self.world.does(self.world.paid())
        if paid:
            intent = self._one(paid, number)["payment_intent"]
            if intent not in self.world.told.disputed:
                self.world.told.disputed.append(intent)
                made = self.world.does(self.world.stripe.dispute(intent))
                self.world.told.disputes.append(made["id"])
                self._did("disputes")

    @precondition(_some_dispute)
    @rule(number=some, outcome=st.sampled_from(("won", "lost", "reinstated")), soon=SOON)
    def bank_decides(self, number: int, outcome: str, soon: bool) -> None:
        try:
            self.world.does(self.world.stripe.decide_dispute(self._one(self.world.told.disputes, number), outcome))
        except ValueError:
            return
        self._did(f"disputes {outcome}")
        if soon:
            self.worker_works(None)

    @precondition(_some_dispute)
    @rule(number=some, bearer=st.sampled_from(("shop", "platform")))
    def admin_decides(self, number: int, bearer: str) -> None:
        dispute = self._one(self.world.told.disputes, number)
        status, _ = self.world.does(
            self.world.asks(self.world.admin, "POST", f"/admin/disputes/{dispute}/decide", {"borne_by": bearer})
        )
        self._did(f"decisions answered {status}")

    @precondition(_some_account)
    @rule(shop=st.integers(0, 1))
    def pays_out(self, shop: int) -> None:
        account = self.world.shops[shop].account
        if account is not None:
            try:
                made = self.world.does(self.world.stripe.pay_out(account))
            except ValueError:
                return
            self.world.told.payouts.append((made["id"], account))
            self._did("payouts")

    @precondition(_some_payout)
    @rule(payout=some, how=st.sampled_from(("paid", "failed", "canceled")))
    def ends_payout(self, payout: int, how: str) -> None:
        id, account = self._one(self.world.told.payouts, payout)
        try:
            self.world.does(self.world.stripe.end_payout(id, how, account))
        except ValueError:
            return
        self._did(f"payouts {how}")

    @rule(operation=st.sampled_from(OPERATIONS), mode=st.sampled_from(MODES), times=st.sampled_from((1, 3, 6)))
    def stripe_fails(self, operation: str, mode: str, times: int) -> None:
        if mode == "lacks_funds" and operation not in MONEY_LACKS:
            mode = "drop_reply"
        self.world.does(self.world.stripe.fault(operation, mode, times=times))

    @rule(mode=st.sampled_from(("hold", "duplicate", "shuffle", "release")))
    def events_come(self, mode: str) -> None:
        self.world.does(self.world.stripe.webhooks(mode, seed=self.chance.getrandbits(16)))

    # --- Time and the worker

    @rule(hours=st.sampled_from((0.2, 1, 25)))
    def hours_pass(self, hours: float) -> None:
        """Some time passes; after a day Stripe does not know any key."""
        self.world.does(self.world.passes(timedelta(hours=hours)))
        if hours > 24:
            self.world.does(self.world.stripe.forget_idempotency_keys())

    @rule(lives=LIVES)
    def worker_works(self, lives: int | None) -> None:
        self.world.does(self.world.works(self.chance, lives))

    @rule(nights=st.integers(1, 5), lives=LIVES)
    def nights_pass(self, nights: int, lives: int | None) -> None:
        for _ in range(nights):
            self.world.does(self.world.night_comes())
            self.world.does(self.world.works(self.chance))
            self.world.does(self.world.works_at_night(lives))
        self._did("nights")

    @rule()
    def rests(self) -> None:
        """Stripe works and tells everything, and the worker runs."""
        self._rests()
        self._holds(settled=False)
        self._did("rests")

    def _rests(self) -> None:
        world = self.world
        for _ in range(2):
            world.does(world.calms_down())
            world.does(world.passes(LEASE))
            world.does(world.works(self.chance))
        world.does(world.calms_down())

    def _holds(self, *, settled: bool) -> None:
        found = self.world.does(violations(self.world, settled=settled))
        assert not found, "\n".join(found)

    def teardown(self) -> None:
        """Let everything come to an end: nobody does anything any more, and the nights pass."""
        world = self.world
        if not world.told.lots:
            return
        for dispute in world.told.disputes:
            with suppress(ValueError):
                world.does(world.stripe.decide_dispute(dispute, "won"))
        self._rests()
        world.does(world.stripe.forget_idempotency_keys())
        for _ in range(NIGHTS_UNTIL_SETTLED):
            world.does(world.night_comes())
            self._rests()
            world.does(world.works_at_night())
        self._did("acts of people", world.does(_people_act(world)))
        world.does(world.passes(timedelta(days=35)))
        for _ in range(3):
            world.does(world.night_comes())
            self._rests()
            world.does(world.works_at_night())
        self._rests()
        self._holds(settled=True)
        self._did("histories")
        self._did("grants", world.does(world.sql.fetchval("select count(*) from accounting.grants")))
        for entry in world.does(world.paid()):
            self._did("payments")
            self._did(
                f"payments refunded {'wholly' if entry['refunded_cents'] == entry['charged_cents'] else 'partly'}"
                if entry["refunded_cents"]
                else "payments kept"
            )


# What a person must refund in Stripe's dashboard, because Stripe refused our refund, or it failed later.
GIVEN_UP = """
    select p.stripe_payment_intent as intent,
           coalesce(p.refund_cents, p.amount_cents) - p.refunded_cents - p.disputed_cents as cents
    from app.payments p where p.status = 'refund_due' and p.refusals > 0
union all
    select b.stripe_payment_intent, b.refunded_cents + b.disputed_cents - c.refunded_cents - c.disputed_cents
    from accounting.payments b join accounting.current_payments c on c.payment_id = b.payment_id
    where c.refunded_cents + c.disputed_cents < b.refunded_cents + b.disputed_cents
"""


async def _people_act(world: World) -> int:
    """Do what is left to people: decide reports, fund refunds that wait, refund what was given up. Returns how much."""
    for report, _ in world.told.reports:  # the lot of a report that nobody decided is not closed
        body = {"outcome": "sorry", "text": "Rien n'a pu être établi."}
        await world.asks(world.admin, "POST", f"/problem-reports/{report}/decide", body)
    waiting = [refund for refund in await world.refunds() if refund["status"] == "pending"]
    for refund in waiting:
        await world.stripe.complete_refund(refund["id"])
    given_up = await world.sql.fetch(GIVEN_UP)
    for row in given_up:
        with suppress(ValueError):  # the payer has the money already, by a dispute
            await world.stripe.refund_in_dashboard(row["intent"], row["cents"])
    return len(waiting) + len(given_up)


def live(
    world: World, *, histories: int, steps: int, seed: int, shrink: bool = True, kills: bool = False
) -> dict[str, int]:
    """Let random histories happen, and return how often what happened. Raises AssertionError with the shortest one.

    kills: processes are killed, too, which never happens twice at the same moment. So these are not shortened.
    """
    from hypothesis import seed as seeded

    happened: dict[str, int] = {}
    machine = seeded(seed)(type("History", (History,), {"world": world, "happened": happened, "kills": kills}))
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=histories + 1,  # the first is always the simplest one, in which nothing happens
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=False,
                print_blob=False,
                verbosity=Verbosity.normal,
                phases=(Phase.generate, Phase.shrink) if shrink and not kills else (Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
    except FlakyFailure as failure:  # it did not fail again, because processes died at another moment
        told = "\n".join(str(one) for one in failure.exceptions)
        again = AssertionError(f"this happened once, and not when it was repeated:\n{told}")
        for note in getattr(failure, "__notes__", []):
            again.add_note(note)
        raise again from failure
    return happened
