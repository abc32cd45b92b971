"""Stripe's events: signed and recent ones are stored, and the outcome does not depend on how they are delivered."""

import json
import time

import pytest

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
