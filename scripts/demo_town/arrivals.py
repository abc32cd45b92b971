"""How people come to the demo town: they register, open shops, are verified, enrolled and invited."""

import hashlib
import os
from datetime import timedelta
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from backend.accounts.tokens import token_hash
from backend.api_clients.client_secrets import secret_hash, shown
from backend.identity.callers import SCOPES
from backend.members.invitations import Invitation
from backend.sealing.identities import METHOD, identity_of
from backend.sealing.seals import SEALED_PERSON, address_look_up, keyring, sealed_json
from backend.settings import settings
from scripts.demo_town.acts import Acts
from scripts.demo_town.members import HELPERS, PROGRAM, TOWN, Helper
from scripts.demo_town.offers import PARIS
from scripts.demo_town.people import (
    ADMIN,
    BENEFICIARIES,
    NEIGHBOURS,
    REGULARS,
    Charity,
    Enrolled,
    Neighbour,
    address,
)
from scripts.demo_town.shops import (
    FOURNIL,
    SHOPS,
    STRASBOURG,
    Shop,
    invented_siret,
    invented_telephone,
)
from scripts.demo_town.timeline import HOUR, MINUTE, WEEKS, Timeline
from scripts.demo_town.wishes import WISHES, Wishes


class Arrivals:
    """Plans who comes when, and carries it out.

    accounts, shops: filled as people and shops come, by login or a beneficiary's key, and by name. codes: those of
    beneficiaries, by number. client: the API client of the town's program, where the database has the map.
    """

    def __init__(
        self, acts: Acts, time: Timeline, accounts: dict[str, UUID], shops: dict[str, UUID], password_hash: str
    ) -> None:
        self._acts = acts
        self._time = time
        self._accounts = accounts
        self._shops = shops
        self._hash = password_hash
        self.codes: dict[int, str] = {}
        self.client: UUID | None = None

    def plan(self) -> None:
        """Plan everybody's arrival."""
        self._time.then(self._time.days_ago(7 * WEEKS, "08:00"), self._admin_is_made)
        for place, neighbour in enumerate(NEIGHBOURS):
            came = self._time.days_ago(7 * WEEKS - place // 4, "09:00") + place * 7 * MINUTE
            self._time.then(came, self._registers, neighbour.login, neighbour.role, neighbour.name)
            if isinstance(neighbour, Charity):
                self._time.then(came + HOUR, self._says_who_it_is, neighbour)
            if neighbour.role != "customer" and neighbour.verified:
                self._time.then(came + 5 * HOUR, self._is_verified, neighbour)
        for place, regular in enumerate(REGULARS):
            came = self._time.days_ago(7 * WEEKS - 1, "12:00") + place * 17 * MINUTE
            self._time.then(came, self._registers, regular.login, regular.role, regular.name)
        for place, merchant in enumerate(dict.fromkeys(shop.merchant for shop in SHOPS)):
            came = self._time.days_ago(7 * WEEKS - 1, "07:30") + place * 41 * MINUTE
            self._time.then(came, self._registers, merchant.login, "merchant", merchant.name)
        for number, shop in enumerate(SHOPS, 1):
            opened = self._time.days_ago(7 * WEEKS - 2, "07:15") + number * 23 * MINUTE
            self._time.then(opened, self._opens, number, shop)
            self._time.then(opened + 6 * HOUR, self._shop_is_verified, shop)
        for place, helper in enumerate(HELPERS):
            self._time.then(self._time.days_ago(7 * WEEKS - 4, "11:00") + place * HOUR, self._joins, helper)
        self._time.then(self._time.days_ago(7 * WEEKS - 4, "15:00"), self._has_its_town)
        self._time.then(self._time.days_ago(7 * WEEKS - 4, "17:00"), self._commits_a_fund)
        self._time.then(self._time.days_ago(7 * WEEKS - 4, "15:30"), self._has_its_program)
        self._time.then(self._time.days_ago(7 * WEEKS - 4, "16:00"), self._pairs_a_station, FOURNIL)
        for place, person in enumerate(BENEFICIARIES):
            met = self._time.days_ago(person.days_ago, "10:00") + place * 13 * MINUTE
            self._time.then(met, self._is_enrolled, person)
            if person.becomes != "pending":
                self._time.then(met + 3 * HOUR, self._is_decided, person, "verified")
                self._time.then(met + 4 * HOUR, self._activates, person)
            if person.becomes == "suspended":
                self._time.then(met + timedelta(days=9), self._is_decided, person, "suspended")

        for wishes in WISHES:
            self._time.then(self._time.days_ago(20, "12:30"), self._wishes, wishes)

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
            ends=self._time.now + timedelta(days=365),
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
            untils=[self._time.today + timedelta(days=person.right_ends_in)],
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
