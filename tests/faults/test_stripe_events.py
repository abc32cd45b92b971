"""Stripe's events: signed and recent ones are stored, and the outcome does not depend on how they are delivered."""

import json
import time
from typing import Any

import pytest

from backend.main import STRIPE_LOOKS
from scripts.stand_ins.stripe.webhooks import signature
from tests.faults.test_paying import minutes_pass, settled
from tests.town import Reservation, Town

pytestmark = pytest.mark.usefixtures("short_pauses")


class Story:
    """Six customers of one lot, each with a different course; the order and loss of Stripe's events must not matter."""

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
        # The payment intent is not cancelled at Stripe yet.
        assert (await town.stripe.pay(self.holds["cancels and pays"].client_secret))["status"] == "succeeded"

    async def outcome(self) -> dict[str, tuple[str, int, int]]:
        return {
            course: (await self.town.status_of(hold), *await self.town.money(hold))
            for course, hold in self.holds.items()
        }


@pytest.mark.parametrize("mode", ["release", "duplicate", "shuffle", "hold", "lost"])
async def test_the_outcome_does_not_depend_on_how_events_are_delivered(shop_town: Town, mode: str) -> None:
    """`hold`: all events arrive after the reconciling job has run; `lost`: no event ever arrives."""
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


async def test_control_without_events_and_reconciling_the_outcome_is_wrong(
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


async def test_only_recently_signed_events_are_stored(shop_town: Town) -> None:
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

    # Signed by Stripe, but its claim is false: it only makes us fetch the payment intent's real state.
    for _ in range(2):
        assert await post_event(town, body, signature(text, secret, now)) == 204
    assert await town.value("select count(*) from app.stripe_events") == 1
    await town.worker_runs()
    assert (await town.status_of(reservation), await town.money(reservation)) == ("held", (0, 0))


async def waiting_jobs(town: Town, task: str) -> list[dict[str, Any]]:
    rows = await town.rows("select args::text from jobs.procrastinate_jobs where task_name = $1 order by id", task)
    return [json.loads(row["args"]) for row in rows]


async def test_an_event_queues_its_jobs_and_unknown_ones_are_stored(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shop_town
    monkeypatch.setitem(STRIPE_LOOKS, "payout.paid", ("payouts.look_at_payout",))
    monkeypatch.setitem(STRIPE_LOOKS, "v2.core.account.closed", ("payouts.look_at_account",))
    account = {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}
    payout = {"data": {"object": {"id": "po_1", "object": "payout"}}, "account": "acct_1"}
    intent = {"data": {"object": {"id": "pi_1", "object": "payment_intent"}}}
    now, stripe = int(time.time()), town.stripe
    for id, kind, more, secret in (
        ("evt_1", "payout.paid", payout, stripe.connect_webhook_secret),
        ("evt_1", "payout.paid", payout, stripe.connect_webhook_secret),
        ("evt_2", "v2.core.account.closed", {"related_object": account}, stripe.thin_webhook_secret),
        ("evt_3", "product.created", intent, stripe.webhook_secret),
    ):
        thing = "v2.core.event" if kind.startswith("v2.") else "event"
        body = json.dumps({"id": id, "object": thing, "type": kind, **more})
        assert await post_event(town, body.encode(), signature(body, secret, now)) == 204
    assert await waiting_jobs(town, "payouts.look_at_payout") == [{"object_id": "po_1", "account": "acct_1"}]
    assert await waiting_jobs(town, "payouts.look_at_account") == [{"object_id": "acct_1", "account": None}]
    assert await waiting_jobs(town, "payments.look_at_intent") == []
    kept = await town.rows("select id, type, object_id, account from app.stripe_events order by id")
    assert [tuple(row) for row in kept] == [
        ("evt_1", "payout.paid", "po_1", "acct_1"),
        ("evt_2", "v2.core.account.closed", "acct_1", None),
        ("evt_3", "product.created", "pi_1", None),
    ]


async def test_a_payment_at_a_connected_account_is_not_looked_at(shop_town: Town) -> None:
    town, now = shop_town, int(time.time())
    event = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "account": "acct_1"}
    body = json.dumps({**event, "data": {"object": {"id": "pi_1", "object": "payment_intent"}}})
    assert await post_event(town, body.encode(), signature(body, town.stripe.connect_webhook_secret, now)) == 204
    assert await waiting_jobs(town, "payments.look_at_intent") == []


async def test_a_server_without_a_webhook_secret_accepts_no_event(
    shop_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shop_town
    body = b"{}"
    known = town._served._app.state.stripe  # type: ignore[union-attr]
    monkeypatch.setattr(known, "_webhook_secrets", ())
    for header in (
        signature("{}", "", int(time.time())),
        signature("{}", town.stripe.webhook_secret, int(time.time())),
    ):
        assert await post_event(town, body, header) == 404


async def test_events_of_accounts_and_payouts_reach_the_shop(shop_town: Town) -> None:
    """Thin events and those of connected accounts are signed with secrets of their own."""
    town = shop_town
    sophie = await town.a_merchant()
    shop = await town.a_shop(sophie)
    link = await sophie.posts(f"/shops/{shop.id}/payout-account")
    account = await town.value("select stripe_account from app.payout_accounts where shop_id = $1", shop.id)
    await town.stripe.webhooks("duplicate")
    await town.stripe.onboard(link["url"])
    await town.stripe.top_up(351, account)
    payout = await town.stripe.pay_out(account)
    await town.stripe.end_payout(payout["id"], "paid", account)
    await town.stripe.webhooks_quiet()
    await settled(town)
    assert (await sophie.gets(f"/shops/{shop.id}/payout-account"))["state"] == "active"
    rows = await town.rows("select id, cents, status from accounting.payouts")
    assert [tuple(row) for row in rows] == [(payout["id"], 351, "paid")]
    kinds = {row["type"] for row in await town.rows("select type from app.stripe_events")}
    assert {"v2.core.account[requirements].updated", "account.updated", "payout.paid"} <= kinds
