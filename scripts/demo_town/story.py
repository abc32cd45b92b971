"""The demo town's history of six weeks, in chronological order."""

import hashlib
import heapq
import itertools
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from backend.accounts.tokens import token_hash
from backend.api_clients.client_secrets import secret_hash, shown
from backend.identity.callers import SCOPES
from backend.members.invitations import Invitation
from backend.reservations.passes import ALPHABET, CODE_LENGTH
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, address_look_up, keyring, sealed_json
from backend.settings import settings
from scripts.demo_town.acts import Acts
from scripts.demo_town.complaints import COMPLAINTS, OF_YESTERDAY, Complaint
from scripts.demo_town.members import HELPERS, PROGRAM, TOWN, Helper
from scripts.demo_town.money import Money, Sale
from scripts.demo_town.offers import OFFERS, PARIS, Offer, paris
from scripts.demo_town.people import (
    ADMIN,
    BENEFICIARIES,
    NEIGHBOURS,
    REGULARS,
    WITH_A_PASS,
    Charity,
    Enrolled,
    Neighbour,
    address,
)
from scripts.demo_town.rounds import Rounds
from scripts.demo_town.shops import (
    CHARCUTERIE,
    CREMERIE,
    FOURNIL,
    SHOPS,
    STRASBOURG,
    Shop,
    invented_siret,
    invented_telephone,
)
from scripts.demo_town.wishes import WISHES, Wishes

SEED = 2025
WEEKS = 6
# Days ago. The town trades every second day, with enough people and shops for its figures to be published. A day on
# which few traded would be suppressed, and its month with it.
TRADE_BEGAN = 23
TRADE_DAYS = range(TRADE_BEGAN, 0, -2)
FIRST_LOTS = range(38, TRADE_BEGAN, -3)  # fewer lots, so that a month with papers and figures is over
FIRST_GIVEN = (35, 32)  # so that a month of the fund with something granted is over, too
# The shops of regulars: they do not show their impact, and Stripe can pay them.
PAID_SHOPS = tuple(shop for shop in SHOPS if not shop.shows_impact and shop not in (CHARCUTERIE, CREMERIE))
SHOPS_OF_REGULARS = 5  # a day
# On which days before today many people searched in Schiltigheim and Illkirch-Graffenstaden, which have no shop.
UNFOUND = {"67447": (32, 21, 9, 3), "67218": (15, 3)}
SEARCHED = 14  # people each time: the figures count them in whole groups of eleven
NIGHTS = range(36, -1, -1)  # days ago
PAYOUTS = (29, 22, 15, 8)  # days ago
LOT_WITHDRAWN = 13  # days ago
UNANSWERED = timedelta(hours=72)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

Ending = Literal["picked_up", "cancelled", "cancelled_late", "no_show", "lapsed"]
ENDINGS: dict[Ending, int] = {"picked_up": 72, "cancelled": 9, "cancelled_late": 5, "no_show": 8, "lapsed": 6}


@dataclass
class Listed:
    """A lot that a shop lists; `id` is set once it is listed."""

    offer: Offer
    window: tuple[datetime, datetime]
    id: UUID | None = None


@dataclass(frozen=True)
class Claim:
    """A reservation.

    holder: a login or a beneficiary's key. becomes: how it ends; None while it is open. late: when in the pickup window
    the holder comes, from 0 (its begin) to 1 (its end).
    """

    lot: Listed
    holder: str
    portions: int
    code: str
    becomes: Ending | None = None
    late: float = 0


class Story:
    """Plans all events with their times, then carries them out in order.

    The story is always the same; only its dates move with the present.
    """

    def __init__(self, acts: Acts, money: Money, now: datetime, password_hash: str) -> None:
        self._acts = acts
        self._money = money
        self._now = now.astimezone(UTC)
        self._today = now.astimezone(PARIS).date()
        self._hash = password_hash
        self._chance = random.Random(SEED)  # noqa: S311  nothing here is a secret
        self._ahead: list[tuple[datetime, int, partial[object]]] = []
        self._numbers = itertools.count(1)
        self._accounts: dict[str, UUID] = {}
        self._shops: dict[str, UUID] = {}
        self._taken: Counter[tuple[str, date]] = Counter()
        self._pickups = 0
        self._complaints = {0: OF_YESTERDAY, **COMPLAINTS}  # the first pickup of yesterday counts as 0
        self.codes: dict[int, str] = {}
        self.client: UUID | None = None

    def tell(self) -> None:
        """Plan and carry out the whole story."""
        self._people_come()
        self._money_moves()
        for days_ago in FIRST_LOTS:
            self._a_lot_of_the_past(OFFERS[0], self._today - timedelta(days=days_ago))
            self._regulars_buy(self._today - timedelta(days=days_ago))
        for days_ago in TRADE_DAYS:
            self._a_day_of_trade(days_ago)
        self._the_present()
        Rounds(self._acts, self._accounts, self._shops, self._then, self._now).happen()
        given = next(offer for offer in OFFERS if offer.kind == "free")
        for days_ago in FIRST_GIVEN:
            self._a_lot_of_the_past(given, self._today - timedelta(days=days_ago))
        self._then(self._now, self._many_searched)
        while self._ahead:
            moment, _, happens = heapq.heappop(self._ahead)
            self._acts.at(moment)
            self._money.at(moment)
            happens()
        self._acts.at(self._now)
        self._money.at(self._now)
        self._money.is_checked()

    def _then(self, moment: datetime, happens: Callable[..., object], *arguments: object) -> None:
        assert moment <= self._now, "the story ends now"
        heapq.heappush(self._ahead, (moment, next(self._numbers), partial(happens, *arguments)))

    def _days_ago(self, days: int, at: str) -> datetime:
        return paris(self._today - timedelta(days=days), at)

    # People come

    def _people_come(self) -> None:
        self._then(self._days_ago(7 * WEEKS, "08:00"), self._admin_is_made)
        for place, neighbour in enumerate(NEIGHBOURS):
            came = self._days_ago(7 * WEEKS - place // 4, "09:00") + place * 7 * MINUTE
            self._then(came, self._registers, neighbour.login, neighbour.role, neighbour.name)
            if isinstance(neighbour, Charity):
                self._then(came + HOUR, self._says_who_it_is, neighbour)
            if neighbour.role != "customer" and neighbour.verified:
                self._then(came + 5 * HOUR, self._is_verified, neighbour)
        for place, regular in enumerate(REGULARS):
            came = self._days_ago(7 * WEEKS - 1, "12:00") + place * 17 * MINUTE
            self._then(came, self._registers, regular.login, regular.role, regular.name)
        for place, merchant in enumerate(dict.fromkeys(shop.merchant for shop in SHOPS)):
            came = self._days_ago(7 * WEEKS - 1, "07:30") + place * 41 * MINUTE
            self._then(came, self._registers, merchant.login, "merchant", merchant.name)
        for number, shop in enumerate(SHOPS, 1):
            opened = self._days_ago(7 * WEEKS - 2, "07:15") + number * 23 * MINUTE
            self._then(opened, self._opens, number, shop)
            self._then(opened + 6 * HOUR, self._shop_is_verified, shop)
        for place, helper in enumerate(HELPERS):
            self._then(self._days_ago(7 * WEEKS - 4, "11:00") + place * HOUR, self._joins, helper)
        self._then(self._days_ago(7 * WEEKS - 4, "15:00"), self._has_its_town)
        self._then(self._days_ago(7 * WEEKS - 4, "17:00"), self._commits_a_fund)
        self._then(self._days_ago(7 * WEEKS - 4, "15:30"), self._has_its_program)
        self._then(self._days_ago(7 * WEEKS - 4, "16:00"), self._pairs_a_station, FOURNIL)
        for place, person in enumerate(BENEFICIARIES):
            met = self._days_ago(person.days_ago, "10:00") + place * 13 * MINUTE
            self._then(met, self._is_enrolled, person)
            if person.becomes != "pending":
                self._then(met + 3 * HOUR, self._is_decided, person, "verified")
                self._then(met + 4 * HOUR, self._activates, person)
            if person.becomes == "suspended":
                self._then(met + timedelta(days=9), self._is_decided, person, "suspended")

        for wishes in WISHES:
            self._then(self._days_ago(20, "12:30"), self._wishes, wishes)

    def _wishes(self, wishes: Wishes) -> None:
        holder, home = self._accounts[wishes.holder], wishes.home
        for shop in wishes.favourites:
            self._acts.call_as(holder, "add_favourite", shop=self._shops[shop.name])
        if home is not None:
            place, *_ = self._acts.call_as(
                holder, "save_place", name="Maison", latitude=home.latitude, longitude=home.longitude
            )
            self._acts.call_as(
                holder,
                "set_alert",
                place=place,
                radius_m=home.radius_m,
                categories=list(home.categories),
                max_price_cents=home.max_price_cents,
                most_a_day=2,
            )

    def _pairs_a_station(self, shop: Shop) -> None:
        # The device's token is random and kept by nobody: the town shows a station, not a way in.
        code = os.urandom(32)
        self._acts.call_as(
            self._accounts[shop.merchant.login],
            "add_station",
            shop=self._shops[shop.name],
            station_name="Caisse près de la porte",
            new_code_hash=code,
        )
        self._acts.be(None)
        self._acts.call("pair_station", shown=code, new_token_hash=os.urandom(32), address_bucket=None)

    def _admin_is_made(self) -> None:
        made = self._acts.call("create_admin", admin_email=address(ADMIN), new_password_hash=self._hash)
        self._accounts[ADMIN] = made[0]

    def _registers(self, login: str, role: str, name: str) -> None:
        # Given an id, as with Supabase Auth, the act takes the address as verified and sends no mail.
        made = self._acts.call(
            "register_account",
            wanted_role=role,
            wanted_email=address(login),
            new_password_hash=self._hash,
            wanted_name=name,
            wanted_locale="fr",
            terms=self._acts.call("consent_version", purpose="terms")[0],
            email_lookup=address_look_up(keyring(), address(login)),
            known_as=uuid4(),
        )
        self._accounts[login] = made[0]

    def _says_who_it_is(self, charity: Charity) -> None:
        self._acts.run(
            "update app.associations set rna = %s, address = %s, insee_code = %s, distributes_in_time = %s,"
            " description = %s, is_public = %s, latitude = %s, longitude = %s, place = app.mercator(%s, %s)"
            " where id = %s",
            charity.rna,
            charity.address,
            STRASBOURG,
            charity.in_time,
            charity.says,
            charity.is_public,
            *charity.point,
            *charity.point,
            self._accounts[charity.login],
        )

    def _is_verified(self, neighbour: Neighbour) -> None:
        admin, account = self._accounts[ADMIN], self._accounts[neighbour.login]
        if neighbour.role == "association":
            self._acts.call_as(admin, "decide_association", association=account, verdict="verified", why=None)
        else:
            self._acts.call_as(admin, "decide_collector", collector=account, verdict="verified", why=None)

    def _opens(self, number: int, shop: Shop) -> None:
        owner = self._accounts[shop.merchant.login]
        self._acts.be(owner)
        self._shops[shop.name] = self._acts.value(
            "insert into app.shops (owner_id, name, siret, address, insee_code, latitude, longitude, category,"
            " opening_hours, description, telephone, shows_impact, created_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, app.clock()) returning id",
            owner,
            shop.name,
            invented_siret(number),
            shop.address,
            STRASBOURG,
            shop.latitude,
            shop.longitude,
            shop.category,
            Jsonb(shop.opening_hours),
            shop.says,
            invented_telephone(number),
            shop.shows_impact,
        )

    def _shop_is_verified(self, shop: Shop) -> None:
        admin, found = self._accounts[ADMIN], self._shops[shop.name]
        self._acts.call_as(admin, "decide_shop", shop=found, verdict="verified", why="SIRET et adresse vérifiés")

    def _joins(self, helper: Helper) -> None:
        shop = self._shops[helper.at.name] if isinstance(helper.at, Shop) else None
        owner = self._accounts[helper.at.merchant.login if isinstance(helper.at, Shop) else helper.at]
        email, look_up = address(helper.login), address_look_up(keyring(), address(helper.login))
        invitation = Invitation(email, f"{self._hash} {email}")
        self._acts.call_as(
            owner,
            "invite_member",
            shop=shop,
            association=owner if shop is None else None,
            address=email,
            address_lookup=look_up,
            wanted_role=helper.role,
            sealed_invitation=invitation.sealed(settings(), look_up),
            new_token_hash=token_hash(invitation.token),
        )
        self._accepts(helper.login, invitation)

    def _has_its_town(self) -> None:
        if not self._acts.value("select count(*) from app.territories where code = %s", TOWN.territory):
            return  # a database without the map
        email, look_up = address(TOWN.login), address_look_up(keyring(), address(TOWN.login))
        invitation = Invitation(email, f"{self._hash} {email}")
        self._acts.call_as(
            self._accounts[ADMIN],
            "create_organisation",
            organisation_name=TOWN.name,
            organisation_kind=TOWN.kind,
            organisation_siren=TOWN.siren,
            territory=TOWN.territory,
            address_lookup=look_up,
            sealed_invitation=invitation.sealed(settings(), look_up),
            new_token_hash=token_hash(invitation.token),
        )
        self._accepts(TOWN.login, invitation)

    def _commits_a_fund(self) -> None:
        owner = self._accounts[TOWN.login]
        organisations = self._acts.rows("select organisation_id from app.members where account_id = %s", owner)
        if not organisations:
            return  # a database without the map
        first = self._acts.now.astimezone(PARIS).date()
        [fund] = self._acts.call_as(
            owner,
            "propose_fund",
            organisation=organisations[0][0],
            name="Paniers solidaires",
            reference="CONV-2026-118",
            ceiling_cents=500_000,
            first_day=first,
            last_day=first + timedelta(days=365),
            categories=None,
            territory=None,
            per="portion",
            rate_cents=150,
            category_rates=Jsonb({"bakery": 100}),
        )
        self._acts.call_as(self._accounts[ADMIN], "decide_fund", fund=fund, confirmed=True)

    def _has_its_program(self) -> None:
        found = self._acts.rows("select id from app.organisations where siren = %s", TOWN.siren)
        if not found:
            return
        [self.client] = self._acts.call_as(
            self._accounts[TOWN.login],
            "add_api_client",
            organisation=found[0][0],
            shop=None,
            association=None,
            client_name=PROGRAM.name,
            wanted_scopes=sorted(SCOPES),
            territory=None,
            ends=self._now + timedelta(days=365),
            secret_prefix=shown(PROGRAM.secret),
            secret_hash=secret_hash(PROGRAM.secret),
        )
        self._acts.call_as(self._accounts[PROGRAM.association], "grant_mandate", client=self.client)

    def _accepts(self, login: str, invitation: Invitation) -> None:
        self._acts.call_as(
            self._accounts[login],
            "accept_invitation",
            held=token_hash(invitation.token),
            address=invitation.email,
            address_lookup=address_look_up(keyring(), invitation.email),
        )

    def _is_enrolled(self, person: Enrolled) -> None:
        keys, [new_id] = keyring(), self._acts.value("select app.new_account_ids(1)")
        key = keys.new_data_key(new_id)
        identity = identity_of(keys, person.first_name, person.last_name, person.born)
        known = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "birth_date": person.born,
            "email": None,
            "phone": None,
        }
        _place, _outcome, account, drawn, _held = self._acts.call_as(
            self._accounts[person.by],
            "enrol_beneficiaries",
            ids=[new_id],
            untils=[self._today + timedelta(days=person.right_ends_in)],
            household_sizes=[person.household],
            sealed_persons=[sealed_json(key, SEALED_PERSON, known)],
            identities=[identity.present],
            former_identities=[identity.former],
            method=METHOD,
            wrapped_keys=[key.wrapped],
            master_key=key.master_key,
            activation_hashes=[self._token(person)],
        )
        # The act draws a random number; this town always has the same numbers.
        code = f"{drawn[:4]}-BEN-{person.number:05d}"
        self._acts.run("update app.beneficiaries set code = %s, created_at = app.clock() where id = %s", code, account)
        self._acts.run(
            "update app.accounts set display_name = %s, created_at = app.clock() where id = %s", code, account
        )
        self._accounts[person.key] = account
        self.codes[person.number] = code

    def _is_decided(self, person: Enrolled, status: str) -> None:
        by, account = self._accounts[person.by], self._accounts[person.key]
        self._acts.call_as(by, "set_beneficiary_status", beneficiary=account, new_status=status)

    def _activates(self, person: Enrolled) -> None:
        held = self._token(person)
        self._acts.call("activate_beneficiary", held=held, new_password_hash=self._hash, new_email=None)

    def _token(self, person: Enrolled) -> bytes:
        return hashlib.sha256(f"{self._hash} {person.key}".encode()).digest()

    # Money moves

    def _money_moves(self) -> None:
        opened = self._days_ago(7 * WEEKS - 3, "15:00")
        for place, shop in enumerate(shop for shop in SHOPS if shop is not CREMERIE):
            self._then(opened + place * MINUTE, self._opens_account, shop)
        for days_ago in NIGHTS:
            if self._days_ago(days_ago, "05:30") <= self._now:
                self._then(self._days_ago(days_ago, "05:30"), self._money.night_passes)
        papers = paris(self._today.replace(day=1), "06:30")
        if papers <= self._now:
            self._then(papers, self._money.papers_are_issued)
            self._then(papers, self._money.funds_are_stated)
        for days_ago in PAYOUTS:
            self._then(self._days_ago(days_ago, "08:00"), self._money.banks_are_paid)
            self._then(self._days_ago(days_ago - 2, "10:00"), self._money.payouts_arrive)
        self._then(self._days_ago(25, "10:00"), self._subscribes, FOURNIL)
        self._then(self._days_ago(14, "11:00"), self._is_disputed, 6)
        self._then(self._days_ago(3, "15:00"), self._is_disputed, None)

    def _opens_account(self, shop: Shop) -> None:
        owner = self._accounts[shop.merchant.login]
        self._money.opens_account(self._shops[shop.name], owner, active=shop is not CHARCUTERIE)

    def _subscribes(self, shop: Shop) -> None:
        self._money.subscribes(self._accounts[shop.merchant.login])

    def _is_disputed(self, lost_days_ago: int | None) -> None:
        """Let a bank ask for money back. lost_days_ago: when the dispute is lost; None: it is open."""
        dispute = self._money.is_disputed()
        if dispute is not None and lost_days_ago is not None:
            self._then(self._days_ago(lost_days_ago, "16:00"), self._money.is_lost, dispute, self._acts.now)

    # They trade

    def _a_day_of_trade(self, days_ago: int) -> None:
        day = self._today - timedelta(days=days_ago)
        for _ in range(self._chance.choice((2, 3, 3))):
            self._a_lot_of_the_past(self._chance.choice(OFFERS), day)
        self._regulars_buy(day)
        if days_ago == LOT_WITHDRAWN:
            offer = self._chance.choice(OFFERS)
            lot = Listed(offer, offer.window_on(day))
            self._then(_listed_at(lot), self._lists, lot)
            self._then(_listed_at(lot) + 40 * MINUTE, self._withdraws, lot)

    def _a_lot_of_the_past(self, offer: Offer, day: date) -> None:
        lot = Listed(offer, offer.window_on(day))
        listed, left = _listed_at(lot), offer.quantity
        self._then(listed, self._lists, lot)
        for _ in range(self._chance.randint(1, 4)):
            portions = self._chance.choice((1, 1, 2))
            reserved = listed + self._chance.randint(10, 120) * MINUTE
            claim = Claim(
                lot,
                self._somebody(offer, reserved, portions),
                portions,
                self._code(),
                self._ending(offer),
                self._chance.random(),
            )
            if claim.holder and portions <= left:
                left -= portions
                self._taken[claim.holder, reserved.astimezone(PARIS).date()] += portions
                self._then(reserved, self._reserves, claim)
        self._then(lot.window[1] + MINUTE, partial(self._acts.call, "end_lots", most=100))

    def _regulars_buy(self, day: date) -> None:
        """Let each regular collect a portion on a day, at several shops that do not show their impact."""
        shops = self._chance.sample(PAID_SHOPS, SHOPS_OF_REGULARS)
        regulars = self._chance.sample(REGULARS, len(REGULARS))
        each = len(REGULARS) // SHOPS_OF_REGULARS
        for place, shop in enumerate(shops):
            offer = next(one for one in OFFERS if one.shop is shop and one.kind == "discounted")
            lot = Listed(offer, offer.window_on(day))
            listed = _listed_at(lot)
            self._then(listed, self._lists, lot)
            for regular in regulars[place * each : (place + 1) * each]:
                claim = Claim(lot, regular.login, 1, self._code(), "picked_up", self._chance.random())
                self._then(listed + self._chance.randint(10, 120) * MINUTE, self._reserves, claim)
            self._then(lot.window[1] + MINUTE, partial(self._acts.call, "end_lots", most=100))

    def _many_searched(self) -> None:
        """Let people search in communes without a shop. Of these, only the searches are published."""
        counted = [(self._today - timedelta(days=one), commune) for commune, days in UNFOUND.items() for one in days]
        days, communes = zip(*counted, strict=True)
        self._acts.call("count_searches", days=list(days), communes=list(communes), numbers=[SEARCHED] * len(days))

    def _the_present(self) -> None:
        for offer in OFFERS:
            lot = Listed(offer, offer.window_ahead(self._now))
            just_now = self._now - self._chance.randint(5, 90) * MINUTE
            self._then(min(_listed_at(lot), just_now), self._lists, lot)
            if not offer.food_date or offer.food_date[1] >= 0:  # food past its best-before date is offered only once
                self._then(self._now, self._recurs, lot)
            for person in BENEFICIARIES:
                reserved = self._now - 3 * MINUTE
                free_today = not self._taken[person.key, reserved.astimezone(PARIS).date()]
                if WITH_A_PASS.get(person.number) == offer.title and free_today:
                    self._then(reserved, self._reserves, Claim(lot, person.key, 1, self._code()))

    def _somebody(self, offer: Offer, reserved: datetime, portions: int) -> str:
        """Return who reserves at that time, or "" if no beneficiary has that many portions left on that day."""
        day = reserved.astimezone(PARIS).date()
        if offer.kind == "discounted":
            who = [neighbour.login for neighbour in NEIGHBOURS if neighbour.role == "customer"]
        else:
            who = [
                person.key
                for person in BENEFICIARIES
                if person.becomes == "verified"
                and person.days_ago > (self._today - day).days >= -person.right_ends_in
                and self._taken[person.key, day] + portions <= 2
            ]
        return self._chance.choice(who) if who else ""

    def _ending(self, offer: Offer) -> Ending:
        drawn = self._chance.choices(list(ENDINGS), list(ENDINGS.values()))[0]
        return "picked_up" if drawn == "lapsed" and offer.kind == "free" else drawn

    def _code(self) -> str:
        return "".join(self._chance.choice(ALPHABET) for _ in range(CODE_LENGTH))

    def _lists(self, lot: Listed) -> None:
        offer, (begin, end) = lot.offer, lot.window
        self._acts.be(self._accounts[offer.shop.merchant.login])
        date_kind, days = offer.food_date or ("none", None)
        lot.id = self._acts.value(
            "insert into app.lots (shop_id, title, description, category, kind, original_price_cents, price_cents,"
            " quantity, pickup_start, pickup_end, date_kind, food_date, allergens, cold_chain, weight_grams, origin,"
            " status, created_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'published',"
            " app.clock()) returning id",
            self._shops[offer.shop.name],
            offer.title,
            offer.description,
            offer.category,
            offer.kind,
            *offer.cents,
            offer.quantity,
            begin,
            end,
            date_kind,
            None if days is None else end.astimezone(PARIS).date() + timedelta(days=days),
            sorted(offer.allergens),
            offer.cold,
            offer.grams,
            offer.origin,
        )

    def _recurs(self, lot: Listed) -> None:
        """Make the offer a recurring listing, so that the town still has lots in a week."""
        offer, first_day = lot.offer, lot.window[0].astimezone(PARIS).date()
        self._acts.be(self._accounts[offer.shop.merchant.login])
        date_kind, days = offer.food_date or ("none", None)
        listing = self._acts.value(
            "insert into app.recurring_listings (shop_id, title, description, category, kind, original_price_cents,"
            " price_cents, quantity, weekdays, publish_at, pickup_from, pickup_until, date_kind, food_date_in_days,"
            " allergens, cold_chain, weight_grams, origin, due_at, created_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, array[1, 2, 3, 4, 5, 6, 7], %s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " app.clock(), app.clock()) returning id",
            self._shops[offer.shop.name],
            offer.title,
            offer.description,
            offer.category,
            offer.kind,
            *offer.cents,
            offer.quantity,
            offer.listed_from,
            *offer.hours,
            date_kind,
            days,
            sorted(offer.allergens),
            offer.cold,
            offer.grams,
            offer.origin,
        )
        if paris(first_day, offer.listed_from) > self._now:  # the lot of that day is already listed
            self._acts.run(
                "insert into app.recurring_days (listing_id, day, skipped) values (%s, %s, true)", listing, first_day
            )

    def _withdraws(self, lot: Listed) -> None:
        self._acts.call_as(self._accounts[lot.offer.shop.merchant.login], "withdraw_lot", lot=lot.id)

    def _reserves(self, claim: Claim) -> None:
        holder, key = self._accounts[claim.holder], f"demo-{next(self._numbers)}"
        _, _, reservation, payment, cents = self._acts.call(
            "reserve",
            caller=holder,
            lot=claim.lot.id,
            portions=claim.portions,
            idempotency_key=key,
            request_hash=b"",
            pass_code=claim.code,
        )
        reserved, (begin, end) = self._acts.now, claim.lot.window
        intent = ""
        if payment is not None:
            intent = self._money.begins(cents, payment, reservation)
            self._acts.call(
                "payment_opened",
                payment=payment,
                intent=intent,
                holder=holder,
                idempotency_key=key,
                answer="",
            )
            if claim.becomes == "lapsed":
                self._then(reserved + 11 * MINUTE, self._lapses, payment, intent)
                return
            self._then(reserved + MINUTE, self._money.is_paid, payment, intent, cents)
        match claim.becomes:
            case "picked_up":
                sale = Sale(intent, cents, begin + claim.late * (end - begin))
                self._then(sale.collected_at, self._picks_up, claim, sale)
            case "cancelled":
                self._then(reserved + 20 * MINUTE, self._cancels, holder, reservation, payment, intent, cents)
            case "cancelled_late":
                self._then(begin - 30 * MINUTE, self._cancels, holder, reservation, None, "", 0)

    def _lapses(self, payment: UUID, intent: str) -> None:
        self._acts.call("lapse_holds", most=100)
        self._money.is_given_up(payment, intent)

    def _cancels(self, holder: UUID, reservation: UUID, payment: UUID | None, intent: str, cents: int) -> None:
        self._acts.call_as(holder, "cancel_reservation", reservation=reservation)
        if payment is not None:
            self._money.is_refunded(payment, intent, cents)

    def _picks_up(self, claim: Claim, sale: Sale) -> None:
        merchant = self._accounts[claim.lot.offer.shop.merchant.login]
        problem, *_ = self._acts.call("pick_up", caller=merchant, pass_code=claim.code, pin_matches=True)
        assert problem is None, problem
        if sale.cents:
            self._money.sales.append(sale)
        if self._acts.now < self._days_ago(TRADE_BEGAN, "00:00"):
            return
        self._pickups += 1
        complaint = self._complaints.pop(self._pickups, None)
        if complaint is None and claim.lot.window[0].astimezone(PARIS).date() == self._today - timedelta(days=1):
            complaint = self._complaints.pop(0, None)
        if complaint is not None:
            self._then(min(self._acts.now + 30 * MINUTE, self._now), self._complains, claim, complaint)

    def _complains(self, claim: Claim, complaint: Complaint) -> None:
        reservation = self._acts.value("select reservation_id from app.passes where code = %s", claim.code)
        self._acts.be(self._accounts[claim.holder])
        report = self._acts.value("select app.report_problem(%s, %s, %s)", reservation, complaint.kind, complaint.words)
        if complaint.answer is not None:
            self._then(self._acts.now + 5 * HOUR, self._answers, claim, report, complaint.answer)
        elif self._acts.now + UNANSWERED <= self._now:
            self._then(self._acts.now + UNANSWERED, partial(self._acts.call, "tell_of_reports", most=9))

    def _answers(self, claim: Claim, report: UUID, answer: tuple[str, str]) -> None:
        merchant = self._accounts[claim.lot.offer.shop.merchant.login]
        outcome, words = answer
        self._acts.call_as(
            merchant, "answer_problem", report=report, wanted_outcome=outcome, wanted_share=None, said=words
        )
        self._acts.call("tell_of_reports", most=9)


def _listed_at(lot: Listed) -> datetime:
    """Return when a shop lists a lot: six hours before a window in the afternoon, else the evening before."""
    begin = lot.window[0].astimezone(PARIS)
    if begin.hour >= 14:
        return lot.window[0] - 6 * HOUR
    return paris(begin.date() - timedelta(days=1), "17:40")
