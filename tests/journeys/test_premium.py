"""Premium: merchants subscribe once on Stripe's page, and the state is Stripe's, whatever its events do."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import stripe

from backend import worker
from backend.ledger.check import read_balance
from backend.settings import settings
from backend.stripe.client import Stripe
from backend.subscriptions import jobs
from tests.journeys.test_export import copy_of
from tests.town import Merchant, Person, Town, refused
from tests.town.answers import refusal_in

LINES = (
    "select a.kind, sum(l.cents)::int as cents from accounting.lines l"
    " join accounting.ledger_accounts a on a.id = l.account_id where a.book = 'platform' group by a.kind having"
    " sum(l.cents) <> 0"
)
DECLINED = "pm_card_chargeDeclined"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    monkeypatch.setattr(stripe.HTTPClient, "MAX_DELAY", 0.05)


async def events_arrive(town: Town) -> None:
    """Let Stripe's events come, and the jobs that they queue run."""
    await town.stripe.webhooks_quiet()
    await town.worker_runs()


async def a_page(merchant: Merchant) -> str:
    """Return the address of the page on which a merchant subscribes."""
    return str((await merchant.posts("/subscriptions"))["url"])


async def subscribes(town: Town, merchant: Merchant) -> str:
    """Subscribe on Stripe's page; return Stripe's id of the subscription."""
    assert await town.stripe.pay_on_page(await a_page(merchant)) == 303
    await events_arrive(town)
    return str(await town.value("select subscription from app.subscriptions where account_id = $1", merchant.id))


async def a_shopkeeper(town: Town, name: str = "Sophie") -> Merchant:
    merchant = await town.a_merchant(name)
    await town.a_shop(merchant)
    return merchant


async def at_stripe(town: Town, customer: str) -> dict[str, Any]:
    """Return what Stripe shows of a customer."""
    async with httpx2.AsyncClient(auth=(town.stripe.api_key, ""), trust_env=False) as client:
        found: dict[str, Any] = (await client.get(f"{town.stripe.base_url}/v1/customers/{customer}")).json()
        return found


async def state(person: Person) -> tuple[str, bool]:
    found = await person.gets("/subscriptions/me")
    return found["status"], found["entitled"]


async def posted(town: Town) -> dict[str, int]:
    """Return what each account of the ledger holds."""
    return {row["kind"]: row["cents"] for row in await town.rows(LINES)}


async def told(town: Town, person: Person) -> list[str]:
    rows = await town.rows("select event from app.notices where account_id = $1 order by id", person.id)
    return [row["event"] for row in rows]


async def customer_of(town: Town, merchant: Merchant) -> str:
    return str(await town.value("select customer from app.subscriptions where account_id = $1", merchant.id))


async def test_a_customer_that_stripe_does_not_know_manages_nothing(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await a_page(sophie)
    await town.changes("update app.subscriptions set customer = 'cus_gone'")
    assert (await refused(sophie.posts("/subscriptions/portal"))).code == "premium.not_begun"


async def test_a_merchant_subscribes_and_the_month_is_in_the_ledger(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    before = await sophie.gets("/subscriptions/me")
    assert (before["status"], before["entitled"], before["managed"]) == ("none", False, False)
    assert (before["net_cents"], before["vat_cents"], before["total_cents"]) == (1999, 400, 2399)
    assert (await refused(sophie.posts("/subscriptions/portal"))).code == "premium.not_begun"

    page = await a_page(sophie)
    assert await a_page(sophie) == page  # the open one
    assert await town.stripe.pay_on_page(page, DECLINED) == 402
    assert await town.stripe.pay_on_page(page) == 303
    await events_arrive(town)

    found = await sophie.gets("/subscriptions/me")
    assert (found["status"], found["entitled"], found["total_cents"]) == ("active", True, 2399)
    assert found["period_ends_at"] is not None
    assert await posted(town) == {"stripe": 2399, "subscriptions": -1999, "vat": -400}
    assert (await refused(sophie.posts("/subscriptions"))).code == "premium.already"
    assert "/portal/" in (await sophie.posts("/subscriptions/portal"))["url"]
    period = (await town.rows("select * from accounting.billed_periods"))[0]
    assert period["shop_id"] == await town.value("select id from app.shops")
    assert period["intent"] is not None


async def test_only_merchants_with_a_shop_subscribe(town: Town) -> None:
    association, marc, amina = await town.an_association(), await town.a_customer(), await town.a_beneficiary()
    for person in (association, marc, amina):
        assert (await refused(person.posts("/subscriptions"))).code == "access.forbidden"
        assert (await refused(person.gets("/subscriptions/me"))).code == "access.forbidden"
        assert (await person.asks("POST", "/subscriptions/portal")).status_code in (403, 404)
    sophie = await town.a_merchant()
    assert (await refused(sophie.posts("/subscriptions"))).code == "premium.shop_needed"
    assert await town.value("select count(*) from app.subscriptions") == 0


async def test_a_subscription_cancelled_for_the_month_s_end_lasts_until_then(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    subscription = await subscribes(town, sophie)
    await town.stripe.change_subscription(subscription, "cancel_later")
    await events_arrive(town)

    found = await sophie.gets("/subscriptions/me")
    assert (found["status"], found["entitled"], found["cancels_at"]) == ("active", True, found["period_ends_at"])

    await town.stripe.renew(subscription)
    await events_arrive(town)
    assert await state(sophie) == ("canceled", False)
    assert await told(town, sophie) == ["premium_ended"]
    assert await posted(town) == {"stripe": 2399, "subscriptions": -1999, "vat": -400}

    again = await subscribes(town, sophie)
    assert again != subscription
    assert await state(sophie) == ("active", True)


async def test_an_unpaid_month_keeps_premium_for_seven_days(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    subscription = await subscribes(town, sophie)
    customer = await customer_of(town, sophie)
    await town.stripe.change_card(customer, DECLINED)
    await town.stripe.renew(subscription)
    await events_arrive(town)

    found = await sophie.gets("/subscriptions/me")
    assert (found["status"], found["entitled"]) == ("past_due", True)
    assert await told(town, sophie) == ["premium_payment_failed"]
    until = datetime.fromisoformat(found["unpaid_until"])
    await town.clock(until - timedelta(seconds=1))
    assert await state(sophie) == ("past_due", True)
    await town.clock(until)
    assert await state(sophie) == ("past_due", False)
    await town.stripe.retry_invoice(subscription)  # declined again: nobody is told twice
    await events_arrive(town)
    assert await told(town, sophie) == ["premium_payment_failed"]

    await town.stripe.change_card(customer, "pm_card_visa")
    await town.stripe.retry_invoice(subscription)
    await events_arrive(town)
    assert await state(sophie) == ("active", True)
    assert (await posted(town))["stripe"] == 2 * 2399


async def test_a_subscription_that_stripe_gives_up_ends(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    subscription = await subscribes(town, sophie)
    await town.stripe.change_card(await customer_of(town, sophie), DECLINED)
    await town.stripe.renew(subscription)
    await events_arrive(town)
    await town.stripe.change_subscription(subscription, "give_up")
    await events_arrive(town)

    assert await state(sophie) == ("canceled", False)
    facts = json.loads(await town.value("select facts from app.notices where event = 'premium_ended'"))
    assert facts == {"unpaid": True}
    assert (await posted(town))["stripe"] == 2399


@pytest.mark.parametrize("seed", range(3))
async def test_events_in_any_order_and_twice_end_in_what_stripe_says(town: Town, seed: int) -> None:
    sophie = await a_shopkeeper(town)
    await town.stripe.webhooks("shuffle" if seed else "duplicate", seed=seed)
    page = await a_page(sophie)
    assert await town.stripe.pay_on_page(page) == 303
    subscription = (await town.stripe.ledger())["payments"] and await _running(town, await customer_of(town, sophie))
    await town.stripe.change_subscription(subscription, "cancel_later")
    await town.stripe.change_subscription(subscription, "keep")
    await town.stripe.renew(subscription)
    await events_arrive(town)

    assert await state(sophie) == ("active", True)
    assert (await sophie.gets("/subscriptions/me"))["cancels_at"] is None
    assert await posted(town) == {"stripe": 2 * 2399, "subscriptions": -2 * 1999, "vat": -2 * 400}
    assert await town.value("select count(*) from accounting.postings where kind = 'subscription'") == 2


async def test_a_subscription_deleted_before_it_was_heard_of_entitles_nobody(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await town.stripe.webhooks("hold")
    assert await town.stripe.pay_on_page(await a_page(sophie)) == 303
    subscription = await _running(town, await customer_of(town, sophie))
    await town.stripe.change_subscription(subscription, "cancel")
    await town.stripe.webhooks("shuffle", seed=7)
    await events_arrive(town)

    assert await state(sophie) == ("canceled", False)
    assert await posted(town) == {"stripe": 2399, "subscriptions": -1999, "vat": -400}  # the month was paid


async def test_lost_events_are_found_by_looking_again(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await town.stripe.webhooks("hold")
    assert await town.stripe.pay_on_page(await a_page(sophie)) == 303
    await town.worker_runs()
    assert await state(sophie) == ("none", False)

    await town.changes("update app.subscriptions set looked_at = looked_at - interval '7 hours'")
    async with worker.working(settings()) as (work, _):
        assert await jobs.look_again(work) == 1
        assert await jobs.look_again(work) == 0

    assert await state(sophie) == ("active", True)
    assert await posted(town) == {"stripe": 2399, "subscriptions": -1999, "vat": -400}


async def test_paying_before_the_event_arrives_sells_no_second_subscription(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await town.stripe.webhooks("hold")
    assert await town.stripe.pay_on_page(await a_page(sophie)) == 303

    assert (await refused(sophie.posts("/subscriptions"))).code == "premium.already"
    assert await state(sophie) == ("active", True)


async def _running(town: Town, customer: str) -> str:
    """Return the only subscription of a customer that has not ended."""
    client = Stripe(api_key=town.stripe.api_key, api_base=town.stripe.base_url)
    try:
        (found,) = [one for one in await client.subscriptions_of(customer) if one.status not in ("canceled",)]
    finally:
        await client.aclose()
    return found.id


async def test_refunds_in_the_dashboard_give_back_net_and_vat(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await subscribes(town, sophie)
    intent = await town.value("select intent from accounting.billed_periods")

    await town.stripe.refund_in_dashboard(intent, 1000)
    await events_arrive(town)
    assert await posted(town) == {"stripe": 1399, "subscriptions": -1999 + 833, "vat": -400 + 167}
    last = await town.stripe.refund_in_dashboard(intent)
    await events_arrive(town)
    assert await posted(town) == {}
    await town.stripe.fail_refund(last["id"])
    await events_arrive(town)
    assert await posted(town) == {"stripe": 1399, "subscriptions": -1166, "vat": -233}
    async with worker.working(settings()) as (work, _):
        await jobs.look_again(work)
        await read_balance(work.acts, work.stripe)
    assert {name: cents for name, cents in (await posted(town)).items() if name in ("subscriptions", "vat")} == {
        "subscriptions": -1166,
        "vat": -233,
    }
    lines = await town.rows("select * from accounting.stripe_balance_transactions where intent = $1", intent)
    assert len(lines) == 4
    assert all(line["posting_id"] is not None for line in lines)


async def test_a_refund_that_failed_before_anybody_looked_is_posted_both_ways(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await subscribes(town, sophie)
    intent = await town.value("select intent from accounting.billed_periods")
    await town.stripe.webhooks("hold")
    failing = await town.stripe.refund_in_dashboard(intent)
    await town.stripe.fail_refund(failing["id"])
    await town.stripe.refund_in_dashboard(intent, 1000)
    await town.stripe.webhooks("release")
    await events_arrive(town)

    assert await posted(town) == {"stripe": 1399, "subscriptions": -1999 + 833, "vat": -400 + 167}
    async with worker.working(settings()) as (work, _):
        await read_balance(work.acts, work.stripe)
    lines = await town.rows("select * from accounting.stripe_balance_transactions where intent = $1", intent)
    assert len(lines) == 4
    assert all(line["posting_id"] is not None for line in lines)


async def test_an_admin_changes_the_price_for_who_subscribes_later(town: Town) -> None:
    sophie, paul = await a_shopkeeper(town), await a_shopkeeper(town, "Paul")
    await subscribes(town, sophie)
    await town.changes("update app.settings set value = 2500 where name = 'premium_cents'")

    await subscribes(town, paul)

    assert [(await person.gets("/subscriptions/me"))["total_cents"] for person in (sophie, paul)] == [2399, 3000]
    assert await posted(town) == {"stripe": 5399, "subscriptions": -4499, "vat": -900}


async def test_erasing_a_merchant_ends_the_subscription(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await subscribes(town, sophie)
    customer = await customer_of(town, sophie)
    files, _ = await copy_of(sophie)
    (exported,) = files["subscription"]
    assert (exported["status"], exported["customer"], exported["cents"]) == ("active", customer, 2399)

    answer = await sophie.asks("DELETE", "/me")
    assert answer.is_success, refusal_in(answer).code
    await events_arrive(town)
    await events_arrive(town)

    assert await town.value("select count(*) from app.subscriptions") == 0
    client = Stripe(api_key=town.stripe.api_key, api_base=town.stripe.base_url)
    assert [one.status for one in await client.subscriptions_of(customer)] == ["canceled"]
    await client.aclose()
    assert await at_stripe(town, customer) == {"id": customer, "object": "customer", "deleted": True}
    assert (await posted(town))["subscriptions"] == -1999  # the books stay, without a person
    columns = await town.rows("select * from accounting.billed_periods")
    assert str(sophie.id) not in str([dict(row) for row in columns])


async def test_deleting_the_customer_is_tried_again_until_stripe_answers(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    await subscribes(town, sophie)
    customer = await customer_of(town, sophie)
    await town.stripe.fault("customers.delete", "error_500", times=50)
    assert (await sophie.asks("DELETE", "/me")).is_success
    await events_arrive(town)
    assert (await at_stripe(town, customer))["email"] is not None
    assert await town.value("select count(*) from app.subscriptions") == 1

    await town.stripe.no_faults()
    await town.stripe.fault("customers.delete", "drop_reply")
    await town.clock(await town.now() + timedelta(hours=7))
    async with worker.working(settings()) as (work, _):
        await jobs.look_again(work)
        assert (await at_stripe(town, customer))["deleted"] is True
        assert await town.value("select count(*) from app.subscriptions") == 0
        await jobs.end(work, customer)  # as if a process had been killed before it noted that
        await jobs.delete_customer(work, customer)


async def test_erasing_a_merchant_closes_the_page_that_is_open(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    page = await a_page(sophie)

    assert (await sophie.asks("DELETE", "/me")).is_success
    await events_arrive(town)

    assert await town.stripe.pay_on_page(page) == 410
    assert await town.value("select count(*) from app.subscriptions") == 0


async def test_ended_subscriptions_are_forgotten_after_a_year(town: Town) -> None:
    sophie, paul = await a_shopkeeper(town), await a_shopkeeper(town, "Paul")
    ended = await subscribes(town, sophie)
    await subscribes(town, paul)
    await town.stripe.change_subscription(ended, "cancel")
    await events_arrive(town)
    customers = [await customer_of(town, merchant) for merchant in (sophie, paul)]
    await town.clock(await town.now() + timedelta(days=370))
    await town.value("select app.prune(100)")
    await town.worker_runs()

    assert [(await at_stripe(town, one)).get("deleted", False) for one in customers] == [True, False]
    assert [row["account_id"] for row in await town.rows("select account_id from app.subscriptions")] == [paul.id]
    await town.clock(await town.now() + timedelta(days=365 * 9))
    await town.value("select app.prune(100)")
    assert await town.value("select count(*) from accounting.billed_periods") == 2
    await town.clock(await town.now() + timedelta(days=365 * 2))
    await town.value("select app.prune(100)")
    assert await town.value("select count(*) from accounting.billed_periods") == 0


async def test_events_about_somebody_elses_customer_change_nothing(town: Town) -> None:
    sophie = await a_shopkeeper(town)
    assert await state(sophie) == ("none", False)
    client = Stripe(api_key=town.stripe.api_key, api_base=town.stripe.base_url)
    other = await client.create_customer(uuid4())
    page = await client.create_subscription_checkout(
        uuid4(), customer=other, account_id=sophie.id, cents=2399, name="x", back="https://x.test", language="fr"
    )
    await client.aclose()
    assert page.url is not None
    assert await town.stripe.pay_on_page(page.url) == 303
    await events_arrive(town)

    assert await state(sophie) == ("none", False)
