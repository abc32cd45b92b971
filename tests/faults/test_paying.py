"""Paying while Stripe, the webhooks or the way to them fail: one charge for one reservation, or none for none."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from backend.settings import settings
from backend.stripe.client import PaymentRefused, Stripe, stripe_of
from scripts.stand_ins.stripe.webhooks import signature
from tests.town import Reservation, Town
from tests.town.databases import API

REAL_CLOCK = """
    create or replace function app.clock() returns timestamptz language sql stable parallel safe as $$ select now() $$
"""
OPEN = "('intended', 'pending', 'cancel_due', 'refund_due')"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.fixture
async def shop_town(lasting_town: Town) -> AsyncIterator[Town]:
    """A town that hears what a test says to Stripe; afterwards it is as if nothing had happened there."""
    town = lasting_town
    await town.is_served()
    yield town
    await town.stripe.no_faults()
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.changes("set session_replication_role = replica")  # what is written once may not be emptied
    await town.changes("truncate app.reservations, app.lots, app.stripe_events, jobs.procrastinate_jobs cascade")
    await town.changes("set session_replication_role = origin")
    await town.changes(REAL_CLOCK)


async def settled(town: Town) -> None:
    """The clock has passed every wait; the worker has done everything; nothing is open and the stock is exact."""
    await town.worker_runs()
    assert await town.rows(f"select status from app.payments where status in {OPEN}") == []  # noqa: S608 - our words
    assert await town.stock_is_exact()


async def minutes_pass(town: Town, minutes: float) -> None:
    await town.clock(await town.now() + timedelta(minutes=minutes))


async def intents(town: Town) -> list[dict[str, Any]]:
    """What the stand-in knows of this town's payments; its books are those of the whole run."""
    ours = {str(row["id"]) for row in await town.rows("select id from app.payments")}
    return [p for p in (await town.stripe.ledger())["payments"] if p["metadata"].get("payment_id") in ours]


# --- Stripe does not answer


@pytest.mark.parametrize(
    ("mode", "times"), [("drop_before", 3), ("drop_reply", 3), ("error_500_kept", 1), ("rate_limit", 9)]
)
async def test_when_stripe_fails_the_same_key_succeeds_later(shop_town: Town, mode: str, times: int) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.fault("payment_intents.create", mode, times=times)

    refusal = await marc.tries_to_reserve(lot, 2, key="the same")

    assert (refusal.status, refusal.code) == (503, "payment.unavailable")
    assert int(refusal.headers["Retry-After"]) > 0
    await town.stripe.no_faults()
    if mode == "error_500_kept":  # that 500 is Stripe's answer to this key for a day
        await town.stripe.forget_idempotency_keys()
    reservation = await marc.reserves(lot, 2, key="the same")
    assert (reservation.status, await town.left(lot)) == ("held", 1)
    assert await town.value("select count(*) from app.payments") == 1
    if mode != "error_500_kept":
        assert len(await intents(town)) == 1
    assert (await marc.pays(reservation)).status == "confirmed"
    assert await town.money(reservation) == (800, 0)


async def test_a_hold_that_lapsed_before_stripe_answered_is_not_taken_up_again(shop_town: Town) -> None:
    """Days later Stripe has forgotten the key too: taking it up would make a payment that nobody ever gives up."""
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "drop_before", times=3)
    await marc.tries_to_reserve(lot, key="too late")
    await town.stripe.no_faults()
    await minutes_pass(town, 11)

    assert (await marc.tries_to_reserve(lot, key="too late")).code == "reservation.over"
    await settled(town)
    await town.stripe.forget_idempotency_keys()
    assert (await marc.tries_to_reserve(lot, key="too late")).code == "reservation.over"

    assert {p["status"] for p in await intents(town)} == {"canceled"}
    assert (await marc.reserves(lot, key="another")).status == "held"


async def test_a_payment_that_stripe_made_and_answers_500_for_a_day_is_found_and_given_up(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "error_500_kept")
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await settled(town)
    assert [p["status"] for p in await intents(town)] == ["canceled"]


async def test_a_payment_that_stripe_never_makes_is_closed_once_its_search_would_show_it(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "error_500", times=1000)
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await town.worker_runs()
    assert await town.value("select status from app.payments") == "cancel_due", "it may not be in the search yet"
    await town.changes("update app.payments set created_at = created_at - interval '6 minutes'")
    await minutes_pass(town, 1)
    await settled(town)
    assert await intents(town) == []

    # Should Stripe make it all the same, for an API that still waited, it is given up after all.
    await town.stripe.no_faults()
    payment = await town.value("select p from app.payments p")
    client = stripe_of(settings())
    made = await client.create_payment_intent(payment["id"], payment["reservation_id"], payment["amount_cents"])
    await client.aclose()
    async with town.copy.connection(API) as api:
        await api.fetchval("select app.payment_opened($1, $2, $3, 'gone', '{}')", payment["id"], made.id, marc.id)
    await minutes_pass(town, 1)
    await settled(town)
    assert [p["status"] for p in await intents(town)] == ["canceled"]


async def test_a_payment_that_stripe_refuses_to_make_is_closed_after_its_hold(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()

    async def refused(*_: object) -> None:
        raise PaymentRefused("create a payment intent", 400, "amount_too_small", None)

    monkeypatch.setattr(Stripe, "create_payment_intent", refused)
    assert (await marc.tries_to_reserve(lot)).code == "payment.unavailable"
    await minutes_pass(town, 11)
    await town.worker_runs()
    assert await town.value("select status from app.payments") == "cancel_due"
    await town.changes("update app.payments set created_at = created_at - interval '6 minutes'")
    await minutes_pass(town, 1)

    await settled(town)

    assert await town.value("select status from app.payments") == "cancelled"


# --- one key


async def test_one_key_sent_fifty_times_at_once(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=60), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "slow", seconds=0.3)

    answers = await asyncio.gather(*(marc.sends_reservation(lot, 2, key="once") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await town.left(lot) == 58
    assert len(await intents(town)) == 1


async def test_the_control_fifty_keys_make_fifty_reservations(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=60), await town.a_customer()
    answers = await asyncio.gather(*(marc.sends_reservation(lot, key=f"key {n}") for n in range(50)))
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert await town.left(lot) == 10
    assert len(await intents(town)) == 50


async def test_who_repeats_a_key_waits_for_the_first_and_takes_over_from_the_dead(shop_town: Town) -> None:
    """The state that a killed API leaves: a hold, no answer, and a claim that is still running."""
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.fault("payment_intents.create", "drop_reply", times=3)
    await marc.tries_to_reserve(lot, key="taken over")
    await town.stripe.no_faults()
    await town.changes("update app.idempotency_keys set busy_until = now() + interval '30 seconds'")

    again = asyncio.ensure_future(marc.reserves(lot, key="taken over"))
    done, _ = await asyncio.wait([again], timeout=0.3)
    assert not done, "the first may still be at work"
    await town.changes("update app.idempotency_keys set busy_until = now()")

    reservation = await again
    assert reservation.status == "held"
    assert (await town.left(lot), len(await intents(town))) == (2, 1)


async def test_who_was_so_slow_that_somebody_took_over_gives_the_answer_that_was_given(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=3), await town.a_customer()
    await town.stripe.webhooks("hold")
    first = await marc.sends_reservation(lot, key="slow")
    await town.stripe.pay(first.json()["payment"]["client_secret"])
    await town.stripe.webhooks("release")
    await town.stripe.webhooks_quiet()
    await town.worker_runs()

    async with town.copy.connection(API) as api:
        late = await api.fetchrow(
            "select * from app.payment_opened($1, $2, $3, 'slow', 'sealed anew')",
            await town.value("select id from app.payments"),
            first.json()["payment"]["payment_intent"],
            marc.id,
        )

    assert late is not None
    assert json.loads(late["body"])["status"] == "held", "as it was told first, though it is confirmed by now"
    assert (await marc.sends_reservation(lot, key="slow")).content == first.content
    assert await town.value("select status from app.payments") == "succeeded"


# --- payments that come late, or wrong


async def test_a_payment_made_after_the_hold_lapsed_is_given_back(shop_town: Town) -> None:
    town = shop_town
    lot, marc, nora = await town.a_lot(left=1), await town.a_customer(), await town.a_customer("Nora")
    late = await marc.reserves(lot)
    await minutes_pass(town, 11)
    async with town.copy.connection("ecopanier_worker") as worker:
        await worker.fetchval("select app.lapse_holds(10)")
    taken = await nora.reserves(lot)
    assert (await town.stripe.pay(late.client_secret))["status"] == "succeeded"  # Stripe has not been told yet

    await town.stripe.webhooks_quiet()
    await settled_but_for(town, taken)

    assert (await town.status_of(late), await town.money(late)) == ("expired", (400, 400))
    assert (await nora.pays(taken)).status == "confirmed"


async def settled_but_for(town: Town, held: Reservation) -> None:
    await town.worker_runs()
    still = await town.rows(f"select reservation_id from app.payments where status in {OPEN}")  # noqa: S608 - our words
    assert [row["reservation_id"] for row in still] == [held.id]


async def test_a_payment_that_is_heard_of_after_the_window_is_given_back(shop_town: Town) -> None:
    """Without a confirmation there was no pass, so nothing was collected."""
    town = shop_town
    lot = await town.a_lot(left=1, opens_in=timedelta(minutes=-30), lasts=timedelta(hours=1))
    marc = await town.a_customer()
    await town.stripe.webhooks("hold")
    reservation = await marc.reserves(lot)
    await town.stripe.pay(reservation.client_secret)
    await minutes_pass(town, 45)
    async with town.copy.connection("ecopanier_worker") as worker:
        await worker.fetchval(
            "select app.settle_payment(id, stripe_payment_intent, 'succeeded', amount_cents) from app.payments"
        )
    await settled(town)
    assert (await town.status_of(reservation), await town.money(reservation)) == ("expired", (400, 400))


@pytest.mark.parametrize("expected_cents", [399, 401])
async def test_another_amount_than_the_price_is_given_back(shop_town: Town, expected_cents: int) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1, price_cents=400), await town.a_customer()
    reservation = await marc.reserves(lot)
    await town.changes("update app.payments set amount_cents = $1", expected_cents)
    await marc.pays(reservation)
    await settled(town)
    assert (await town.status_of(reservation), await town.money(reservation)) == ("expired", (400, 400))
    assert await town.left(lot) == 1


async def test_a_declined_card_leaves_the_hold_and_another_card_pays(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    reservation = await marc.reserves(lot)
    assert (await marc.pays(reservation, card="pm_card_chargeDeclined")).status == "held"
    assert (await marc.pays(reservation)).status == "confirmed"
    assert await town.money(reservation) == (400, 0)


@pytest.mark.parametrize("ends", ["lapses", "is cancelled", "is withdrawn"])
async def test_a_payment_still_under_way_when_its_hold_ends_is_not_kept(shop_town: Town, ends: str) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    reservation = await marc.reserves(lot)
    await town.stripe.fault("payment_intents.confirm", "processing", seconds=0.2)
    assert (await town.stripe.pay(reservation.client_secret))["status"] == "processing"
    if ends == "lapses":
        await minutes_pass(town, 11)
    elif ends == "is cancelled":
        await marc.cancels(reservation)
    else:
        await lot.shop.merchant.withdraws(lot)
    async with asyncio.timeout(20):
        while await town.rows(f"select from app.payments where status in {OPEN}"):
            await town.worker_runs()
            await minutes_pass(town, 1)
    charged, returned = await town.money(reservation)
    assert charged == returned
    assert await town.stock_is_exact()


# --- webhooks


class Story:
    """Six customers of one lot, each with another course; what Stripe's events do on the way must not matter."""

    EXPECTED = {  # noqa: RUF012 - read only
        "pays": ("confirmed", 400, 0),
        "pays with the second card": ("confirmed", 400, 0),
        "pays and cancels": ("cancelled", 400, 400),
        "cancels": ("cancelled", 0, 0),
        "cancels and pays": ("cancelled", 400, 400),
        "leaves": ("expired", 0, 0),
    }

    def __init__(self, town: Town) -> None:
        self.town = town
        self.holds: dict[str, Reservation] = {}

    async def happens(self) -> None:
        town, lot = self.town, await self.town.a_lot(left=20)
        people = {course: await town.a_customer(course) for course in self.EXPECTED}
        for course, customer in people.items():
            self.holds[course] = await customer.reserves(lot)
        await town.stripe.pay(self.holds["pays with the second card"].client_secret, "pm_card_chargeDeclined")
        for course in ("pays", "pays with the second card", "pays and cancels"):
            assert (await town.stripe.pay(self.holds[course].client_secret))["status"] == "succeeded"
        for course in ("pays and cancels", "cancels", "cancels and pays"):
            await people[course].cancels(self.holds[course])
        # Stripe has not been told of the cancellation yet.
        assert (await town.stripe.pay(self.holds["cancels and pays"].client_secret))["status"] == "succeeded"

    async def outcome(self) -> dict[str, tuple[str, int, int]]:
        return {
            course: (await self.town.status_of(hold), *await self.town.money(hold))
            for course, hold in self.holds.items()
        }


@pytest.mark.parametrize("mode", ["release", "duplicate", "shuffle", "hold", "lost"])
async def test_however_events_come_the_end_is_the_same(shop_town: Town, mode: str) -> None:
    """`hold`: all of them come after the reconciling job has been there; `lost`: none ever comes."""
    town, story = shop_town, Story(shop_town)
    await town.stripe.webhooks("hold" if mode == "lost" else mode, seed=1)
    await story.happens()
    if mode not in ("hold", "lost"):
        await town.stripe.webhooks_quiet()
        await town.worker_runs()
    await minutes_pass(town, 5)
    await town.worker_runs()
    await minutes_pass(town, 6)
    await settled(town)
    assert await story.outcome() == Story.EXPECTED
    if mode == "hold":
        await town.stripe.webhooks("shuffle", seed=2)
        await town.stripe.webhooks_quiet()
        await settled(town)
        assert await story.outcome() == Story.EXPECTED


async def test_the_control_without_events_and_without_reconciling_the_money_is_wrong(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(work: object) -> int:
        return 0

    town, story = shop_town, Story(shop_town)
    monkeypatch.setattr("backend.payments.jobs.reconcile", nothing)
    await town.stripe.webhooks("hold")
    await story.happens()
    await minutes_pass(town, 5)
    await town.worker_runs()
    assert (await story.outcome())["pays"] == ("held", 400, 0)


async def post_event(town: Town, body: bytes, header: str | None) -> int:
    headers = {"Content-Type": "application/json", **({"Stripe-Signature": header} if header is not None else {})}
    return (await town.request("POST", "/v1/stripe/webhook", content=body, headers=headers)).status_code


async def test_only_what_stripe_signed_just_now_is_stored(shop_town: Town) -> None:
    town = shop_town
    lot, marc = await town.a_lot(left=1), await town.a_customer()
    await town.stripe.webhooks("hold")
    reservation = await marc.reserves(lot)
    intent = reservation.client_secret.partition("_secret_")[0]
    event = {"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded"}
    body = json.dumps({**event, "data": {"object": {"id": intent, "object": "payment_intent"}}}).encode()
    secret, now = town.stripe.webhook_secret, int(time.time())

    text = body.decode()
    for forged in (
        None,
        "",
        signature(text, "whsec_guessed", now),
        signature(text + " ", secret, now),
        signature(text, secret, now - 301),
        signature(text, secret, now + 60),
    ):
        assert await post_event(town, body, forged) == 400
    assert await town.value("select count(*) from app.stripe_events") == 0
    assert (
        await town.value("select count(*) from jobs.procrastinate_jobs where task_name = 'payments.look_at_intent'")
        == 0
    )

    # Signed by Stripe, but claiming what is not so: believed as a hint, and looked up.
    for _ in range(2):
        assert await post_event(town, body, signature(text, secret, now)) == 204
    assert await town.value("select count(*) from app.stripe_events") == 1
    await town.worker_runs()
    assert (await town.status_of(reservation), await town.money(reservation)) == ("held", (0, 0))


async def test_a_server_without_a_webhook_secret_takes_no_event(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shop_town
    body = b"{}"
    known = town._served._app.state.stripe  # type: ignore[union-attr]
    monkeypatch.setattr(known, "_webhook_secret", "")
    for header in (
        signature("{}", "", int(time.time())),
        signature("{}", town.stripe.webhook_secret, int(time.time())),
    ):
        assert await post_event(town, body, header) == 404
