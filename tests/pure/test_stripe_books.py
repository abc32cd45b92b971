"""The stand-in's own books: whatever happens, its balances are explained to the cent, and its dashboard shows them."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from backend.stripe.client import Intent, PaymentRefused, Stripe
from backend.stripe.transfers import Transfer
from scripts.stand_ins.stripe import StripeStandIn

KEY = "sk_test_of_these_tests"


@pytest.fixture
async def stand_in() -> AsyncIterator[StripeStandIn]:
    async with StripeStandIn(api_key=KEY) as running:
        yield running


@pytest.fixture
async def client(stand_in: StripeStandIn) -> AsyncIterator[Stripe]:
    client = Stripe(api_key=KEY, api_base=stand_in.base_url)
    yield client
    await client.aclose()


async def an_account(client: Stripe, stand_in: StripeStandIn) -> str:
    account = (await client.create_account(uuid4(), name="Pain", email="pain@example.test")).id
    await stand_in.put_account(account, "active")
    return account


class Story:
    """A random history: what Stripe refuses does not happen."""

    def __init__(self, client: Stripe, stand_in: StripeStandIn, chance: random.Random, accounts: list[str]) -> None:
        self.client, self.stand_in, self.chance, self.accounts = client, stand_in, chance, accounts
        self.intents: list[Intent] = []
        self.transfers: list[Transfer] = []
        self.refunds: list[str] = []
        self.disputes: list[str] = []
        self.payouts: list[tuple[str, str | None]] = []
        self.happened = Counter[str]()
        self._acts: dict[Callable[[], Awaitable[None]], int] = {
            self.pay: 4, self.refund: 2, self.fail_a_refund: 1, self.transfer: 4, self.reverse: 2, self.dispute: 1,
            self.decide: 1, self.pay_out: 1, self.end_a_payout: 1,
        }  # fmt: skip

    async def goes_on(self, times: int) -> None:
        acts = list(self._acts)
        for act in self.chance.choices(acts, weights=list(self._acts.values()), k=times):
            with suppress(PaymentRefused, ValueError, IndexError):
                await act()
                self.happened[act.__name__] += 1
        assert len(self.happened) == len(acts), self.happened

    @property
    def cents(self) -> int:
        return self.chance.randint(50, 900)

    async def pay(self) -> None:
        intent = await self.client.create_payment_intent(uuid4(), uuid4(), self.cents)
        await self.stand_in.pay(intent.client_secret, self.chance.choice(("pm_card_visa", "pm_card_chargeDeclined")))
        self.intents.append(await self.client.retrieve_payment_intent(intent.id))

    async def refund(self) -> None:
        made = await self.stand_in.refund_in_dashboard(self.chance.choice(self.intents).id, self.cents // 3)
        self.refunds.append(made["id"])

    async def fail_a_refund(self) -> None:
        await self.stand_in.fail_refund(self.chance.choice(self.refunds))

    async def transfer(self) -> None:
        source = self.chance.choice((None, self.chance.choice(self.intents).charge_id))
        account = self.chance.choice(self.accounts)
        self.transfers.append(
            await self.client.create_transfer(uuid4(), 1, account=account, cents=self.cents // 2, source_charge=source)
        )

    async def reverse(self) -> None:
        await self.client.reverse_transfer(self.chance.choice(self.transfers).id, uuid4(), 1, self.cents // 3)

    async def dispute(self) -> None:
        self.disputes.append((await self.stand_in.dispute(self.chance.choice(self.intents).id))["id"])

    async def decide(self) -> None:
        outcome = self.chance.choice(("won", "lost", "reinstated"))
        await self.stand_in.decide_dispute(self.chance.choice(self.disputes), outcome)

    async def pay_out(self) -> None:
        account = self.chance.choice((None, *self.accounts))
        self.payouts.append(((await self.stand_in.pay_out(account))["id"], account))

    async def end_a_payout(self) -> None:
        payout, account = self.chance.choice(self.payouts)
        await self.stand_in.end_payout(payout, self.chance.choice(("paid", "failed")), account)


def by_category(book: dict[str, Any]) -> Counter[str]:
    """Return the amounts of a balance's transactions by category."""
    sums = Counter[str]()
    for line in book["balance_transactions"]:
        assert line["net"] == line["amount"] - line["fee"]
        sums[line["reporting_category"]] += line["amount"]
    assert book["available_cents"] + book["pending_cents"] == sum(line["net"] for line in book["balance_transactions"])
    return sums


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("late", [0, 3600])
async def test_every_balance_is_explained_by_what_happened(
    client: Stripe, stand_in: StripeStandIn, seed: int, late: int
) -> None:
    accounts = [await an_account(client, stand_in) for _ in range(2)]
    await stand_in.top_up(5000)  # for the fees of disputes
    await stand_in.terms(available_after_seconds=late, settled_after_seconds=late)
    story = Story(client, stand_in, random.Random(seed), accounts)  # noqa: S311  # shuffles test data
    await story.goes_on(200)

    books, ledger = await stand_in.books(), await stand_in.ledger()
    platform = by_category(books["platform"])
    settled = [charge for charge in ledger["charges"] if charge["balance_transaction"] is not None]
    refunded = {refund["id"]: refund["amount"] for refund in ledger["refunds"]}
    failed = [refund["amount"] for refund in ledger["refunds"] if refund["status"] == "failed"]
    assert platform["charge"] == sum(charge["amount"] for charge in settled)
    assert platform["refund"] == -sum(refunded.values())
    assert platform["refund_failure"] == sum(failed)
    moved = Counter[str]()
    for transfer in story.transfers:
        now = await client.retrieve_transfer(transfer.id)
        assert sum(one.cents for one in await client.reversals_of(transfer.id)) == now.reversed_cents
        moved[now.account] += now.cents - now.reversed_cents
    assert platform["transfer"] + platform["transfer_reversal"] == -moved.total()
    for account in accounts:
        sums = by_category(books["accounts"][account])
        assert sums["charge"] + sums["refund"] == moved[account]
        assert sums["payout"] <= 0 <= sums["payout_reversal"]
        assert books["accounts"][account]["available_cents"] + books["accounts"][account]["pending_cents"] >= 0


async def test_a_person_pays_out_refunds_and_disputes_in_the_dashboard(client: Stripe, stand_in: StripeStandIn) -> None:
    account = await an_account(client, stand_in)
    intent = await client.create_payment_intent(uuid4(), uuid4(), 5000)
    await stand_in.pay(intent.client_secret)
    await client.create_transfer(uuid4(), 1, account=account, cents=351)
    async with httpx2.AsyncClient(base_url=stand_in.base_url, trust_env=False) as browser:
        assert "Pain (active): 3.51 €" in (await browser.get("/dashboard")).text

        async def press(act: str, id: str = "", of: str = "") -> int:
            return (await browser.post("/dashboard", data={"act": act, "id": id, "account": of})).status_code

        assert await press("pay out", of=account) == 303
        (payout,) = stand_in._store.newest("payout")
        assert await press("payout:paid", payout["id"], account) == 303
        assert await press("dispute", intent.id) == 303
        (dispute,) = stand_in._store.newest("dispute")
        assert await press("decide:won", dispute["id"]) == 303
        assert await press("decide:won", dispute["id"]) == 400
        assert await press("refund", intent.id) == 303
        assert await press("account:restricted", account) == 303
        assert await press("fly away") == 400
    assert (await client.retrieve_account(account)).transfers == "restricted"
    assert (await client.retrieve_payment_intent(intent.id)).refunded_cents == 5000
