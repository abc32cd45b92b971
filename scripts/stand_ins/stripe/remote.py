"""Control a running stand-in over HTTP."""

import asyncio
import ssl
from typing import Any

import httpx2


class StandInRemote:
    """Arms faults, controls webhooks, pays like a customer and reads the ledger of the stand-in at `base_url`."""

    def __init__(self, base_url: str, publishable_key: str) -> None:
        self.base_url = base_url
        self.publishable_key = publishable_key

    async def fault(self, operation: str, mode: str, *, times: int = 1, seconds: float = 1.0) -> None:
        """Let the next `times` requests of an operation (`payment_intents.create`, …, `*`) meet a fault (faults.py)."""
        wanted = {"operation": operation, "mode": mode, "times": times, "seconds": seconds}
        await self._ask("POST", "/_stand_in/faults", wanted)

    async def no_faults(self) -> None:
        await self._ask("DELETE", "/_stand_in/faults")

    async def webhooks(self, mode: str = "release", *, url: str | None = None, seed: int | None = None) -> None:
        """Set how events are delivered from now on (see webhooks.py), and to which URL."""
        wanted = {"mode": mode, "seed": seed, **({"url": url} if url is not None else {})}
        await self._ask("POST", "/_stand_in/webhooks", wanted)

    async def webhooks_quiet(self, timeout_seconds: float = 30) -> None:
        """Wait until no delivery is pending. Raises TimeoutError."""
        async with asyncio.timeout(timeout_seconds):
            while (await self._ask("GET", "/_stand_in/webhooks"))["pending"]:  # noqa: ASYNC110  # it is another process
                await asyncio.sleep(0.02)

    async def events(self) -> list[str]:
        """Return the types of all events, the oldest first, of connected accounts too; then those of thin events."""
        return [event["type"] for event in (await self._ask("GET", "/_stand_in/events"))["events"]]

    async def ledger(self) -> dict[str, Any]:
        """Return all payments, charges and refunds (see ledger.py)."""
        return await self._ask("GET", "/_stand_in/ledger")

    async def refund_in_dashboard(self, payment_intent: str, amount_cents: int | None = None) -> dict[str, Any]:
        """Refund a payment as a person does in Stripe's dashboard: wholly, or some cents. Returns the refund."""
        wanted = {"payment_intent": payment_intent, **({"amount": amount_cents} if amount_cents is not None else {})}
        return await self._ask("POST", "/_stand_in/refunds", wanted)

    async def fail_refund(self, refund: str) -> dict[str, Any]:
        """Let a refund fail that had succeeded, as to a closed card. Returns the refund."""
        return await self._ask("POST", f"/_stand_in/refunds/{refund}/fail")

    async def complete_refund(self, refund: str) -> dict[str, Any]:
        """Pay a refund that waited for funds. Returns the refund."""
        return await self._ask("POST", f"/_stand_in/refunds/{refund}/complete")

    async def books(self) -> dict[str, Any]:
        """Return every balance and balance transaction of the platform and of each account (see books.py)."""
        return await self._ask("GET", "/_stand_in/books")

    async def terms(self, **changed: float) -> dict[str, Any]:
        """Change what this Stripe charges and how late it is (see store.py, Terms). Returns all terms."""
        return await self._ask("PUT", "/_stand_in/terms", changed)

    async def onboard(self, url: str, answer: str = "active") -> str:
        """Send the form of an onboarding page: `active`, `pending`, `restricted` or `leave`. Returns where it leads."""
        async with _client() as client:
            return str((await client.post(url, data={"answer": answer})).headers["location"])

    async def put_account(self, account: str, state: str) -> None:
        """Let Stripe think otherwise of an account: `active`, `pending`, `restricted`, `rejected` or `closed`."""
        await self._ask("POST", f"/_stand_in/accounts/{account}", {"state": state})

    async def pay_out(self, account: str | None = None, cents: int | None = None) -> dict[str, Any]:
        """Pay out a balance: automatically all that is available, or some cents by hand. Returns the payout."""
        amount = {"cents": cents} if cents is not None else {}
        return await self._ask("POST", "/_stand_in/payouts", {"account": account, **amount})

    async def end_payout(self, payout: str, status: str = "paid", account: str | None = None) -> dict[str, Any]:
        """Let a payout become `in_transit`, `paid`, `failed` (even after it was paid) or `canceled`. Returns it."""
        return await self._ask("POST", f"/_stand_in/payouts/{payout}", {"account": account, "status": status})

    async def dispute(self, payment_intent: str, cents: int | None = None, *, inquiry: bool = False) -> dict[str, Any]:
        """Let the payer's bank ask for a payment back, or with `inquiry` only about it. Returns the dispute."""
        wanted = {"payment_intent": payment_intent, "cents": cents, "inquiry": inquiry}
        return await self._ask("POST", "/_stand_in/disputes", wanted)

    async def decide_dispute(self, dispute: str, outcome: str) -> dict[str, Any]:
        """Decide a dispute: `won`, `lost`, `reinstated` (after it was lost); an inquiry: `escalated`, `closed`."""
        return await self._ask("POST", f"/_stand_in/disputes/{dispute}", {"outcome": outcome})

    async def renew(self, subscription: str) -> dict[str, Any]:
        """Let the month or the trial of a subscription be over: bill the next, or end it if that was asked for."""
        return await self._ask("POST", f"/_stand_in/subscriptions/{subscription}/renew")

    async def retry_invoice(self, subscription: str) -> dict[str, Any]:
        """Charge the open invoice of a subscription again. Returns the subscription."""
        return await self._ask("POST", f"/_stand_in/subscriptions/{subscription}/retry")

    async def change_subscription(self, subscription: str, act: str) -> dict[str, Any]:
        """Do what a person or Stripe does to a subscription: `cancel_later`, `keep`, `cancel`, `give_up`, `pause`, …"""
        return await self._ask("POST", f"/_stand_in/subscriptions/{subscription}", {"act": act})

    async def change_card(self, customer: str, card: str) -> dict[str, Any]:
        """Change a customer's card, such as to `pm_card_chargeDeclined`; the next invoices are charged to it."""
        return await self._ask("POST", f"/_stand_in/customers/{customer}", {"card": card})

    async def top_up(self, cents: int, account: str | None = None) -> dict[str, Any]:
        """Add money to a balance, or take it away with a negative amount. Returns the balance transaction."""
        return await self._ask("POST", "/_stand_in/topups", {"account": account, "cents": cents})

    async def clock(self, *, ahead_seconds: int) -> None:
        """Set how many seconds Stripe's clock is ahead of this machine's: charges happen and become available by it."""
        await self._ask("PUT", "/_stand_in/clock", {"ahead_seconds": ahead_seconds})

    async def forget_idempotency_keys(self) -> None:
        """Forget all idempotency keys, as if a day had passed."""
        await self._ask("DELETE", "/_stand_in/idempotency_keys")

    async def pay(self, client_secret: str, payment_method: str = "pm_card_visa") -> dict[str, Any]:
        """Confirm a payment with the client_secret and the publishable key. Returns an intent or an `error`."""
        id = client_secret.partition("_secret_")[0]
        async with _client() as client:
            answer = await client.post(
                f"{self.base_url}/v1/payment_intents/{id}/confirm",
                data={"client_secret": client_secret, "payment_method": payment_method},
                auth=(self.publishable_key, ""),
            )
        body: dict[str, Any] = answer.json()
        return body

    async def pay_on_page(self, url: str, card: str = "pm_card_visa") -> int:
        """Send the form of a Checkout page and return the status: 303 if it was paid, 402 declined, 410 closed."""
        async with _client() as client:
            return (await client.post(url, data={"card": card})).status_code

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        async with _client() as client:
            answer = await client.request(method, self.base_url + path, json=body)
        if answer.status_code >= 400:
            raise ValueError(answer.text)
        content: dict[str, Any] = answer.json() if answer.content else {}
        return content


def _client() -> httpx2.AsyncClient:
    # Plain HTTP on this machine needs no proxy and no certificates. Loading those would take most of the time.
    return httpx2.AsyncClient(trust_env=False, timeout=30, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
