"""The world of a history of money: shops and people, the clock, Stripe, and a worker that can die."""

import asyncio
import random
import ssl
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import httpx2
from pydantic import SecretStr

from backend import worker
from backend.settings import Settings
from scripts import databases
from scripts.proofs.house import SECRET_KEY, STRIPE_KEY, Connection, House
from scripts.proofs.money.mortal import MortalWorker
from scripts.proofs.town import CODES

PARIS = ZoneInfo("Europe/Paris")
RICH_CENTS = 100_000_000
T = TypeVar("T")

EMPTY = """
do $$ declare named text;
begin
    set local session_replication_role = replica;  -- triggers protect what is append-only
    select string_agg(format('%I.%I', n.nspname, c.relname), ', ') into named
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = 'accounting' and c.relname <> 'ledger_accounts';
    execute 'truncate ' || named || ', app.funds, app.reservations, app.lots, app.stripe_events, app.payout_accounts,'
         || ' app.subscriptions, app.idempotency_keys, jobs.procrastinate_jobs cascade';
end $$
"""


@dataclass
class Lot:
    id: UUID
    shop: int
    opens: datetime
    ends: datetime


@dataclass
class Held:
    """A reservation as its holder was told, or a gift."""

    id: UUID
    holder: UUID
    lot: Lot
    secret: str | None
    gift: bool = False


@dataclass
class Shop:
    id: UUID
    owner: UUID
    account: str | None = None
    station: str | None = None  # the token of its station


@dataclass
class Told:
    """The facts that the people of one history know."""

    lots: list[Lot] = field(default_factory=list)
    free: list[Lot] = field(default_factory=list)  # those that shops gave
    held: list[Held] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    disputes: list[str] = field(default_factory=list)
    payouts: list[tuple[str, str]] = field(default_factory=list)
    reports: list[tuple[str, int]] = field(default_factory=list)
    subscribers: list[UUID] = field(default_factory=list)


class World:
    """A house with an event loop of its own, so that a state machine without `await` can act in it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.loop = asyncio.new_event_loop()
        self.stripe = house.stripe
        self.told = Told()
        self.shops: list[Shop] = []
        self.customers: list[UUID] = []
        self.beneficiaries: list[UUID] = []
        self.admin = uuid4()
        self.funder = uuid4()
        self.overpaid: list[str] = []
        self.known: set[str] = set()  # Stripe's ids of earlier histories
        self._until_end = AsyncExitStack()
        self.sql: Connection
        self.http: httpx2.AsyncClient
        self.worker: MortalWorker

    def does(self, errand: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(errand)

    def open(self) -> None:
        self.does(self._open())

    def close(self) -> None:
        self.does(self._until_end.aclose())
        self.loop.close()

    async def _open(self) -> None:
        server = self.house.database.server
        ways = databases.embedded(server)
        assert ways.worker is not None
        settings = Settings(
            environment="test",
            public_url=self.house.url,
            secret_key=SecretStr(SECRET_KEY),
            data_dir=self.house.folder / "data",
            database_url=SecretStr(ways.api),
            worker_database_url=SecretStr(ways.worker),
            stripe_api_key=SecretStr(STRIPE_KEY),
            stripe_api_base=self.stripe.base_url,
        )
        plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.sql = await asyncpg.connect(
            server.url("postgres", databases.DATABASE), server_settings={"search_path": "jobs, pg_catalog"}
        )
        self._until_end.push_async_callback(self.sql.close)
        self.http = await self._until_end.enter_async_context(
            httpx2.AsyncClient(trust_env=False, timeout=30, verify=plain)
        )
        work, _ = await self._until_end.enter_async_context(worker.working(settings))
        self.worker = MortalWorker(work, ways.worker)
        # A worker process that was killed may leave periodic jobs that speak with the queue itself.
        await self._until_end.enter_async_context(self.worker.queue.open_async())
        self._watch_transfers()
        await self.account(self.admin, "admin")

    # --- A new history

    async def begins(self, shops: int, customers: int) -> None:
        """Forget every sale so far, open shops, and confirm a small fund for what they give."""
        await self.calms_down()
        await self.sql.execute(EMPTY)
        await self.stripe.forget_idempotency_keys()
        await self.stripe.terms(available_after_seconds=0, settled_after_seconds=0.0, refunds_need_funds=False)
        books = await self.stripe.books()
        await self.stripe.top_up(RICH_CENTS - books["platform"]["available_cents"])
        books, ledger = await self.stripe.books(), await self.stripe.ledger()
        self.known = {line["id"] for line in books["platform"]["balance_transactions"]}
        self.known |= {thing["id"] for kind in ("payment_intents", "refunds") for thing in ledger[kind]}
        self.told, self.overpaid, self.beneficiaries = Told(), [], []
        self.shops = [await self._shop() for _ in range(shops)]
        self.customers = [await self.account(uuid4(), "customer") for _ in range(customers)]
        await self._fund()

    async def calms_down(self) -> None:
        """Let Stripe work and tell everything."""
        await self.stripe.no_faults()
        await self.stripe.webhooks("release")
        await self.stripe.webhooks_quiet()

    async def account(self, account: UUID, role: str) -> UUID:
        await self.sql.execute(
            "insert into app.accounts (id, role, display_name, email, email_verified_at)"
            " values ($1, $2, 'Anyone', $3, now())",
            account,
            role,
            f"{account}@example.org" if role != "beneficiary" else None,
        )
        return account

    async def _shop(self) -> Shop:
        shop = Shop(uuid4(), await self.account(uuid4(), "merchant"))
        await self.sql.execute(
            "insert into app.shops (id, owner_id, name, siret, address, insee_code, latitude, longitude, category,"
            " status) values ($1, $2, 'Boulangerie', $3, '12 place du Marché', '67482', 48.58, 7.74, 'bakery',"
            " 'verified')",
            shop.id,
            shop.owner,
            f"{shop.id.int % 10**14:014d}",
        )
        return shop

    async def _fund(self) -> None:
        """Confirm a fund of 20.00 €, of which a portion gets 1.50 €: a long history uses it up."""
        self.funder = await self.account(uuid4(), "customer")
        fund = uuid4()
        await self.sql.execute(
            "insert into app.territories (code, kind, name) values ('67482', 'commune', 'Strasbourg')"
            " on conflict do nothing"
        )
        await self.sql.execute(
            "with city as (insert into app.organisations (name, kind, siren, territory_code)"
            " values ('Ville', 'municipality', $2, '67482') returning id)"
            " insert into app.members (organisation_id, account_id, role, joined_at)"
            " select id, $1, 'owner', now() from city",
            self.funder,
            f"{self.funder.int % 10**9:09d}",
        )
        await self.sql.execute(
            "insert into app.funds (id, organisation_id, name, ceiling_cents, left_cents, first_day, last_day,"
            " territory_code, per, rate_cents, status, created_at, decided_at)"
            " select $1, organisation_id, 'Paniers', 2000, 2000, app.paris_day(app.clock()),"
            " app.paris_day(app.clock()) + 1800, '67482', 'portion', 150, 'confirmed', app.clock(), app.clock()"
            " from app.members where account_id = $2",
            fund,
            self.funder,
        )
        await self.sql.execute(
            "select app.post('fund_endowed', $1::uuid::text, null, app.clock(),"
            " array[app.ledger_account('funder', $1, 'subsidy'), app.ledger_account('fund', $1, 'subsidy')],"
            " array[2000, -2000])",
            fund,
        )

    async def a_beneficiary(self) -> UUID:
        account = await self.account(uuid4(), "beneficiary")
        await self.sql.execute(
            "insert into app.beneficiaries (id, code, status, eligible_until)"
            " values ($1, $2, 'verified', (app.clock() + interval '300 days')::date)",
            account,
            f"2020-BEN-{next(CODES):05d}",
        )
        self.beneficiaries.append(account)
        return account

    # --- People

    async def asks(
        self,
        who: UUID | None,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        station: str | None = None,
    ) -> tuple[int, Any]:
        """Send a request as somebody, a station or nobody; return the status and the answer."""
        token = station if who is None else self.house.token(who)
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        answer = await self.http.request(method, f"{self.house.url}/v1{path}", json=body, headers=headers)
        if answer.status_code == 500:
            raise AssertionError(f"{method} {path} answered 500")
        return answer.status_code, answer.json() if answer.content else None

    async def offers(self, shop: int, price: int, portions: int, hours: int) -> None:
        now = await self.now()
        lot = Lot(uuid4(), shop, now + timedelta(hours=hours), now + timedelta(hours=hours + 2))
        await self.sql.execute(
            "insert into app.lots (id, shop_id, title, category, kind, original_price_cents, price_cents, quantity,"
            " pickup_start, pickup_end, date_kind, status) values ($1, $2, 'Panier du soir', 'bakery',"
            " case when $4::int = 0 then 'free' else 'discounted' end, $3, $4, $5, $6, $7, 'none', 'published')",
            lot.id,
            self.shops[shop].id,
            price * 2 or 800,
            price,
            portions,
            lot.opens,
            lot.ends,
        )
        (self.told.lots if price else self.told.free).append(lot)

    async def reserves(self, who: UUID, lot: Lot, portions: int, *, key: str | None = None, **gift: str) -> None:
        """Reserve, or give with `if_unclaimed`; repeat what got no answer with the same key."""
        key = key or str(uuid4())
        for _ in range(2):
            if gift:
                body: dict[str, Any] = {"lot_id": str(lot.id), "quantity": portions, **gift}
                status, answer = await self.asks(who, "POST", "/suspended-lots", body, key=key)
            else:
                path = f"/lots/{lot.id}/reservations"
                status, answer = await self.asks(who, "POST", path, {"quantity": portions}, key=key)
            if status != 503:
                break
        if status == 201:
            secret = (answer.get("payment") or {}).get("client_secret")
            self.told.held.append(Held(UUID(answer["id"]), who, lot, secret, bool(gift)))

    async def pays(self, held: Held, card: str) -> None:
        if held.secret is not None:
            await self.stripe.pay(held.secret, card)

    async def pays_on_page(self, held: Held, card: str) -> None:
        status, answer = await self.asks(held.holder, "POST", f"/reservations/{held.id}/checkout")
        if status in (200, 201):
            await self.stripe.pay_on_page(answer["url"], card)

    async def paid(self) -> list[dict[str, Any]]:
        """Return the payments of this history that Stripe has charged, as its ledger shows them, the oldest first."""
        entries = (await self.stripe.ledger())["payments"]
        return [one for one in entries if one["charged_cents"] > 0 and one["payment_intent"] not in self.known]

    async def refunds(self) -> list[dict[str, Any]]:
        """Return the refunds of this history as Stripe has them, the oldest first."""
        return [one for one in (await self.stripe.ledger())["refunds"] if one["id"] not in self.known]

    async def collects(self, held: Held) -> int:
        """Show the pass in the window of its lot, and take the food. Returns how the station was answered."""
        status, shown = await self.asks(held.holder, "GET", f"/reservations/{held.id}/pass")
        if status != 200:
            return status
        await self.until(held.lot.opens + timedelta(minutes=30))
        owner = self.shops[held.lot.shop].owner
        status, _ = await self.asks(
            owner, "POST", "/pickups", {"qr": shown["qr"], "pin": shown["pin"]}, key=str(uuid4())
        )
        return status

    async def collects_late(self, held: Held, later: timedelta) -> int:
        """Show the pass to a station in the window of its lot. It sends that so much later; return its answer."""
        shop = self.shops[held.lot.shop]
        status, shown = await self.asks(held.holder, "GET", f"/reservations/{held.id}/pass")
        if status == 200 and shop.station is None:
            status, added = await self.asks(shop.owner, "POST", f"/shops/{shop.id}/stations", {"name": "Caisse"})
            if status == 201:
                code = {"pairing_code": added["pairing_code"]}
                status, paired = await self.asks(None, "POST", "/stations/pair", code)
                shop.station = paired["station_token"]
        if shop.station is None or status not in (200, 201):
            return status
        await self.until(held.lot.opens + timedelta(minutes=30))
        at = await self.now()
        await self.passes(later)
        body = {"qr": shown["qr"], "pin": shown["pin"], "shown_at": at.isoformat()}
        status, _ = await self.asks(None, "POST", "/pickups", body, key=str(uuid4()), station=shop.station)
        return status

    async def takes_free(self, lot: Lot) -> None:
        """Reserve a portion of the free lot beside a lot, as somebody who has taken none yet."""
        beside = await self.sql.fetchval("select id from app.lots where suspended_from = $1", lot.id)
        if beside is not None:
            free = Lot(beside, lot.shop, lot.opens, lot.ends)
            await self.reserves(await self.a_beneficiary(), free, 1)

    async def takes_given(self, lot: Lot, portions: int) -> None:
        """Reserve portions of a free lot, as somebody who has taken none yet."""
        await self.reserves(await self.a_beneficiary(), lot, portions)

    async def states_funds(self) -> int:
        """Settle funds and issue statements, as the worker does; return how many."""
        await self.worker.work.acts.value("settle_funds", most=10)
        issued: int = await self.worker.work.acts.value("issue_fund_statements", most=10)
        return issued

    async def pays_statements(self) -> int:
        """Say as the fund's organisation that all statements were paid; return how many are now."""
        status, found = await self.asks(self.funder, "GET", "/funds")
        paid = 0
        for month in found["data"][0]["months"] if status == 200 else []:
            body = {"month": month["month"]}
            status, _ = await self.asks(self.funder, "POST", f"/funds/{found['data'][0]['id']}/paid", body)
            paid += status == 200
        return paid

    async def opens_account(self, shop: Shop) -> None:
        status, link = await self.asks(shop.owner, "POST", f"/shops/{shop.id}/payout-account")
        if status in (200, 201):
            await self.stripe.onboard(link["url"])
            shop.account = await self.sql.fetchval(
                "select stripe_account from app.payout_accounts where shop_id = $1", shop.id
            )

    async def replaces_shop(self, number: int) -> None:
        self.shops[number] = await self._shop()

    async def subscribes(self, shop: Shop, card: str) -> str:
        """Subscribe to Premium on Stripe's page; return what became of it."""
        status, page = await self.asks(shop.owner, "POST", "/subscriptions")
        if status not in (200, 201):
            return f"answered {status}"
        if shop.owner not in self.told.subscribers:
            self.told.subscribers.append(shop.owner)
        return f"paid with {await self.stripe.pay_on_page(page['url'], card)}"

    async def subscription_goes_on(self, owner: UUID, act: str) -> bool:
        """Do to a subscription what time, Stripe or its owner does; return whether Stripe let it happen."""
        known = await self.sql.fetchrow(
            "select subscription, customer from app.subscriptions where account_id = $1", owner
        )
        if known is None or known["subscription"] is None:
            return False
        try:
            if act == "renew":
                await self.stripe.renew(known["subscription"])
            elif act == "retry":
                await self.stripe.retry_invoice(known["subscription"])
            elif act == "decline":
                await self.stripe.change_card(known["customer"], "pm_card_chargeDeclined")
            else:
                await self.stripe.change_subscription(known["subscription"], act)
        except ValueError:
            return False
        return True

    # --- Time

    async def now(self) -> datetime:
        now: datetime = await self.sql.fetchval("select app.clock()")
        return now

    async def passes(self, time: timedelta) -> None:
        """Advance the clocks of the product and of Stripe. The machine's clock does not change."""
        await self.house.time_passes(time.total_seconds())
        await self.stripe.clock(ahead_seconds=round(self.house.ahead.total_seconds()))

    async def until(self, moment: datetime) -> None:
        """Advance the clocks to a moment, unless it is past."""
        left = moment - await self.now()
        if left > timedelta():
            await self.passes(left)

    async def night_comes(self) -> None:
        """Advance the clocks to the end of the next night, half past five in Paris."""
        here = (await self.now()).astimezone(PARIS)
        day = here.date() if here.hour < 5 else here.date() + timedelta(days=1)
        await self.until(datetime.combine(day, datetime.min.time(), PARIS) + timedelta(hours=5.5))

    # --- The worker

    async def works(self, chance: random.Random, lives: int | None = None) -> None:
        await self.worker.runs(self.sql, chance, lives=lives)

    async def works_at_night(self, lives: int | None = None) -> None:
        await self.worker.dies_within(lives, self.worker.closes_and_pays)

    def _watch_transfers(self) -> None:
        """Note when Stripe makes a transfer of more than is due to a shop at that moment."""
        ask = self.worker.work.stripe.create_transfer

        async def watched(transfer_id: UUID, attempt: int, *, account: str, cents: int) -> Any:
            due: int = await self.sql.fetchval(
                "select app.shop_due_cents(shop_id) from accounting.transfers where id = $1", transfer_id
            )
            before = await self._transfers_made()
            try:
                return await ask(transfer_id, attempt, account=account, cents=cents)
            finally:
                if cents > due and await self._transfers_made() > before:
                    self.overpaid.append(f"{cents} cents were transferred when {due} were due")

        self.worker.work.stripe.__dict__["create_transfer"] = watched

    async def _transfers_made(self) -> int:
        lines = (await self.stripe.books())["platform"]["balance_transactions"]
        return sum(1 for line in lines if line["type"] == "transfer")
