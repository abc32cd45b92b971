"""The data of a proof: accounts, one verified shop, and lots that are replaced when they sell out."""

import itertools
import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from scripts.proofs.house import Connection, House

PRICES = (50, 390, 425, 999)
LOTS_ON_OFFER = 8
FREE_LOTS = 0.4
# Of a year in which the product made none, so that they never meet codes of imports, which are random.
CODES = itertools.count(1)


@dataclass(frozen=True)
class Lot:
    """A lot on offer. price_cents: 0 for a free one."""

    id: UUID
    price_cents: int


class Town:
    """Accounts and lots, written as the superuser because registration is not tested here."""

    def __init__(self, house: House, chance: random.Random) -> None:
        self.house, self.chance = house, chance
        self.customers: list[UUID] = []
        self.beneficiaries: list[UUID] = []
        self.lots: list[Lot] = []
        self.merchant = uuid4()
        self.shop = uuid4()

    async def settle(self, people: int) -> None:
        """Add a merchant with a shop and lots, and this many customers and beneficiaries."""
        async with self.house.sql() as sql:
            await self._account(sql, self.merchant, "merchant")
            siret = f"{self.chance.randrange(10**14):014d}"
            await sql.execute(
                "insert into app.shops (id, owner_id, name, siret, address, insee_code, latitude, longitude, category,"
                " status) values ($1, $2, 'Boulangerie', $3, '12 place du Marché', '67482', 48.58, 7.74, 'bakery',"
                " 'verified')",
                self.shop,
                self.merchant,
                siret,
            )
            for _ in range(people):
                self.customers.append(await self._account(sql, uuid4(), "customer"))
            for _ in range(LOTS_ON_OFFER):
                self.lots.append(await self.offer(sql))
        await self.enrol(people)

    async def enrol(self, count: int) -> None:
        """Add this many verified beneficiaries. They replace the earlier ones, who have used up their quota."""
        fresh = []
        async with self.house.sql() as sql:
            for _ in range(count):
                account = await self._account(sql, uuid4(), "beneficiary")
                code = f"2020-BEN-{next(CODES):05d}"
                await sql.execute(
                    "insert into app.beneficiaries (id, code, status, eligible_until)"
                    " values ($1, $2, 'verified', current_date + 300)",
                    account,
                    code,
                )
                fresh.append(account)
        self.beneficiaries = fresh

    async def offer(
        self, sql: Connection, *, free: bool | None = None, portions: int | None = None, open_now: bool = False
    ) -> Lot:
        """Publish a lot. Some open so soon that reservations can no longer be cancelled free of charge.

        free, portions: chosen at random by default.
        """
        if free is None:
            free = self.chance.random() < FREE_LOTS
        price = 0 if free else self.chance.choice(PRICES)
        opens = timedelta() if open_now else timedelta(hours=self.chance.choice((1, 4)))
        lot: UUID = await sql.fetchval(
            "insert into app.lots (shop_id, title, category, kind, original_price_cents, price_cents, quantity,"
            " pickup_start, pickup_end, date_kind, status) values ($1, 'Panier du soir', 'bakery', $2, $3, $4, $5,"
            " app.clock() + $6, app.clock() + $6 + interval '8 hours', 'none', 'published') returning id",
            self.shop,
            "free" if free else "discounted",
            price * 2 or 800,
            price,
            portions or self.chance.randrange(5, 40),
            opens,
        )
        return Lot(lot, price)

    async def replace(self, lot: Lot) -> None:
        """Replace a lot that is gone by a new one."""
        if lot in self.lots:
            place = self.lots.index(lot)
            async with self.house.sql() as sql:
                fresh = await self.offer(sql)
            if self.lots[place] == lot:
                self.lots[place] = fresh

    async def _account(self, sql: Connection, account: UUID, role: str) -> UUID:
        await sql.execute("insert into app.accounts (id, role, display_name) values ($1, $2, 'Anyone')", account, role)
        return account
