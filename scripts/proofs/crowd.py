"""Clients that repeat each request with its key until it is answered, whatever is killed meanwhile."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from scripts.proofs.house import House
from scripts.proofs.town import Lot, Town

PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
PATIENCE = 6  # attempts to take a portion while waiting in line
GIVES_UP = 0.08  # chance to give up after a failed attempt, so that the product must clean up
AGAIN_LATER = {
    "database.unavailable",
    "payment.unavailable",
    "try_again",
    "idempotency.in_progress",
    "service.not_ready",
}


@dataclass
class Errand:
    """A reservation that a client wants, and what the client was told about it."""

    account: UUID
    lot: Lot
    quantity: int
    key: str
    answers: list[bytes] = field(default_factory=list)
    reservation: UUID | None = None
    confirmed: bool = False
    paid: bool = False
    asked_to_cancel: bool = False
    cancelled: bool = False


class Crowd:
    """Clients at work. The audit reads `errands`, `withdrawn`, `answers` and `figures`."""

    def __init__(self, house: House, town: Town, chance: random.Random, *, gives_up: float = GIVES_UP) -> None:
        self.house, self.town, self.chance = house, town, chance
        self._gives_up = gives_up
        self.errands: list[Errand] = []
        self.withdrawn: set[UUID] = set()
        self.answers: Counter[str] = Counter()
        self.figures: Counter[str] = Counter()
        self._over = asyncio.Event()
        self._clients: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def gathered(self, clients: int) -> AsyncIterator[None]:
        """Start this many clients; cancel those that still run at the end."""
        self._clients = [asyncio.create_task(self._client()) for _ in range(clients)]
        try:
            yield
        finally:
            for client in self._clients:
                client.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)

    async def disperses(self, within_seconds: float = 90.0) -> None:
        """Let each client finish its errand. Raises TimeoutError, or the error of a client."""
        self._over.set()
        async with asyncio.timeout(within_seconds):
            await asyncio.gather(*self._clients)

    async def _client(self) -> None:
        while not self._over.is_set():
            await self._errand()
            await asyncio.sleep(self.chance.uniform(0, PAUSE_SECONDS))

    async def _errand(self) -> None:
        lot = self.chance.choice(self.town.lots)
        if self.chance.random() < 0.01:
            await self._withdraw(lot)
            return
        people = self.town.customers if lot.price_cents else self.town.beneficiaries
        errand = Errand(
            self.chance.choice(people), lot, self.chance.choice((1, 1, 2)), f"{self.chance.getrandbits(64):x}"
        )
        self.errands.append(errand)
        twice = self.chance.random() < 0.1
        answers = [a for a in await asyncio.gather(*(self._reserve(errand) for _ in range(1 + twice))) if a is not None]
        made = next((answer for answer in answers if answer.status_code == 201), None)
        if made is None:
            for refusal in answers:
                await self._make_room(errand, refusal)
            return
        await self._go_on(errand, made)
        if self.chance.random() < 0.05:  # as if the answer had been lost on its way to the client
            await self._reserve(errand)

    async def _go_on(self, errand: Errand, made: httpx2.Response) -> None:
        """Pay or cancel the reservation, or both, or neither."""
        body = made.json()
        errand.reservation = UUID(body["id"])
        if body["payment"] is not None:
            await self._pay_or_not(errand, body["payment"]["client_secret"])
        else:
            errand.confirmed = True
            if self.chance.random() < 0.4:
                await self._cancel(errand)

    async def _reserve(self, errand: Errand) -> httpx2.Response | None:
        answer = await self.insists(
            errand.account,
            f"/lots/{errand.lot.id}/reservations",
            {"quantity": errand.quantity},
            key=errand.key,
        )
        if answer is not None and answer.status_code == 201:
            errand.answers.append(answer.content)
        return answer

    async def _make_room(self, errand: Errand, refusal: httpx2.Response) -> None:
        """Replace a used-up lot or people, at random, so that it stays contested for a while.

        Does nothing while the database is away.
        """
        code = refusal.json()["code"]
        if code == "lot.sold_out" and self.chance.random() < 0.3:
            await self._wait(errand.account, errand.lot)
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if code in ("lot.sold_out", "lot.closed") and self.chance.random() < 0.1:
                await self.town.replace(errand.lot)
            elif code == "quota.daily_reached" and self.chance.random() < 0.05:
                await self.town.enrol(len(self.town.beneficiaries))

    async def _wait(self, account: UUID, lot: Lot) -> None:
        """Wait in line for a portion and take it once it is offered. After a while, leave the line or just go away."""
        errand = Errand(account, lot, 1, f"{self.chance.getrandbits(64):x}")
        joined = await self.insists(account, f"/lots/{lot.id}/waiting", {}, key=f"j{errand.key}")
        if joined is None or joined.status_code != 201:
            return
        self.figures["places in line"] += 1
        self.errands.append(errand)
        path = f"/waiting/{joined.json()['id']}"
        for _ in range(PATIENCE):
            taken = await self.insists(account, f"{path}/take", key=errand.key)
            if taken is not None and taken.status_code == 201:
                self.figures["kept portions taken"] += 1
                errand.answers.append(taken.content)
                await self._go_on(errand, taken)
                return
            if taken is None or taken.json()["code"] != "waiting.not_offered":
                return
            await asyncio.sleep(self._pause())
        if self.chance.random() < 0.5:
            await self.insists(account, f"{path}/leave", key=f"l{errand.key}")

    async def _pay_or_not(self, errand: Errand, client_secret: str) -> None:
        course = self.chance.random()
        if course < 0.15:
            await self._cancel(errand)
        elif course < 0.3:  # both at once, in whichever order they arrive
            await asyncio.gather(self._pay(errand, client_secret), self._cancel(errand))
        elif course < 0.85:
            await self._pay(errand, client_secret)
            if self.chance.random() < 0.15:
                await self._cancel(errand)
            elif self.chance.random() < 0.3:
                await self._look(errand)

    async def _pay(self, errand: Errand, client_secret: str) -> None:
        if self.chance.random() < 0.1:
            await self._confirm(client_secret, "pm_card_chargeDeclined")
        errand.paid = await self._confirm(client_secret, "pm_card_visa")

    async def _confirm(self, client_secret: str, card: str) -> bool:
        """Pay at Stripe as a browser does, repeatedly if the connection breaks. Returns whether it succeeded."""
        while True:
            try:
                said = await self.house.stripe.pay(client_secret, card)
            except (httpx2.RequestError, ValueError):
                self.figures["payments repeated"] += 1
                await asyncio.sleep(self._pause())
                continue
            error = said.get("error", {})
            if error.get("type") == "api_error" or error.get("code") == "rate_limit":
                await asyncio.sleep(self._pause())
                continue
            taken: bool = (
                said.get("status") == "succeeded" or error.get("payment_intent", {}).get("status") == "succeeded"
            )
            return taken

    async def _cancel(self, errand: Errand) -> None:
        errand.asked_to_cancel = True
        answer = await self.insists(errand.account, f"/reservations/{errand.reservation}/cancel", key=f"c{errand.key}")
        errand.cancelled = errand.cancelled or (answer is not None and answer.status_code == 200)

    async def _look(self, errand: Errand) -> None:
        """Look whether the reservation is confirmed."""
        for _ in range(5):
            try:
                answer = await self.house.http.get(
                    f"{self.house.url}/v1/reservations/{errand.reservation}", headers=self._headers(errand.account)
                )
            except httpx2.RequestError:
                return
            if answer.status_code == 200 and answer.json()["status"] == "confirmed":
                errand.confirmed = True
                return
            await asyncio.sleep(self._pause())

    async def _withdraw(self, lot: Lot) -> None:
        answer = await self.insists(self.town.merchant, f"/lots/{lot.id}/withdraw", key=f"w{lot.id}")
        if answer is not None and answer.is_success:
            self.withdrawn.add(lot.id)

    async def insists(self, account: UUID, path: str, body: Any = None, *, key: str) -> httpx2.Response | None:
        """Send a POST repeatedly with one key until it is answered. Returns None if the client gives up."""
        while True:
            try:
                answer = await self.house.http.post(
                    f"{self.house.url}/v1{path}", json=body, headers={**self._headers(account), "Idempotency-Key": key}
                )
            except httpx2.RequestError:
                self.figures["requests cut off"] += 1
            else:
                said = answer.json()["code"] if answer.status_code >= 400 else str(answer.status_code)
                self.answers[said] += 1
                if said not in AGAIN_LATER:
                    return answer
            if self.chance.random() < self._gives_up:
                self.figures["clients gone"] += 1
                return None
            await asyncio.sleep(self._pause())

    def _headers(self, account: UUID) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.house.token(account)}"}

    def _pause(self) -> float:
        return self.chance.uniform(PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
