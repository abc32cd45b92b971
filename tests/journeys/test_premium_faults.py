"""Premium under races and faults: two tabs at once, lost answers, a killed process, answers that overtake others."""

import asyncio
from typing import Any

import pytest
import stripe

from backend import worker
from backend.database.sessions import call
from backend.settings import settings
from backend.stripe.client import Stripe
from backend.subscriptions.looking import look
from tests.journeys.test_premium import a_page, a_shopkeeper, customer_of, events_arrive, posted, state, subscribes
from tests.races.test_counter import rewrite_function
from tests.town import Town


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_two_tabs_subscribe_once(town: Town, protected: bool) -> None:
    sophie = await a_shopkeeper(town)
    if not protected:
        await rewrite_function(town, "begin_subscription", "if own.page_id is null then", "if true then")

    pages = await asyncio.gather(*(sophie.asks("POST", "/subscriptions") for _ in range(4)))
    urls = {page.json()["url"] for page in pages if page.is_success}
    for url in urls:
        await town.stripe.pay_on_page(url)
    await events_arrive(town)

    client = Stripe(api_key=town.stripe.api_key, api_base=town.stripe.base_url)
    running = await client.subscriptions_of(await customer_of(town, sophie))
    await client.aclose()
    if protected:
        assert (len(urls), len(running)) == (1, 1)
        assert await posted(town) == {"stripe": 2399, "subscriptions": -1999, "vat": -400}
    else:
        assert len(urls) + len([page for page in pages if not page.is_success]) > 1


@pytest.mark.parametrize("fault", ["drop_reply", "error_500_kept", "drop_before"])
@pytest.mark.parametrize("operation", ["customers.create", "checkout_sessions.create"])
async def test_a_lost_answer_of_stripe_leads_to_the_same_page(town: Town, operation: str, fault: str) -> None:
    sophie = await a_shopkeeper(town)
    await town.stripe.fault(operation, fault, times=1 if fault == "error_500_kept" else 3)
    first = await sophie.asks("POST", "/subscriptions")
    await town.stripe.no_faults()
    if fault == "error_500_kept":  # the key answers 500 for a day; then the page of that day is over
        assert first.status_code == 503
        await town.stripe.forget_idempotency_keys()

    assert await town.stripe.pay_on_page(await a_page(sophie)) == 303
    await events_arrive(town)

    assert await state(sophie) == ("active", True)
    assert (await posted(town))["stripe"] == 2399


@pytest.mark.parametrize("killed_at", ["subscription_customer", "subscription_page_made"])
async def test_a_process_killed_between_two_calls_leaves_one_page(
    town: Town, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    sophie = await a_shopkeeper(town)

    async def dies(session: Any, act: str, **arguments: Any) -> Any:
        if act == killed_at:
            raise OSError("killed")
        return await call(session, act, **arguments)

    monkeypatch.setattr("backend.subscriptions.actions.call", dies)
    assert not (await sophie.asks("POST", "/subscriptions")).is_success
    monkeypatch.setattr("backend.subscriptions.actions.call", call)

    await subscribes(town, sophie)

    async with worker.working(settings()) as (work, _):
        assert len(await work.stripe.subscriptions_of(await customer_of(town, sophie))) == 1
    assert await state(sophie) == ("active", True)
    assert (await posted(town))["stripe"] == 2399


@pytest.mark.parametrize("protected", [True, False], ids=["protected", "control"])
async def test_an_older_state_never_replaces_a_newer_one(
    town: Town, monkeypatch: pytest.MonkeyPatch, protected: bool
) -> None:
    sophie = await a_shopkeeper(town)
    subscription = await subscribes(town, sophie)
    customer = await customer_of(town, sophie)
    if not protected:
        await rewrite_function(town, "subscription_seen", "before.version <> expected", "false")
    asks = Stripe.subscriptions_of
    slow = True

    async def answers_late(client: Stripe, wanted: str) -> Any:
        nonlocal slow
        found = await asks(client, wanted)
        if slow:  # meanwhile it ends, and somebody else notes that
            slow = False
            await town.stripe.change_subscription(subscription, "cancel")
            async with worker.working(settings()) as (work, _):
                await look(work.acts, work.stripe, customer)
        return found

    monkeypatch.setattr(Stripe, "subscriptions_of", answers_late)
    async with worker.working(settings()) as (work, _):
        await look(work.acts, work.stripe, customer)

    assert await state(sophie) == (("canceled", False) if protected else ("active", True))
