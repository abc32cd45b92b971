"""A town is what a test works in: a database of its own, the product that serves it, and builders of people and lots.

Builders write as the superuser instead of registering people and verifying them over HTTP. Tests of registration and
verification use HTTP; all others need a person within milliseconds, and an Argon2id hash alone takes longer. People
sign in with an access token that the product's own code issues.
"""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx2
import procrastinate

from backend import worker
from backend.identity.tokens import OwnTokens
from backend.job_context import Work
from backend.lots.unfound import Unfound
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, keyring, sealed_json
from backend.settings import Settings, settings
from backend.territories.loading import columns
from scripts.stand_ins.gemini import GeminiStandIn
from scripts.stand_ins.stripe import StripeStandIn
from tests.town.databases import API, Connection, Copy
from tests.town.people import Admin, Association, Beneficiary, Collector, Customer, Merchant, Person
from tests.town.programs import ApiClient
from tests.town.serving import Served
from tests.town.things import STRASBOURG, Lot, Organisation, Reservation, Shop, a_place_in, in_the_town, whole_map

P = TypeVar("P", bound=Person)


@dataclass(frozen=True)
class _Idle:
    """An open worker that runs no jobs at present, and the settings that it was opened with."""

    settings: Settings
    work: Work
    queue: procrastinate.App


class Town:
    """A test's town. `town.copy` is its database, `town.stripe` the stand-in that takes its payments."""

    def __init__(self, copy: Copy, connection: Connection, served: Served, client: httpx2.AsyncClient, folder: Path):
        self.copy = copy
        self.folder = folder
        self._served = served
        self._client = client
        self._sql = connection
        self._numbers = itertools.count(1)
        self._workers = AsyncExitStack()
        self._idle_workers: list[_Idle] = []

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, copy: Copy, served: Served, client: httpx2.AsyncClient, folder: Path
    ) -> AsyncIterator["Town"]:
        """Open a town on this database; the environment holds the product's settings until it closes."""
        with served.environment(copy, folder):
            async with copy.connection() as connection:
                town = cls(copy, connection, served, client, folder)
                try:
                    yield town
                finally:
                    await town._workers.aclose()
                    await served.disconnect_from(copy)

    # Reading and changing the database

    async def value(self, query: str, *arguments: Any) -> Any:
        """Return one value, read as the superuser."""
        return await self._sql.fetchval(query, *arguments)

    async def rows(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Return rows, read as the superuser."""
        return list(await self._sql.fetch(query, *arguments))

    async def changes(self, statement: str, *arguments: Any) -> None:
        """Execute a statement as the superuser, to change what no person could."""
        await self._sql.execute(statement, *arguments)

    async def left(self, lot: Lot) -> int:
        """Return the number of portions that can still be reserved."""
        remaining: int = await self.value("select remaining from app.lot_stock where lot_id = $1", lot.id)
        return remaining

    async def status_of(self, reservation: Reservation) -> str:
        status: str = await self.value("select status from app.reservations where id = $1", reservation.id)
        return status

    async def taken_today(self, beneficiary: Beneficiary) -> int:
        """Return the free portions that count against a beneficiary's quota for the present day."""
        taken: int | None = await self.value(
            "select taken from app.free_portions where account_id = $1 and day = (select day from app.quota_day($1))",
            beneficiary.id,
        )
        return taken or 0

    async def money(self, reservation: Reservation) -> tuple[int, int]:
        """Return the cents charged and the cents refunded for a reservation, from Stripe's ledger."""
        books = (await self.stripe.ledger())["payments"]
        ours = [entry for entry in books if entry["metadata"].get("reservation_id") == str(reservation.id)]
        return sum(entry["charged_cents"] for entry in ours), sum(entry["refunded_cents"] for entry in ours)

    async def charged_cents(self) -> int:
        """Return the cents charged for the reservations of this town; Stripe's ledger covers the whole run."""
        ours = {str(row["id"]) for row in await self.rows("select id from app.reservations")}
        books = (await self.stripe.ledger())["payments"]
        return sum(entry["charged_cents"] for entry in books if entry["metadata"].get("reservation_id") in ours)

    async def stock_is_exact(self) -> bool:
        """Return whether each lot's quantity equals what is left, reserved, kept for who waits and held by collections.

        No waiting-list entry may be half taken, and each day's quota must equal the reservations that count in it.
        """
        wrong = await self.rows("""
            select l.id from app.lots l left join app.lot_stock k on k.lot_id = l.id
            where k.lot_id is null or k.quantity <> l.quantity
               or k.remaining + (select coalesce(sum(r.quantity), 0) from app.reservations r
                                 where r.lot_id = l.id
                                   and r.status in ('held', 'confirmed', 'picked_up', 'no_show', 'given'))
                  + (select coalesce(sum(w.offered), 0) from app.waiting w
                     where w.lot_id = l.id and w.status = 'offered')
                  + (select coalesce(sum(case when c.status = 'received' then coalesce(i.taken_portions, i.portions)
                                              else i.portions end), 0)
                     from app.collection_items i join app.collections c on c.id = i.collection_id
                     where i.lot_id = l.id and i.holds_stock)
                  <> l.quantity
            union all
            select w.lot_id from app.waiting w where w.status = 'taking'
            union all
            select f.account_id from app.free_portions f
            where f.taken <> (select coalesce(sum(r.quantity), 0) from app.reservations r
                              where r.account_id = f.account_id and r.quota_day = f.day
                                and (r.status <> 'cancelled' or r.ended_because = 'holder_late'))
        """)
        return not wrong

    # Time

    async def now(self) -> datetime:
        """Return the time that the product takes for the present."""
        present: datetime = await self.value("select app.clock()")
        return present

    async def today(self) -> date:
        """Return the day in Paris at the time that the product takes for the present."""
        present: date = await self.value("select app.paris_day(app.clock())")
        return present

    async def clock(self, at: str | datetime) -> None:
        """Set the time that every rule of the database sees: `clock("2026-03-29T00:30+01:00")`.

        Access tokens and Postgres's `now()` keep the real time.
        """
        text = at if isinstance(at, str) else at.isoformat()
        datetime.fromisoformat(text)  # only a time may get into the statement
        await self.changes(
            "create or replace function app.clock() returns timestamptz language sql stable parallel safe as "
            f"$$ select timestamptz '{text}' $$"
        )

    # People

    async def a_customer(self, name: str = "Marc") -> Customer:
        return await self._a(Customer, name)

    async def a_merchant(self, name: str = "Sophie") -> Merchant:
        return await self._a(Merchant, name)

    async def an_admin(self, name: str = "Odile") -> Admin:
        return await self._a(Admin, name)

    async def a_collector(self, name: str = "Karim", *, status: str = "verified") -> Collector:
        collector = await self._a(Collector, name)
        await self.changes("insert into app.collectors (id, status) values ($1, $2)", collector.id, status)
        return collector

    async def an_association(
        self, name: str = "Le Relais", *, status: str = "verified", commune: str | None = None
    ) -> Association:
        """Make an association. commune: its INSEE code; None if it gave none, so that its days are those of Paris."""
        association = await self._a(Association, name)
        await self.changes(
            "insert into app.associations (id, name, status, siret, insee_code) values ($1, $2, $3, $4, $5)",
            association.id,
            name,
            status,
            self.a_siret(),
            commune,
        )
        return association

    async def a_beneficiary(
        self,
        name: str = "Amina",
        *,
        association: Association | None = None,
        status: Literal["pending", "verified", "suspended"] = "verified",
        until: date | None = None,
    ) -> Beneficiary:
        """Make a beneficiary: by default verified, with a right for a year, and enrolled by no association."""
        number = next(self._numbers)
        beneficiary = (await self._a(Beneficiary, name, email=None)).with_code(f"2026-BEN-{number:05d}")
        until = until or await self.today() + timedelta(days=365)
        await self.changes(
            "insert into app.beneficiaries (id, code, association_id, status, eligible_until)"
            " values ($1, $2, $3, $4, $5)",
            beneficiary.id,
            beneficiary.code,
            association.id if association else None,
            status,
            until,
        )
        keys = keyring()
        key = keys.new_data_key(beneficiary.id)
        await self.changes(
            "insert into key_vault.data_keys (account_id, wrapped, master_key) values ($1, $2, $3)",
            beneficiary.id,
            key.wrapped,
            key.master_key,
        )
        known = {"first_name": name, "last_name": "Benali", "birth_date": "1990-05-01", "email": None, "phone": None}
        await self.changes(
            "insert into app.beneficiary_persons (beneficiary_id, sealed, identity, identity_method)"
            " values ($1, $2, $3, $4)",
            beneficiary.id,
            sealed_json(key, SEALED_PERSON, known),
            # Each beneficiary has a different identity, even if two have the same first name.
            identity_of(keys, name, f"Benali {number}", "1990-05-01").present,
            METHOD,
        )
        return beneficiary

    async def _a(self, kind: type[P], name: str, *, email: str | None = "") -> P:
        account_id = uuid4()
        if email == "":
            email = f"{kind.role}{next(self._numbers)}@example.org"
        await self.changes(
            "insert into app.accounts (id, role, email, email_verified_at, display_name)"
            " values ($1, $2, $3, case when $3::text is not null then now() end, $4)",
            account_id,
            kind.role,
            email,
            name,
        )
        return kind(self, account_id, name, email)

    async def an_organisation(
        self, name: str = "Ville de Strasbourg", *, kind: str = "municipality", territory: str = "67482"
    ) -> Organisation:
        """Make an organisation with an owner, and the territories of `territories` with its own."""
        await self.territories(territory)
        owner = await self.a_customer("Claire")
        made: UUID = await self.value(
            "insert into app.organisations (name, kind, siren, territory_code) values ($1, $2, $3, $4) returning id",
            name,
            kind,
            self.a_siren(),
            territory,
        )
        await self.changes(
            "insert into app.members (organisation_id, account_id, role, joined_at) values ($1, $2, 'owner', now())",
            made,
            owner.id,
        )
        return Organisation(made, owner, territory)

    async def an_api_client(
        self, of: Organisation | Shop | Association | None = None, *scopes: str, name: str = "Logiciel", **fields: Any
    ) -> ApiClient:
        """Make an API client with these scopes, for an organisation (by default a new one) with all of them."""
        ends = (await self.now() + timedelta(days=365)).isoformat()
        body = {"name": name, "expires_at": ends, **fields}
        if isinstance(of, Shop):
            return ApiClient(self, await of.merchant.posts(f"/shops/{of.id}/api-clients", body))
        if isinstance(of, Association):
            return ApiClient(self, await of.posts("/associations/me/api-clients", body))
        of = of or await self.an_organisation()
        wanted = list(scopes) or ["figures:read", "beneficiaries:enrol", "funds:read", "webhooks"]
        made = await of.owner.posts(f"/organisations/{of.id}/api-clients", {**body, "scopes": wanted})
        return ApiClient(self, made)

    # Shops, agreements and lots

    async def a_shop(
        self,
        merchant: Merchant | None = None,
        *,
        verified: bool = True,
        near: tuple[float, float] | None = None,
        commune: str = "67482",
    ) -> Shop:
        """Make a shop, verified unless `verified` is false.

        commune: its INSEE code, which says its time zone. near: latitude and longitude; None: somewhere around it.
        """
        near = near or a_place_in(commune)
        merchant = merchant or await self.a_merchant()
        fields = {**self.shop_fields(near), "insee_code": commune}
        shop_id: UUID = await self.value(
            "insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category, status)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
            merchant.id,
            *(fields[n] for n in ("name", "siret", "address", "insee_code", "latitude", "longitude", "category")),
            "verified" if verified else "pending",
        )
        return Shop(shop_id, merchant, *near)

    async def an_agreement(self, association: Person, shop_id: UUID, *, status: str = "proposed") -> UUID:
        """Make a donation agreement, signed today and without an end, whose document is in no store."""
        agreement: UUID = await self.value(
            "insert into app.agreements (association_id, shop_id, signed_on, status, document_bytes, created_at)"
            " values ($1, $2, app.paris_day(app.clock()), $3, case when $3 <> 'coming' then 1000 end, app.clock())"
            " returning id",
            association.id,
            shop_id,
            status,
        )
        return agreement

    async def a_lot(
        self,
        *,
        left: int = 5,
        price_cents: int = 400,
        shop: Shop | None = None,
        opens_in: timedelta = timedelta(hours=3),
        lasts: timedelta = timedelta(hours=4),
        **fields: Any,
    ) -> Lot:
        """Make a published discounted lot at half its original price; `fields` are columns of `app.lots`."""
        wanted = {"kind": "discounted", "price_cents": price_cents, "original_price_cents": price_cents * 2, **fields}
        return await self._lot(shop, left, opens_in, lasts, wanted)

    async def a_free_lot(
        self,
        *,
        left: int = 5,
        shop: Shop | None = None,
        opens_in: timedelta = timedelta(hours=3),
        lasts: timedelta = timedelta(hours=4),
        **fields: Any,
    ) -> Lot:
        """Make a published free lot; `fields` are columns of `app.lots`."""
        wanted = {"kind": "free", "price_cents": 0, "original_price_cents": 800, **fields}
        return await self._lot(shop, left, opens_in, lasts, wanted)

    async def _lot(
        self, shop: Shop | None, left: int, opens_in: timedelta, lasts: timedelta, wanted: dict[str, Any]
    ) -> Lot:
        shop = shop or await self.a_shop()
        start = await self.now() + opens_in
        columns: dict[str, Any] = {
            "shop_id": shop.id,
            "title": "Panier du soir",
            "category": "bakery",
            "quantity": left,
            "pickup_start": start,
            "pickup_end": start + lasts,
            "date_kind": "none",
            "status": "published",
            **wanted,
        }
        names = ", ".join(columns)
        places = ", ".join(f"${number}" for number in range(1, len(columns) + 1))
        lot_id: UUID = await self.value(
            f"insert into app.lots ({names}) values ({places}) returning id",  # noqa: S608 - names from tests
            *columns.values(),
        )
        return Lot(
            lot_id, shop, columns["kind"], columns["price_cents"], columns["pickup_start"], columns["pickup_end"]
        )

    async def suspended_lot_of(self, lot: Lot) -> Lot:
        """Return the free lot that offers the suspended portions of a discounted lot."""
        lot_id: UUID = await self.value("select id from app.lots where suspended_from = $1", lot.id)
        return Lot(lot_id, lot.shop, "free", 0, lot.pickup_start, lot.pickup_end)

    async def opens(self, lot: Lot) -> None:
        """Set the clock to the middle of the lot's pickup window."""
        await self.clock(lot.pickup_start + (lot.pickup_end - lot.pickup_start) / 2)

    async def territories(self, *codes: str) -> None:
        """Insert a few territories: those around Strasbourg, Mulhouse and Paris, with `codes` besides."""
        await self.changes(
            "insert into app.territories (code, kind, name, population, region, department, epci, commune, latitude,"
            " longitude) select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[],"
            " $7::text[], $8::text[], $9::float8[], $10::float8[]) on conflict (code) do nothing",
            *columns([one for one in whole_map() if in_the_town(one) or one.code in codes]),
        )

    # Valid bodies of requests

    def shop_fields(self, near: tuple[float, float] = STRASBOURG) -> dict[str, Any]:
        return {
            "name": "Boulangerie du Marché",
            "siret": self.a_siret(),
            "address": "12 place du Marché, 67000 Strasbourg",
            "insee_code": "67482",
            "latitude": near[0],
            "longitude": near[1],
            "category": "bakery",
        }

    async def lot_fields(self, shop: Shop) -> dict[str, Any]:
        start = await self.now() + timedelta(hours=3)
        return {
            "shop_id": str(shop.id),
            "title": "Panier du soir",
            "description": "Pains et viennoiseries du jour",
            "category": "bakery",
            "kind": "discounted",
            "original_price_cents": 800,
            "price_cents": 400,
            "quantity": 5,
            "pickup_start": start.isoformat(),
            "pickup_end": (start + timedelta(hours=4)).isoformat(),
            "date_kind": "none",
            "allergens": ["gluten"],
            "cold_chain": False,
            "publish": True,
        }

    async def person_fields(self, until: date | None = None) -> dict[str, Any]:
        until = until or await self.today() + timedelta(days=180)
        return {
            "first_name": "Amina",
            "last_name": "Benali",
            "birth_date": "1990-05-01",
            "eligible_until": until.isoformat(),
        }

    def a_siret(self) -> str:
        """Return an unused SIRET with a valid Luhn digit. All belong to one company, whose SIREN is valid too."""
        digits = f"732829320{next(self._numbers):04d}"
        doubled = (2 * int(d) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits)))
        return digits + str(-sum(sum(divmod(d, 10)) for d in doubled) % 10)

    def a_siren(self) -> str:
        """Return an unused SIREN with a valid Luhn digit."""
        digits = f"2167{next(self._numbers):04d}"
        doubled = (2 * int(d) if place % 2 == 0 else int(d) for place, d in enumerate(reversed(digits)))
        return digits + str(-sum(sum(divmod(d, 10)) for d in doubled) % 10)

    # Over HTTP

    @property
    def stripe(self) -> StripeStandIn:
        return self._served.stripe

    @property
    def gemini(self) -> GeminiStandIn:
        """The stand-in for the model that reads photos. What a test tells it to answer is forgotten after the test."""
        return self._served.gemini

    @property
    def url(self) -> str:
        """The product's URL. A test that sends its own requests calls `await town.ensure_served()` first."""
        return self._served.url

    @property
    def unfound(self) -> Unfound:
        """The searches without a result that the product counted and has not stored yet."""
        return self._served.unfound

    async def ensure_served(self) -> None:
        """Connect the product to this town's database, unless it already is."""
        await self._served.connect_to(self.copy)

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Any = None,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        content: bytes | None = None,
    ) -> httpx2.Response:
        """Send a request without an account (`path` in full) and return the answer."""
        await self.ensure_served()
        return await self._client.request(
            method, self.url + path, json=json, params=params, headers=headers, content=content
        )

    @cached_property
    def _tokens(self) -> OwnTokens:
        return OwnTokens(settings().derived_key("access-tokens"), settings().public_url)

    async def token_for(self, account_id: UUID) -> str:
        """Return an access token as sign-in would give it."""
        return self._tokens.issue(account_id, uuid4())

    async def worker_runs(self) -> None:
        """Run all jobs that are due now, and the jobs that they queue.

        The worker stays open for the next run, because opening it takes longer than most runs. Two runs at once have
        a worker each, and changed settings need a new one.
        """
        await self.ensure_served()
        chosen = settings()
        idle = next((one for one in self._idle_workers if one.settings is chosen), None)
        if idle is None:
            work, queue = await self._workers.enter_async_context(worker.working(chosen))
        else:
            self._idle_workers.remove(idle)
            work, queue = idle.work, idle.queue
        await worker.run_due_jobs(work, queue)
        self._idle_workers.append(_Idle(chosen, work, queue))  # not after a failure

    # Directly to the database

    @asynccontextmanager
    async def sql_as(self, person: Person | None, role: str | None = None) -> AsyncIterator[Connection]:
        """Open a transaction with this person's identity, as Supabase opens one for a token; roll back at the end."""
        async with self.copy.connection(API) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                claims = {"sub": str(person.id), "role": "authenticated"} if person else {}
                await connection.execute(
                    "select set_config('request.jwt.claims', $1, true), set_config('role', $2, true)",
                    json.dumps(claims) if claims else "",
                    role or ("authenticated" if person else "anon"),
                )
                yield connection
            finally:
                await transaction.rollback()
