"""Kiosks: beneficiaries sign in with a card at a shared tablet, for minutes and only for their own reservations."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from backend.accounts.tokens import token_hash
from backend.cards.secrets import secret_hash
from tests.journeys.test_cards import enrolled, prints
from tests.journeys.test_strangers import example_of
from tests.town import Association, Beneficiary, Person, Town, refused
from tests.town.answers import Refusal, accepted, refusal_in
from tests.visitors import Visitor, mails

WRONG_CARD = "EC1:AAAAAAAAAAAAAAAAAAAAAAAAAA"


class Kiosk:
    """A tablet of an association, with its device secret and IP address."""

    def __init__(self, town: Town, registered: dict[str, Any]) -> None:
        self.town = town
        self.id = registered["id"]
        self.device = registered["device"]
        self.address = "192.0.2.7"

    async def is_shown(self, card: str, device: str | None = "") -> Any:
        """Show a card and return the answer, whatever its status."""
        body = {"card": card, "device": self.device if device == "" else device}
        headers = {"X-Forwarded-For": self.address}
        return await self.town.request("POST", "/v1/auth/card", json=body, headers=headers)

    async def refuses(self, card: str, device: str | None = "") -> Refusal:
        return refusal_in(await self.is_shown(card, device))

    async def signs_in(self, card: str, who: Beneficiary) -> "AtKiosk":
        return AtKiosk(self.town, who, accepted(await self.is_shown(card)).json())


class AtKiosk(Beneficiary):
    """A beneficiary who is signed in at a kiosk."""

    def __init__(self, town: Town, who: Beneficiary, tokens: dict[str, Any]) -> None:
        super().__init__(town, who.id, who.name, None, tokens["access_token"])
        self.tokens = tokens

    async def sends_refresh(self) -> Any:
        return await self.asks("POST", "/auth/refresh", {"refresh_token": self.tokens["refresh_token"]})

    async def refreshes(self) -> int:
        """Take new tokens and return their lifetime in seconds."""
        self.tokens = accepted(await self.sends_refresh()).json()
        self.token = self.tokens["access_token"]
        seconds: int = self.tokens["expires_in"]
        return seconds

    async def is_signed_in(self) -> bool:
        """Return whether the access token still works; an ordinary route and a hot one must agree."""
        cold = await self.asks("GET", "/me")
        hot = await self.asks("GET", "/lots", params={"near": "48.58,7.75"})
        assert cold.status_code == hot.status_code
        if cold.status_code == 200:
            return True
        assert refusal_in(cold).code == refusal_in(hot).code == "access.unauthenticated"
        return False


async def a_kiosk(town: Town, registrar: Association) -> Kiosk:
    return Kiosk(town, await registrar.posts("/kiosks", {"name": "Accueil de jour, entrée"}))


async def with_card(town: Town) -> tuple[Association, Kiosk, Beneficiary, str]:
    """Return an association, its kiosk, a beneficiary that it enrolled, and the content of that person's card."""
    association, [amina] = await enrolled(town, 1)
    [sheet] = await prints(association, [amina])
    return association, await a_kiosk(town, association), amina, sheet.secrets[0]


async def test_a_card_opens_a_short_session_for_reserving(town: Town) -> None:
    _, kiosk, amina, card = await with_card(town)
    lot = await town.a_free_lot()

    signed_in = await kiosk.signs_in(card, amina)

    assert signed_in.tokens["expires_in"] == 180
    assert signed_in.tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    claims = jwt.decode(signed_in.tokens["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 180
    # The journey: look, reserve, show the pass, cancel.
    near = await signed_in.gets("/lots", near="48.5839,7.7455")
    assert [one["id"] for one in near["data"]] == [str(lot.id)]
    await signed_in.gets(f"/lots/{lot.id}")
    reserved = await signed_in.reserves(lot, 2)
    assert (await signed_in.tries_to_reserve(lot, 1)).code == "quota.daily_reached"
    shown = await signed_in.pass_for(reserved)
    assert shown.pin
    assert (await signed_in.asks("GET", f"/reservations/{reserved.id}/pass.png")).status_code == 200
    assert (await signed_in.gets("/reservations"))["data"][0]["id"] == str(reserved.id)
    assert (await signed_in.cancels(reserved)).status == "cancelled"
    assert await town.left(lot) == 5
    # A typed or partly read code is the same card. The kiosk records only the day of its last use.
    await kiosk.signs_in(card.removeprefix("EC1:").lower(), amina)
    await kiosk.signs_in("$a1" + card.translate(str.maketrans("AQZWM:", "QAWZ,M")).lower(), amina)
    assert await town.value("select last_used_on = app.paris_day(app.clock()) from app.kiosks")


async def test_a_kiosk_neither_shows_nor_decrypts_the_email_address(town: Town) -> None:
    _, kiosk, amina, card = await with_card(town)
    activation = "a token from the enrolment"
    await town.changes(
        "insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)"
        " values ($1, $2, 'activate', now() + interval '1 day')",
        token_hash(activation),
        amina.id,
    )
    body = {"activation_token": activation, "password": "un vélo bleu sous la pluie", "email": "amina@example.org"}
    accepted(await town.request("POST", "/v1/auth/activate", json=body))

    there = await (await kiosk.signs_in(card, amina)).gets("/me")
    opened = "select count(*) from app.audit_entries where action = 'address.opened'"

    assert (there["email"], there["email_verified"]) == (None, False)
    assert there["beneficiary"]["code"] == amina.code
    assert await town.value(opened) == 0
    # The control: away from the kiosk the address is shown, and that is recorded.
    assert (await amina.gets("/me"))["email"] == "amina@example.org"
    assert await town.value(opened) == 1


async def test_only_a_kiosk_accepts_cards_and_bad_cards_look_alike(town: Town) -> None:
    association, kiosk, amina, card = await with_card(town)
    # On an unregistered device good and bad cards get the same answer.
    for device in (None, "an invented device", token_hash(kiosk.device).hex()):
        for shown in (card, WRONG_CARD):
            refusal = await kiosk.refuses(shown, device)
            assert (refusal.status, refusal.code) == (403, "kiosk.unknown")
    # At a kiosk an unknown, a malformed and a revoked card get the same answer, except for the request id.
    await association.posts(f"/beneficiaries/{amina.id}/card/revoke")
    answers = [await kiosk.refuses(shown) for shown in (card, WRONG_CARD, "EC1:", "2026-BEN-00001", str(amina.id), "é")]
    assert {(r.status, r.code) for r in answers} == {(401, "auth.wrong_card")}
    assert len({json.dumps({**r.body, "request_id": None}) for r in answers}) == 1
    assert await town.value("select count(*) from app.sessions") == 0
    # The control: a new card of the same person at the same device.
    [sheet] = await prints(association, [amina])
    signed_in = await kiosk.signs_in(sheet.secrets[0], amina)
    # The card of a suspended account is refused as such, and its open session ends at once.
    admin = await town.an_admin()
    await admin.suspends_account(amina)
    assert (await kiosk.refuses(sheet.secrets[0])).code == "account.suspended"
    assert (await signed_in.sends_refresh()).status_code == 401
    assert not await signed_in.is_signed_in()
    await admin.restores_account(amina)
    # An association that is no longer verified has no kiosks.
    await town.changes("update app.associations set status = 'rejected' where id = $1", association.id)
    assert (await kiosk.refuses(sheet.secrets[0])).code == "kiosk.unknown"
    await town.changes("update app.associations set status = 'verified' where id = $1", association.id)
    await kiosk.signs_in(sheet.secrets[0], amina)


async def test_revoked_and_unknown_cards_cause_the_same_work(
    town: Town,
) -> None:
    """The work is compared by the rows that the statement read or wrote in each table."""
    association, kiosk, amina, card = await with_card(town)
    device, unknown = token_hash(kiosk.device), token_hash("an invented device")

    async def work(shown: str, where: bytes) -> dict[str, tuple[int, ...]]:
        async with town.copy.connection() as connection, connection.transaction():
            await connection.execute(
                "select app.sign_in_with_card($1, $2, $3, $1, $1)", where, secret_hash(shown), token_hash(shown)
            )
            rows = await connection.fetch(
                "select relname, n_tup_ins + n_tup_upd + n_tup_del, seq_scan, idx_scan from pg_stat_xact_user_tables"
                " where schemaname = 'app' and n_tup_ins + n_tup_upd + n_tup_del + seq_scan + coalesce(idx_scan, 0) > 0"
            )
            return {row[0]: tuple(row)[1:] for row in rows}

    good, wrong = await work(card, device), await work(WRONG_CARD, device)
    elsewhere = await work(card, unknown)
    await association.posts(f"/beneficiaries/{amina.id}/card/revoke")
    revoked = await work(card, device)

    assert "cards" not in elsewhere
    assert elsewhere == await work(WRONG_CARD, unknown)
    assert revoked == wrong
    # The control: a valid card is looked up and causes writes.
    assert "cards" in wrong
    assert {"sessions", "refresh_tokens"} <= good.keys() - wrong.keys()


async def test_a_session_ends_after_3_idle_minutes_or_30_in_all(town: Town) -> None:
    _, kiosk, amina, card = await with_card(town)
    began = await town.now()
    await town.clock(began)

    idle = await kiosk.signs_in(card, amina)
    await town.clock(began + timedelta(seconds=179))
    assert await idle.is_signed_in()
    await town.clock(began + timedelta(seconds=180))
    assert not await idle.is_signed_in()
    assert refusal_in(await idle.sends_refresh()).code == "auth.session_over"

    began += timedelta(minutes=5)
    await town.clock(began)
    busy = await kiosk.signs_in(card, amina)
    lives = []
    for minute in range(2, 30, 2):
        await town.clock(began + timedelta(minutes=minute))
        lives.append(await busy.refreshes())
        assert await busy.is_signed_in()
    # No session lasts longer than thirty minutes, by the token itself and by the database.
    assert lives == [180] * 13 + [120]
    claims = jwt.decode(busy.tokens["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 120
    await town.clock(began + timedelta(minutes=30))
    assert not await busy.is_signed_in()
    assert refusal_in(await busy.sends_refresh()).code == "auth.session_over"
    # A constraint refuses a longer session, even when it is written directly.
    with pytest.raises(Exception, match="sessions_kiosk_check"):
        await town.changes("update app.sessions set ends_at = created_at + interval '31 minutes'")
    # Kiosk sessions are deleted within two days.
    await town.clock(began + timedelta(days=2))
    await town.value("select app.prune(100)")
    assert await town.value("select count(*) from app.sessions") == 0


async def test_a_session_ends_at_sign_out_next_person_or_revoked_card(town: Town) -> None:
    association, [amina, boris] = await enrolled(town, 2)
    [sheet] = await prints(association, [amina, boris])
    of_amina, of_boris = sheet.secrets
    kiosk, other_kiosk = await a_kiosk(town, association), await a_kiosk(town, association)

    at_home = Beneficiary(town, amina.id, amina.name, None)
    assert (await at_home.gets("/me"))["id"] == str(amina.id)

    signed_out = await kiosk.signs_in(of_amina, amina)
    assert await signed_out.is_signed_in()
    accepted(await signed_out.asks("POST", "/auth/logout", {"refresh_token": signed_out.tokens["refresh_token"]}))
    assert not await signed_out.is_signed_in()

    forgot = await kiosk.signs_in(of_amina, amina)
    elsewhere = await other_kiosk.signs_in(of_amina, amina)
    boris_there = await kiosk.signs_in(of_boris, boris)
    assert not await forgot.is_signed_in()
    assert await elsewhere.is_signed_in()

    await association.posts(f"/beneficiaries/{amina.id}/card/revoke")
    assert not await elsewhere.is_signed_in()
    assert refusal_in(await elsewhere.sends_refresh()).code == "auth.session_over"
    assert await boris_there.is_signed_in()

    stolen = boris_there.tokens
    await boris_there.refreshes()
    thief = AtKiosk(town, boris, stolen)
    assert refusal_in(await thief.sends_refresh()).code == "auth.session_over"
    assert not await boris_there.is_signed_in()

    again = await kiosk.signs_in(of_boris, boris)
    # A new sheet replaces the card that opened this session.
    await prints(association, [boris])
    assert not await again.is_signed_in()

    ended = await town.rows("select ended_because from app.sessions where kiosk_id is not null order by id")
    assert [row[0] for row in ended] == ["signed_out", "next_person", "card_revoked", "token_reused", "card_revoked"]
    # The control: without the look-up a token works after sign-out until it expires, as tokens from elsewhere do.
    await town.changes(
        "create or replace function app.kiosk_session_stands(session uuid) returns boolean language sql stable"
        " security definer set search_path = pg_catalog, pg_temp as $$ select true $$"
    )
    assert await again.is_signed_in()
    # None of this affected the session outside the kiosk.
    assert (await at_home.gets("/me"))["id"] == str(amina.id)


async def test_only_an_association_and_admins_manage_its_kiosks(town: Town) -> None:
    association, kiosk, amina, card = await with_card(town)
    stranger, admin = await town.an_association("Ailleurs"), await town.an_admin()
    pending = await town.an_association("Bientôt", status="pending")
    for nosy in (amina, pending, admin, await town.a_merchant()):
        assert refusal_in(await nosy.asks("POST", "/kiosks", {"name": "Ici"})).code == "access.forbidden"
    repeated = [await stranger.posts("/kiosks", {"name": "Gare"}, key="once") for _ in range(2)]
    assert repeated[0] == repeated[1]
    assert len(repeated[0]["device"]) >= 43  # 256 bits

    [own] = (await association.gets("/kiosks"))["data"]
    assert own == {
        "id": kiosk.id,
        "name": "Accueil de jour, entrée",
        "association_id": str(association.id),
        "created_at": own["created_at"],
        "revoked_at": None,
        "last_used_on": None,
    }
    assert [one["name"] for one in (await stranger.gets("/kiosks"))["data"]] == ["Gare"]
    assert [one["name"] for one in (await admin.gets("/kiosks"))["data"]] == ["Accueil de jour, entrée", "Gare"]
    kept = json.dumps(
        [dict(row) for row in await town.rows("select * from app.kiosks, app.idempotency_keys")], default=str
    )
    assert kiosk.device not in kept
    assert repeated[0]["device"] not in kept

    signed_in = await kiosk.signs_in(card, amina)
    assert (await refused(stranger.posts(f"/kiosks/{kiosk.id}/revoke"))).code == "kiosk.not_found"
    assert await signed_in.is_signed_in()
    revoked = await association.posts(f"/kiosks/{kiosk.id}/revoke")
    assert revoked["revoked_at"] is not None
    assert (await admin.posts(f"/kiosks/{kiosk.id}/revoke")) == revoked
    assert not await signed_in.is_signed_in()
    assert refusal_in(await signed_in.sends_refresh()).code == "auth.session_over"
    assert (await kiosk.refuses(card)).code == "kiosk.unknown"
    done = await town.rows("select action, actor_role from app.audit_entries where subject = 'kiosk' order by id")
    assert [tuple(row) for row in done] == [
        ("kiosk.registered", "association"),
        ("kiosk.registered", "association"),
        ("kiosk.revoked", "association"),
    ]


async def test_another_associations_card_looks_unknown_at_a_kiosk(town: Town) -> None:
    association, kiosk, amina, card = await with_card(town)
    other = await town.an_association("Ailleurs")
    theirs = await a_kiosk(town, other)

    refusal = await theirs.refuses(card)
    assert (refusal.status, refusal.code) == (401, "auth.wrong_card")
    assert {**refusal.body, "request_id": None} == {**(await theirs.refuses(WRONG_CARD)).body, "request_id": None}
    # A kiosk without an association, which an admin could once register, cannot work.
    with pytest.raises(Exception, match="kiosks_association_id_check"):
        await town.changes(
            "insert into app.kiosks (name, device_hash, registered_by) values ('x', sha256('x'), $1)", association.id
        )
    await kiosk.signs_in(card, amina)  # the control


async def test_the_first_sign_in_with_a_new_card_is_told_to_its_holder(town: Town) -> None:
    association = await town.an_association()
    enrolled_person = await association.enrols()
    await association.verifies(enrolled_person["id"])
    amina = Beneficiary(town, UUID(enrolled_person["id"]), "Amina", None)
    kiosk, visitor = await a_kiosk(town, association), Visitor(town)
    chosen = {"password": "un long mot de passe", "email": "amina@example.org"}
    await visitor.posts("/auth/activate", {"activation_token": enrolled_person["activation_token"], **chosen})
    [asked] = await mails(town)

    # Nothing goes to an unconfirmed address, which may be a stranger's.
    [sheet] = await prints(association, [amina])
    await kiosk.signs_in(sheet.secrets[0], amina)
    assert len(await mails(town)) == 1
    await visitor.posts("/auth/verify-email", {"token": asked.token, "password": chosen["password"]})
    await kiosk.signs_in(sheet.secrets[0], amina)
    assert len(await mails(town)) == 1

    [sheet] = await prints(association, [amina])
    for _ in range(2):
        await kiosk.signs_in(sheet.secrets[0], amina)
    [told] = (await mails(town))[1:]
    assert (told.to, told.subject) == ("amina@example.org", "Une nouvelle carte EcoPanier vient de servir")


async def test_a_transfer_ends_cards_and_kiosk_sessions_of_the_giver(town: Town) -> None:
    association, kiosk, amina, card = await with_card(town)
    port = await town.an_association("Le Port")
    signed_in = await kiosk.signs_in(card, amina)

    asked = await association.posts(f"/beneficiaries/{amina.id}/transfer", {"association_id": str(port.id)})
    assert await signed_in.is_signed_in()
    await port.posts(f"/beneficiaries/transfers/{asked['id']}/accept")

    assert not await signed_in.is_signed_in()
    assert refusal_in(await signed_in.sends_refresh()).code == "auth.session_over"
    theirs = await a_kiosk(town, port)
    for where in (kiosk, theirs):
        assert (await where.refuses(card)).code == "auth.wrong_card"
    [sheet] = await prints(port, [amina])
    await theirs.signs_in(sheet.secrets[0], amina)
    assert (await kiosk.refuses(sheet.secrets[0])).code == "auth.wrong_card"


async def test_guessing_cards_is_limited_for_that_kiosk_only(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    association, kiosk, amina, card = await with_card(town)
    neighbour = await a_kiosk(town, association)
    began = await town.now()
    await town.clock(began)

    # What cannot be a card is no guess.
    for shown in ["3017620422003", WRONG_CARD[:-1]] * 15 + [WRONG_CARD] * 30:
        assert (await kiosk.refuses(shown)).code == "auth.wrong_card"
    stopped = await kiosk.refuses(card)
    assert (stopped.status, stopped.code) == (429, "auth.too_many_tries")
    assert 0 < int(stopped.headers["retry-after"]) <= 600
    # Valid cards do not count, and another kiosk is not affected.
    for _ in range(35):
        await neighbour.signs_in(card, amina)
    # Guessing devices is stopped by IP address; a registered kiosk at the same address still works.
    for _ in range(50):
        assert (await neighbour.refuses(card, "an invented device")).code == "kiosk.unknown"
    assert (await neighbour.refuses(card, "an invented device")).code == "auth.too_many_tries"
    await neighbour.signs_in(card, amina)
    # The control: after ten minutes the same kiosk accepts the same card.
    await town.clock(began + timedelta(minutes=10, seconds=1))
    await kiosk.signs_in(card, amina)


# The reviewed list of routes that a person at a kiosk may use. Every other route must refuse them.
KIOSK_ROUTES = {
    "GET /v1/territories/{code}/figures",
    "GET /v1/territories/{code}/figures.csv",
    "GET /v1/territories/{code}/figures.geojson",
    "GET /v1/lots",
    "GET /v1/lots/{lot_id}",
    "GET /v1/shops",
    "GET /v1/shops/{shop_id}",
    "GET /v1/shops/{shop_id}/lots",
    "GET /v1/photos/{photo_id}/{size}",
    "GET /v1/me",
    "POST /v1/lots/{lot_id}/reservations",
    "GET /v1/reservations",
    "GET /v1/reservations/{reservation_id}",
    "POST /v1/reservations/{reservation_id}/cancel",
    "GET /v1/reservations/{reservation_id}/pass",
    "GET /v1/reservations/{reservation_id}/pass.pdf",
    "GET /v1/reservations/{reservation_id}/pass.png",
    "GET /v1/reservations/{reservation_id}/pass.svg",
    "POST /v1/reservations/{reservation_id}/pass",
    "POST /v1/reservations/{reservation_id}/problem-report",
    "GET /v1/problem-reports",
    "GET /v1/problem-reports/{report_id}",
    "POST /v1/lots/{lot_id}/waiting",
    "GET /v1/waiting",
    "POST /v1/waiting/{waiting_id}/leave",
    "POST /v1/waiting/{waiting_id}/take",
}
# Routes that ignore who calls them.
PUBLIC_ROUTES = {
    "GET /v1/tours.ics",
    "POST /v1/auth/register",
    "POST /v1/auth/token",
    "POST /v1/auth/card",
    "POST /v1/auth/refresh",
    "POST /v1/auth/second-factor",
    "POST /v1/auth/logout",
    "POST /v1/auth/verify-email",
    "POST /v1/auth/forgot-password",
    "POST /v1/auth/reset-password",
    "POST /v1/auth/revoke-email-change",
    "POST /v1/auth/activate",
    "POST /v1/handed-passes/show",
    "POST /v1/handed-passes/show.svg",
    "POST /v1/notices/unsubscribe",
    "POST /v1/notices/unsubscribe/show",
    "POST /v1/oauth/token",
    "POST /v1/passes/show",
    "POST /v1/passes/show.svg",
    "POST /v1/stations/pair",
    "GET /v1/collect/{token}",
    "POST /v1/collect/{token}",
    "POST /v1/stripe/webhook",
    "GET /v1/allergens",
    "GET /v1/webhook-events",
    "GET /v1/associations",
    "GET /v1/associations/{association_id}",
    "GET /v1/invitations/{token}",
    "GET /v1/shop-invitations/{token}",
    "POST /v1/shop-invitations/{token}/open",
    "POST /v1/shop-invitations/{token}/refuse",
    "GET /v1/beneficiaries/import/template.csv",
    "GET /v1/figures/dictionary",
    "GET /v1/help/{role}",
    "GET /v1/impact",
    "GET /v1/impact/method",
    "GET /v1/impact/series",
    "GET /v1/places",
    "GET /v1/terms",
    "GET /v1/territories",
    "GET /v1/territories/{code}",
    "GET /v1/territories/{code}/categories",
    "GET /v1/territories/{code}/report/{month}.pdf",
    "GET /v1/terms/{kind}/{version}",
    "GET /.well-known/jwks.json",
    "GET /healthz",
    "GET /readyz",
}


OTHER_PATH_VALUES: dict[str, Any] = {
    "size": "card",
    "day": "2030-06-10",
    "kind": "terms",
    "version": "2026-01",
    "month": "2026-11",
}


async def reached(person: Person, code: str = "kiosk.not_here", status: int = 403) -> tuple[set[str], int]:
    """Return the routes that do not refuse this token with `code`, and the number of all routes."""
    description = (await person.town.request("GET", "/openapi.json")).json()
    taken, tried = set(), 0
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
            filled = path.format(**{name: OTHER_PATH_VALUES.get(name, uuid4()) for name in names})
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            body = example_of(content, description) if content else None
            answer = await person.town.request(
                method.upper(),
                filled,
                json=body,
                params={"near": "48.58,7.75"} if path == "/v1/lots" and method == "get" else None,
                headers={"Authorization": f"Bearer {person.token}", "Idempotency-Key": str(uuid4())},
            )
            tried += 1
            if not (answer.status_code == status and answer.json()["code"] == code):
                taken.add(f"{method.upper()} {path}")
    return taken, tried


async def test_a_kiosk_session_reaches_only_the_reviewed_routes(town: Town) -> None:
    _, kiosk, amina, card = await with_card(town)
    signed_in = await kiosk.signs_in(card, amina)

    taken, tried = await reached(signed_in)

    assert taken == KIOSK_ROUTES | PUBLIC_ROUTES
    assert tried > len(taken) + 20
    refusal = await refused(signed_in.gets("/impact/me"))
    assert (refusal.status, refusal.code) == (403, "kiosk.not_here")
    assert "borne" in refusal.body["detail"]
    # The control: with a token from elsewhere, no route refuses as for a kiosk.
    at_home = Beneficiary(town, amina.id, amina.name, None, await town.token_for(amina.id))
    assert len((await reached(at_home))[0]) == tried
